using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.PairSpectra;

/// <summary>
/// The share of the hidden layer's variance in every pair of irreps, for all neurons and for the largest clusters.
/// </summary>
internal sealed class PairSpectraChart : IRunChart
{
    private const string Table = "pair_power";

    /// <summary>Irreps whose pairs all hold less than this in every panel would only be empty rows.</summary>
    private const double LeastShown = 0.005;

    private const int MostIrreps = 24;
    private const int MostPanels = 6;

    /// <inheritdoc/>
    public string Name => "pair-spectra";

    /// <inheritdoc/>
    public string Title => "Power in pairs of irreps";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 32;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table)
        ? null
        : "the hidden layer has not been transformed on pairs yet: `inspect group RUN` does, for networks on group "
            + "composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        string?[] clusters = [.. table.Values<string?>("cluster")], lefts = [.. table.Values<string?>(
            "left_irrep")], rights = [.. table.Values<string?>("right_irrep")];
        double[] shares = table.Numbers("share"), powers = table.Numbers("power"), neurons = table.Numbers("neurons");
        int[] all = [.. Enumerable.Range(0, clusters.Length)];
        string?[] panels = [.. all
            .GroupBy(row => clusters[row])
            .OrderByDescending(panel => panel.Sum(row => powers[row]))
            .Take(MostPanels)
            .Select(panel => panel.Key)];
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var row in all.Where(row => panels.Contains(clusters[row]) && shares[row] >= LeastShown))
        {
            foreach (var name in (string[])[lefts[row] ?? "?", rights[row] ?? "?"])
            {
                weights[name] = Math.Max(weights.GetValueOrDefault(name), shares[row]);
            }
        }

        var kept = weights.OrderByDescending(pair => pair.Value).Take(MostIrreps).Select(pair => pair.Key).ToHashSet(
            StringComparer.Ordinal);
        string[] irreps = [.. lefts.Concat(rights).Select(name => name ?? "?").Where(kept.Contains).Distinct(
            StringComparer.Ordinal)];
        var places = irreps.Select((name, place) => (name, place)).ToDictionary(
            item => item.name, item => item.place, StringComparer.Ordinal);
        return new ChartSpec
        {
            Title = Title,
            Caption =
                "Share of the variance over pairs (a, b) in ρ(a) ⊗ σ(b): the column \"trivial\" is what depends on a "
                    + "alone, the row \"trivial\" what depends on b alone; "
                    + "what depends on the product ab lies on the diagonal. "
                    + (panels.Length > 1 ? "Beside all neurons the clusters with most power. " : string.Empty)
                    + (weights.Count > irreps.Length
                        ? $"The {irreps.Length} irreps with the largest shares."
                        : "Irreps without half a per cent anywhere are left out."),
            Provenance = run.Provenance("hidden", run.SampleCount),
            Columns = Math.Min(3, panels.Length),
            SharedScale = true,
            Panels = [.. panels.Select(cluster => Panel(cluster, [.. all.Where(row => clusters[row] == cluster)]))],
        };

        ChartPanel Panel(string? cluster, int[] rows)
        {
            var cells = new float[irreps.Length * irreps.Length];
            foreach (var row in rows)
            {
                if (places.TryGetValue(lefts[row] ?? "?", out var left)
                    && places.TryGetValue(rights[row] ?? "?", out var right))
                {
                    cells[(left * irreps.Length) + right] = (float)shares[row];
                }
            }

            return new ChartPanel
            {
                Title = $"{cluster} ({neurons[rows[0]]:0} neuron{(neurons[rows[0]] == 1 ? "" : "s")})",
                X = ChartAxis.Named("irrep of b", irreps),
                Y = ChartAxis.Named("irrep of a", irreps),
                Marks = [new HeatMapMark
                {
                    Matrix = new ChartMatrix(irreps.Length, irreps.Length, cells),
                    Colors = ColorScale.Sequential("share of the variance") with { Minimum = 0 },
                    SquareCells = true,
                }],
            };
        }
    }
}
