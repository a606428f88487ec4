namespace Toolkit.Analysis.Charts.Runs.Weights;

/// <summary>How the entries of a weight are distributed.</summary>
internal sealed class WeightHistogramChart : IRunChart
{
    private const int Bins = 80;

    /// <inheritdoc/>
    public string Name => "weight-histogram";

    /// <inheritdoc/>
    public string Title => "Distribution of a weight";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 60;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Weights.Count > 0 ? null : "the run holds no weights: its model was too large to be copied, or has none. Capture it again beside its model.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
    [
        ChartOption.OneOf("weight", "Weight", [.. run.Weights.Select(weight => weight.Name)]),
        ChartOption.OneOf("counts", "Count axis", ["linear", "log"]),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => [];

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var matrix = await run.WeightAsync(choices["weight"], cancellation);
        return ChartSpec.Single(
            $"Distribution of {choices["weight"]}",
            ChartAxis.Linear("weight"),
            choices["counts"] == "log" ? ChartAxis.Log("count") : ChartAxis.Linear("count"),
            EvenHistogram.Of(matrix.Values.Span, Bins)) with { Provenance = run.Provenance(choices["weight"], matrix.Values.Length) };
    }
}
