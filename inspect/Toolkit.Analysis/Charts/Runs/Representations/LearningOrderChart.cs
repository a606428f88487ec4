namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>When each key irrep was learnt: the first checkpoint at which the logits resemble its character.</summary>
internal sealed class LearningOrderChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "learning-order";

    /// <inheritdoc/>
    public string Title => "Learning order of the irreps";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 40;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => ProgressResults.WhyNot(run);

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("epochs", "Epoch axis", ["log", "linear"])];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var progress = await ProgressResults.ReadAsync(run, cancellation);
        var learnt = progress.Irreps
            .Select(irrep => (Irrep: irrep, Epoch: progress.FirstEpochAbove(
                irrep, "trace_similarity", Progress.LearningProgress.LearntSimilarity)))
            .OrderBy(item => double.IsNaN(item.Epoch) ? double.PositiveInfinity : item.Epoch).ToList();
        return ChartSpec.Single(
            Title,
            ChartAxis.Named("key irrep, earliest first", [.. learnt.Select(item => item.Irrep)]),
            choices["epochs"] == "log" ? ChartAxis.Log("epoch") : ChartAxis.Linear("epoch"),
            new BarMark { Values = [.. learnt.Select(item => item.Epoch)] }) with
        {
            Caption = $"The first checkpoint with a trace similarity over {Progress.LearningProgress.LearntSimilarity}"
                + (learnt.Exists(item => double.IsNaN(item.Epoch)) ? "; irreps without a bar never reach it." : "."),
            Provenance = run.Provenance(count: progress.Checkpoints),
        };
    }
}
