using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.NeuronClusters;

/// <summary>Every neuron's shares in the irreps, the neurons ordered by the irrep they work for.</summary>
internal sealed class NeuronClustersChart : IRunChart
{
    /// <summary>Above, the n² pairs and the irreps take longer than a reader waits.</summary>
    private const int MostElements = 1000;

    /// <inheritdoc/>
    public string Name => "neuron-clusters";

    /// <inheritdoc/>
    public string Title => "Neurons by irrep";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 30;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Group is not { } group ? "the run is not of all pairs of a group."
        : group.Order > MostElements ? $"{group.Name} has {group.Order} elements; up to {MostElements} are drawn."
        : run.Weights.Count == 0 ? "the run holds no weights: its model was too large to be copied. Capture it again beside its model."
        : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [ChartOption.OneOf("side", "Embedding", ["embed_x", "embed_y"])];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var group = run.Group!.Structure;
        var embedding = await run.RoleAsync(choices["side"], cancellation)
            ?? throw new Formats.BadInputException($"{run.Name}: the model's metadata do not say which weights are {choices["side"]}; export or import the network again.");
        if (embedding.Rows != group.Order)
        {
            throw new Formats.BadInputException($"{run.Name}: {choices["side"]} has {embedding.Rows} rows; {group.Name} has {group.Order} elements.");
        }

        var irreps = IrrepTable.Of(group);
        var (norms, shares) = await Task.Run(() => NeuronClustering.Measure(group, irreps, embedding, cancellation), cancellation);
        int Best(int neuron) => norms[neuron] < NeuronClustering.OffBelow ? irreps.Count
            : Enumerable.Range(0, irreps.Count).MaxBy(i => float.IsNaN(shares[i, neuron]) ? -1 : shares[i, neuron]);
        int[] order = [.. Enumerable.Range(0, embedding.Columns).OrderBy(Best).ThenByDescending(neuron => norms[neuron])];
        var counts = order.GroupBy(Best).Select(cluster => $"{cluster.Count()} {(cluster.Key == irreps.Count ? "off" : irreps[cluster.Key].Name)}");

        // Irreps that no neuron has a twentieth in would only be empty rows.
        int[] shown = [.. Enumerable.Range(0, irreps.Count).Where(i => order.Any(neuron => shares[i, neuron] > 0.05f && norms[neuron] >= NeuronClustering.OffBelow))];
        IReadOnlyList<string> names = [.. order.Select(neuron => neuron.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        return new ChartSpec
        {
            Title = Title,
            Caption = $"Share of each neuron's {choices["side"]} vector in each irrep; neurons are ordered by their greatest share: {string.Join(", ", counts)}. Off: squared norm below {NeuronClustering.OffBelow}.",
            Provenance = run.Provenance(choices["side"], embedding.Columns),
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("neuron", names),
                    Y = ChartAxis.Named("irrep", [.. shown.Select(i => irreps[i].Name)]),
                    Marks = [new HeatMapMark
                    {
                        Matrix = ChartMatrix.Build(shown.Length, order.Length, (i, j) => norms[order[j]] < NeuronClustering.OffBelow ? float.NaN : shares[shown[i], order[j]]),
                        Colors = ColorScale.Sequential("share of the squared norm") with { Minimum = 0, Maximum = 1 },
                    }],
                },
            ],
        };
    }
}
