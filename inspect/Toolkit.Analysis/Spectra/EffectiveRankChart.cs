using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.Spectra;

/// <summary>The kinds of rank of every matrix beside each other.</summary>
internal sealed class EffectiveRankChart : IRunChart
{
    private static readonly (string Column, string Label)[] Ranks =
    [
        ("numerical_rank", "numerical rank"),
        ("effective_rank", "effective rank (entropy)"),
        ("stable_rank", "stable rank"),
        ("participation_ratio", "participation ratio"),
    ];

    /// <inheritdoc/>
    public string Name => "effective-rank";

    /// <inheritdoc/>
    public string Title => "Ranks of the matrices";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Spectra;

    /// <inheritdoc/>
    public int Order => 20;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(SpectraTables.Summaries)
        ? null
        : "there are no spectra yet: `inspect svd RUN` computes them.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(SpectraTables.Summaries, cancellation);
        var names = table.Values<string?>("matrix").ToArray();
        return new ChartSpec
        {
            Title = "Ranks of the matrices",
            Caption = "Numerical rank counts values above rounding; the others weigh values by their size.",
            Provenance = new ChartProvenance { Run = run.Name, ModelSha256 = run.ModelSha256 },
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("matrix", [.. names.Select(name => name ?? string.Empty)]),
                    Y = ChartAxis.Log("rank"),
                    Marks = [.. Ranks.Select(
                        rank => new BarMark { Name = rank.Label, Values = table.Numbers(rank.Column) })],
                },
            ],
        };
    }
}
