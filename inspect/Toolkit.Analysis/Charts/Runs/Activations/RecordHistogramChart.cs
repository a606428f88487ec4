namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>
/// How a constant, or a value whose samples differ in shape, is distributed, from the statistics alone.
/// </summary>
internal sealed class RecordHistogramChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "record-histogram";

    /// <inheritdoc/>
    public string Title => "Distribution of a constant or a value of differing shape";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 56;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => ActivationOptions.WhyNoRecords(run);

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ActivationOptions.Record(run), ValueHistogramChart.CountAxis];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => [];

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation) =>
        ValueHistogramChart.OfAsync(run, choices["record"], choices, cancellation);
}
