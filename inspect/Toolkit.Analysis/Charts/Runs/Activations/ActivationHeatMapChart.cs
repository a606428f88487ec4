namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>A captured value as it is: samples down, features across.</summary>
internal sealed class ActivationHeatMapChart : IRunChart
{
    private const int MostSamples = 400;
    private const int MostFeatures = 1440;

    /// <inheritdoc/>
    public string Name => "activation-heat-map";

    /// <inheritdoc/>
    public string Title => "Samples × features";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 40;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Activations.Count == 0 ? ActivationOptions.NoActivations : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
    [
        ActivationOptions.Tensor(run, "hidden"),
        ChartOption.Integer("first", "First sample", 0, (int)Math.Min(int.MaxValue, Math.Max(0, run.SampleCount - 1)), 0),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => ActivationOptions.HasPairs(run) ? [] : ActivationOptions.InReport(run);

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var first = choices.Integer("first");
        var count = (int)Math.Min(MostSamples, run.SampleCount - first);
        var matrix = await run.ActivationAsync(tensor.Name, first, count, cancellation);
        var reduction = MatrixReduction.Describe(matrix, MostSamples, MostFeatures);
        matrix = MatrixReduction.Fit(matrix, MostSamples, MostFeatures);
        var names = reduction is null ? await SampleNames.ReadAsync(run, first, count, cancellation) : null;
        return ChartSpec.Single(
            $"{tensor.Name} {tensor.Shape}: samples {first:N0} to {first + count - 1:N0}",
            ChartAxis.Linear(reduction is null ? "feature" : "feature (block)"),
            new ChartAxis { Label = "sample", Categories = names },
            new HeatMapMark { Matrix = matrix, Colors = RunCharting.ScaleFor(matrix.Values.Span, "activation") })
            with { Provenance = run.Provenance(tensor.Name, count, reduction) };
    }
}
