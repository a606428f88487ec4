using System.Text.RegularExpressions;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.CausalBattery;

/// <summary>The loss after each intervention.</summary>
internal sealed partial class CausalChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "causal-battery";

    /// <inheritdoc/>
    public string Title => "Interventions on embeddings, pre-activation and neurons";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 40;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains("causal")
        ? null
        : "no intervention has been made yet: `inspect group RUN` makes them, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync("causal", cancellation);
        var pairs = table.Values<int>("pairs") is [var count, ..] ? $"{count:N0} pairs" : "no pairs";
        var losses = table.Numbers("loss");
        var names = table.Values<string?>("intervention").ToArray();
        return new ChartSpec
        {
            Title = Title,
            Caption = $"Mean cross-entropy over {pairs}; none: the network as it is; without an irrep: its "
                + "neurons (how many) at their mean."
                + (losses.Any(double.IsNaN)
                    ? " A gap: it makes no sense for this network, see why_not."
                    : string.Empty),
            Provenance = new ChartProvenance { Run = run.Name, ModelSha256 = run.ModelSha256, Count = table.RowCount },
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("intervention", [.. names.Select(ShortName)]),
                    Y = ChartAxis.Log("loss", "nat"),
                    Marks = [new BarMark { Name = "loss", Values = losses }],
                },
            ],
        };
    }

    // What tells the ablations apart stands in the middle, where a long label below an axis is cut.
    private static string ShortName(string? name) => MeanAblation().Replace(name ?? string.Empty, "without $1 ($2)");

    [GeneratedRegex(@"^mean ablation of (.*) \((\d+) neurons?\)$")]
    private static partial Regex MeanAblation();
}
