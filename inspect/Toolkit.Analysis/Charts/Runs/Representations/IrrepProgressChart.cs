namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>One measure of every key irrep over training.</summary>
internal sealed class IrrepProgressChart : IRunChart
{
    private static readonly (string Column, string Label, bool IsLoss)[] Measures =
    [
        ("trace_similarity", "trace similarity of the logits", false),
        ("percent_x_embed", "share of the left embedding", false),
        ("percent_y_embed", "share of the right embedding", false),
        ("percent_unembed", "share of the unembedding", false),
        ("total_percent_hidden", "share of the hidden layer", false),
        ("logit_excluded_loss", "loss without it (logits, train)", true),
        ("logit_restricted_loss", "loss of it alone (logits, all)", true),
        ("hidden_excluded_loss", "loss without it (hidden, train)", true),
        ("hidden_restricted_loss", "loss of it alone (hidden, all)", true),
    ];

    /// <inheritdoc/>
    public string Name => "irrep-progress";

    /// <inheritdoc/>
    public string Title => "Irreps over training";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Training;

    /// <inheritdoc/>
    public int Order => 40;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => ProgressResults.WhyNot(run);

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
    [
        ChartOption.OneOf("measure", "Measure", [.. Measures.Select(measure => measure.Column)]),
        ChartOption.OneOf("epochs", "Epoch axis", ["linear", "log"]),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) =>
        [.. new[] { "trace_similarity", "percent_x_embed", "percent_unembed", "total_percent_hidden", "hidden_excluded_loss", "hidden_restricted_loss" }
            .Select(measure => new Dictionary<string, string> { ["measure"] = measure })];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var progress = await ProgressResults.ReadAsync(run, cancellation);
        var (column, label, isLoss) = Measures.First(measure => measure.Column == choices["measure"]);
        return ChartSpec.Single(
            $"{char.ToUpperInvariant(label[0])}{label[1..]}",
            choices["epochs"] == "log" ? ChartAxis.Log("epoch") : ChartAxis.Linear("epoch"),
            isLoss ? ChartAxis.Log("loss", "nat") : ChartAxis.Linear(label),
            [.. progress.Irreps.Select((irrep, color) =>
            {
                var (epochs, values) = progress.Series(irrep, column);
                return (ChartMark)new LineMark { Name = irrep, Color = color, X = epochs, Y = values };
            })]) with
        {
            Caption = "Each line is a key irrep of the final network.",
            Provenance = run.Provenance(count: progress.Checkpoints),
        };
    }
}
