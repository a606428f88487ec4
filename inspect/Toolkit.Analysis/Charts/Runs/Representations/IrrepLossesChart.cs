namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>The loss without each irrep and with each irrep alone.</summary>
internal sealed class IrrepLossesChart : IRunChart
{
    private static readonly (string Column, string Label)[] Series =
    [
        ("logit_excluded_loss", "logits without it (train)"),
        ("logit_restricted_loss", "logits of it alone (all)"),
        ("hidden_excluded_loss", "hidden without it (train)"),
        ("hidden_restricted_loss", "hidden of it alone (all)"),
    ];

    /// <inheritdoc/>
    public string Name => "irrep-losses";

    /// <inheritdoc/>
    public string Title => "Excluded and restricted losses per irrep";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 2;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => IrrepResults.WhyNot(run);

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(IrrepResults.Table, cancellation);
        var columns = Series.Where(series => table.Contains(series.Column))
            .Select(series => (series.Label, Values: table.Numbers(series.Column)))
            .ToList();
        var similarities = table.Contains("trace_similarity")
            ? new[] { table.Numbers("trace_similarity") }
            : [.. columns.Select(column => column.Values)];
        var named = IrrepResults.Named(table, similarities);
        var names = IrrepResults.Names(table);
        return new ChartSpec
        {
            Title = Title,
            Caption = "A key irrep raises the loss when it is removed and keeps it low when it alone is kept."
                + (named.Count < table.RowCount
                    ? $" The {named.Count} irreps nearest to the logits of {table.RowCount}."
                    : string.Empty),
            Provenance = run.Provenance(count: run.SampleCount),
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("irrep", [.. named.Select(row => names[row])]),
                    Y = ChartAxis.Log("loss", "nat"),
                    Marks = [.. columns.Select(column =>
                        new BarMark { Name = column.Label, Values = [.. named.Select(row => column.Values[row])] })],
                },
            ],
        };
    }
}
