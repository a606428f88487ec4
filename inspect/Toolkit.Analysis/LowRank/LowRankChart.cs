using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.LowRank;

/// <summary>The loss and the accuracy of the network by the rank of its embeddings.</summary>
internal sealed class LowRankChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "low-rank-loss";

    /// <inheritdoc/>
    public string Title => "Low-rank embeddings";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Spectra;

    /// <inheritdoc/>
    public int Order => 30;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(LowRankResult.Name)
        ? null
        : "low-rank copies have not been run yet: `inspect notebook RUN` does, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(LowRankResult.Name, cancellation);
        var ranks = table.Numbers("rank");
        var rows = Enumerable.Range(0, table.RowCount).Where(row => ranks[row] >= 0).ToArray();
        var original = Array.FindIndex(ranks, rank => rank < 0);
        var loss = table.Numbers("loss");
        return new ChartSpec
        {
            Title = "Network with embeddings of rank k",
            Caption = "Every embedding table replaced by its best approximation of rank k. The dashed rule is the "
                + "network as it is.",
            Columns = 2,
            Provenance = new ChartProvenance { Run = run.Name, ModelSha256 = run.ModelSha256 },
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Linear("rank k"),
                    Y = ChartAxis.Log("loss", "nat"),
                    Marks =
                    [
                        Line("all pairs", loss, 0), Line("train", table.Numbers("train_loss"), 1), Line(
                            "test", table.Numbers("test_loss"), 2),
                        .. original >= 0 && double.IsFinite(loss[original])
                            ? [new RuleMark { Name = "as it is", At = loss[original] }]
                            : Array.Empty<ChartMark>(),
                    ],
                },
                new ChartPanel
                {
                    X = ChartAxis.Linear("rank k"),
                    Y = ChartAxis.Linear("share") with { Minimum = 0, Maximum = 1.03 },
                    Marks = [Line("accuracy", table.Numbers("accuracy"), 3), Line(
                        "variance kept", table.Numbers("kept_variance"), 4)],
                },
            ],
        };

        LineMark Line(string name, double[] values, int color) => new()
        {
            Name = name,
            Color = color,
            X = [.. rows.Select(row => ranks[row])],
            Y = [.. rows.Select(row => values[row])],
            ShowPoints = rows.Length <= 40,
        };
    }
}
