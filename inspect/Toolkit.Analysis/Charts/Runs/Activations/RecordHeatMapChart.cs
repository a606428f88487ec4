namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>A constant of the graph, or one sample of a value whose samples differ in shape: its last axis across, all others down.</summary>
internal sealed class RecordHeatMapChart : IRunChart
{
    private const int MostCells = 1440;

    /// <inheritdoc/>
    public string Name => "record-heat-map";

    /// <inheritdoc/>
    public string Title => "Constants and values of differing shape";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 45;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => ActivationOptions.WhyNoRecords(run);

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => OptionsFor(run, new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var record = (given.TryGetValue("record", out var name) ? run.Records.FirstOrDefault(r => r.Name == name) : null) ?? run.Records[0];
        return
        [
            ActivationOptions.Record(run),
            .. record.IsConstant ? Array.Empty<ChartOption>()
                : [ChartOption.Integer("sample", "Sample", 0, (int)Math.Clamp(run.SampleCount - 1, 0, int.MaxValue), 0)],
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => [];

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var record = run.Records.First(r => r.Name == choices["record"]);
        var sample = record.IsConstant ? 0 : choices.Integer("sample");
        var (shape, whole) = await run.RecordAsync(record.Name, sample, cancellation);
        var reduction = MatrixReduction.Describe(whole, MostCells, MostCells);
        var matrix = MatrixReduction.Fit(whole, MostCells, MostCells);
        return ChartSpec.Single(
            $"{record.Name} [{string.Join(", ", shape)}]: {(record.IsConstant ? "the same for all samples" : $"sample {SampleNames.NameOf(run, sample)}")}",
            Axis("last axis", matrix.Columns),
            Axis(shape.Count > 2 ? "all others together" : "first axis", matrix.Rows),
            new HeatMapMark { Matrix = matrix, Colors = RunCharting.ScaleFor(matrix.Values.Span, "value") })
            with { Provenance = run.Provenance(record.Name, record.IsConstant ? null : 1, reduction) };

        ChartAxis Axis(string label, int extent) => new()
        {
            Label = reduction is null ? label : $"{label} (block)",
            // A few places are counted, not measured: no ticks between them.
            Categories = extent <= 12 ? [.. Enumerable.Range(0, extent).Select(place => $"{place}")] : null,
        };
    }
}
