namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>How much of each part of the network lies in each irrep, as stacked bars.</summary>
internal sealed class IrrepSharesChart : IRunChart
{
    private static readonly (string Column, string Label)[] Sites =
    [
        ("percent_x_embed", "left embedding"),
        ("percent_y_embed", "right embedding"),
        ("percent_hidden_x", "hidden, ρ(a)"),
        ("percent_hidden_y", "hidden, ρ(b)"),
        ("percent_hidden_xy", "hidden, ρ(ab)"),
        ("total_percent_hidden", "hidden, total"),
        ("percent_unembed", "unembedding"),
        ("trace_similarity", "logits, s²"),
    ];

    /// <inheritdoc/>
    public string Name => "irrep-shares";

    /// <inheritdoc/>
    public string Title => "Shares per irrep";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 1;

    /// <inheritdoc/>
    public bool FollowsTraining => true;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => IrrepResults.WhyNot(run);

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(IrrepResults.Table, cancellation);
        var sites = Sites.Where(site => table.Contains(site.Column)).ToList();
        var shares = sites.Select(site => site.Column == "trace_similarity"
            ? Array.ConvertAll(table.Numbers(site.Column), similarity => similarity * similarity)
            : table.Numbers(site.Column)).ToList();
        var named = IrrepResults.Named(table, shares);
        var names = IrrepResults.Names(table);
        var marks = named
            .Select((row, color) =>
                new BarMark { Name = names[row], Color = color, Values = [.. shares.Select(column => column[row])] })
            .ToList();
        if (named.Count < table.RowCount)
        {
            var rest = Enumerable.Range(0, table.RowCount).Except(named).ToList();
            marks.Add(new BarMark
            {
                Name = $"{rest.Count} others",
                Color = named.Count,
                Values = [.. shares.Select(column => rest.Sum(row => double.IsFinite(column[row]) ? column[row] : 0))],
            });
        }

        return new ChartSpec
        {
            Title = Title,
            Caption = "The share of the squared norm that lies in each irrep's isotypic part. Embeddings and "
                + "unembedding sum to 1; the hidden layer and the logits hold more than the irreps of one factor.",
            Provenance = run.Provenance(count: run.SampleCount),
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("part of the network", [.. sites.Select(site => site.Label)]),
                    Y = ChartAxis.Linear("share of the squared norm"),
                    Bars = BarLayout.Stacked,
                    Marks = marks,
                },
            ],
        };
    }
}
