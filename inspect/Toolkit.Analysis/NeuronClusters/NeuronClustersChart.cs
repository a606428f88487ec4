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
        : run.Weights.Count == 0 && !run.Results.Contains("neuron_power")
        ? "the run holds no weights: its model was too large to be copied. Capture it again beside its model."
            : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("side", "Embedding", ["embed_x", "embed_y"])];

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var group = run.Group!.Structure;
        var irreps = IrrepTable.Of(group);
        var (norms, shares) = run.Results.Contains("neuron_power")
            ? await MeasuredAsync(run, irreps, choices["side"] == "embed_x" ? "left" : "right", cancellation)
            : await OfEmbeddingAsync(run, irreps, choices["side"], cancellation);
        int Best(int neuron) => norms[neuron] < NeuronClustering.OffBelow ? irreps.Count
            : Enumerable.Range(0, irreps.Count).MaxBy(i => float.IsNaN(shares[i, neuron]) ? -1 : shares[i, neuron]);
        int[] order = [.. Enumerable.Range(0, norms.Length).OrderBy(Best).ThenByDescending(neuron => norms[neuron])];
        var counts = order
            .GroupBy(Best)
            .Select(cluster => $"{cluster.Count()} {(cluster.Key == irreps.Count ? "off" : irreps[cluster.Key].Name)}");

        // Irreps that no neuron has a twentieth in would only be empty rows.
        int[] shown = [.. Enumerable.Range(0, irreps.Count)
            .Where(i => order.Any(neuron => shares[i, neuron] > 0.05f && norms[neuron] >= NeuronClustering.OffBelow))];
        IReadOnlyList<string> names = [.. order.Select(
            neuron => neuron.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        return new ChartSpec
        {
            Title = Title,
            Caption = $"Share of each neuron's function of {(choices["side"] == "embed_x" ? "a" : "b")} in each "
                + $"irrep; neurons are ordered by their greatest share, in this embedding alone: "
                + $"{string.Join(", ", counts)}. Off: squared norm below {NeuronClustering.OffBelow}.",
            Provenance = run.Provenance(choices["side"], norms.Length),
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("neuron", names),
                    Y = ChartAxis.Named("irrep", [.. shown.Select(i => irreps[i].Name)]),
                    Marks = [new HeatMapMark
                    {
                        Matrix = ChartMatrix.Build(shown.Length, order.Length, (i, j) =>
                            norms[order[j]] < NeuronClustering.OffBelow ? float.NaN : shares[shown[i], order[j]]),
                        Colors = ColorScale.Sequential("share of the squared norm") with { Minimum = 0, Maximum = 1 },
                    }],
                },
            ],
        };
    }

    /// <summary>
    /// What `inspect group` measured: also of networks whose embeddings do not have one column for each neuron.
    /// </summary>
    private static async Task<(double[] Norms, ChartMatrix Shares)> MeasuredAsync(
        IRunData run, IrrepTable irreps, string side, CancellationToken cancellation)
    {
        var norms = (await run.ResultAsync("neurons", cancellation)).Numbers($"{side}_energy");
        var table = await run.ResultAsync("neuron_power", cancellation);
        var neurons = table.Numbers("neuron");
        var power = table.Numbers($"{side}_power");
        var names = table.Values<string?>("irrep").ToArray();
        var rows = irreps.Select((irrep, i) => (irrep.Name, i)).ToDictionary(
            item => item.Name, item => item.i, StringComparer.Ordinal);
        var shares = new float[irreps.Count, norms.Length];
        for (var row = 0; row < power.Length; row++)
        {
            var neuron = (int)neurons[row];
            shares[rows[names[row]!], neuron] = (float)(power[row] / norms[neuron]);
        }

        return (norms, ChartMatrix.Build(irreps.Count, norms.Length, (i, neuron) => shares[i, neuron]));
    }

    private static async Task<(double[] Norms, ChartMatrix Shares)> OfEmbeddingAsync(
        IRunData run, IrrepTable irreps, string side, CancellationToken cancellation)
    {
        var group = irreps.Group;
        var embedding = await run.RoleAsync(side, cancellation)
            ?? throw new Formats.BadInputException(
                $"{run.Name}: the model's metadata do not say which weights are {side}; export or import the "
                    + "network again.");
        if (embedding.Rows != group.Order)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: {side} has {embedding.Rows} rows; {group.Name} has {group.Order} elements.");
        }

        var (norms, shares) = await Task.Run(
            () => NeuronClustering.Measure(group, irreps, embedding, cancellation), cancellation);
        return Array.Exists(norms, norm => norm >= NeuronClustering.OffBelow)
            ? (norms, shares)
            : throw new Formats.BadInputException(
                $"{run.Name}: no column of {side} has a squared norm of {NeuronClustering.OffBelow} or more, as in "
                    + $"transformers, whose neurons lie behind it. `inspect group {run.Name}` measures these.");
    }
}
