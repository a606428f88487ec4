using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.Charts.Runs.Representations;
using Toolkit.Formats.Tables;
using Toolkit.Models.Networks;

namespace Toolkit.Analysis.NeuronSpectra;

/// <summary>
/// The power of neurons in each irrep, of all together or of one; and of all, how nearly each keeps to one irrep and
/// its Fourier coefficient to rank one.
/// </summary>
internal sealed class NeuronSpectraChart : IRunChart
{
    private const string Power = "neuron_power";
    private const string Neurons = "neurons";
    private const int All = -1;

    /// <inheritdoc/>
    public string Name => "neuron-spectra";

    /// <inheritdoc/>
    public string Title => "Power spectra of neurons";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 31;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Power) && run.Results.Contains(Neurons)
        ? null
        : "the neurons have not been measured yet: `inspect group RUN` does, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => run.ActivationOf(NetworkRole.Hidden) is { } hidden
        ? [ChartOption.Integer("neuron", "Neuron (-1: all)", All, hidden.Channels - 1, All)]
        : [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var power = await run.ResultAsync(Power, cancellation);
        var neurons = await run.ResultAsync(Neurons, cancellation);
        var chosen = run.ActivationOf(NetworkRole.Hidden) is null ? All : choices.Integer("neuron");
        var place = Array.FindIndex(neurons.Numbers("neuron"), neuron => (int)neuron == chosen);
        if (chosen != All && place < 0)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: there is no neuron {chosen}; {neurons.RowCount} were measured, from 0.");
        }

        return new ChartSpec
        {
            Title = chosen == All ? Title : $"Power spectrum of neuron {chosen}",
            Caption =
                $"Share of the squared norm of {(chosen == All ? "the neurons' functions" : "its function")} of a "
                    + "(left) and "
                    + "of b (right) in each irrep. "
                    + (chosen == All
                        ? "Below, each neuron of an irrep, which holds at least half of both functions' squared norm "
                            + $"together ({Count(neurons, NeuronSpectra.Mixed)} mixed neurons have none, "
                            + $"{Count(neurons, NeuronSpectra.Off)} are off): its greatest share in one irrep, and of "
                            + "its Fourier coefficient in that irrep the share of the greatest singular value, 1 for "
                            + "the neurons b·ρ(x)a of the known circuits."
                        : Describe(neurons, place)),
            Provenance = run.Provenance("hidden", chosen == All ? neurons.RowCount : 1),
            Panels = chosen == All ? [Spectrum(power, All), Purity(neurons)] : [Spectrum(power, chosen)],
        };
    }

    private static ChartPanel Spectrum(Table table, int chosen)
    {
        var irreps = table.Values<string?>("irrep").ToArray();
        var neurons = table.Numbers("neuron");
        string[] names = [.. irreps.Select(name => name ?? "?").Distinct(StringComparer.Ordinal)];
        var places = names.Select((name, place) => (name, place)).ToDictionary(
            item => item.name, item => item.place, StringComparer.Ordinal);
        double[] Shares(string column)
        {
            var (sums, values) = (new double[names.Length], table.Numbers(column));
            for (var row = 0; row < values.Length; row++)
            {
                if (chosen == All || (int)neurons[row] == chosen)
                {
                    sums[places[irreps[row] ?? "?"]] += values[row];
                }
            }

            var whole = sums.Sum();
            return [.. sums.Select(sum => whole > 0 ? sum / whole : double.NaN)];
        }

        double[] left = Shares("left_power"), right = Shares("right_power");
        var shown = ShownIrreps.Of(names.Length, i => Math.Max(left[i], right[i]));
        return new ChartPanel
        {
            Title = shown.Length < names.Length
                ? $"the {shown.Length} of {names.Length} irreps with most power"
                : "power",
            X = ChartAxis.Named("irrep", [.. shown.Select(i => names[i])]),
            Y = ChartAxis.Linear("share of the squared norm"),
            Marks =
            [
                new BarMark { Name = "left", Values = [.. shown.Select(i => left[i])] },
                new BarMark { Name = "right", Values = [.. shown.Select(i => right[i])] },
            ],
        };
    }

    private static ChartPanel Purity(Table table)
    {
        var clusters = table.Values<string?>("cluster").ToArray();
        double[] neurons = table.Numbers("neuron"), purity = table.Numbers("left_purity");
        var rankOne = table.Numbers("left_rank_one_share");
        int[] rows = [.. Enumerable.Range(0, clusters.Length)
            .Where(row => double.IsFinite(purity[row]) && double.IsFinite(rankOne[row]))];
        return new ChartPanel
        {
            Title = rows.Length == 0 ? "no neuron keeps to one irrep" : "each neuron",
            X = ChartAxis.Linear("greatest share in one irrep (left)") with { Minimum = 0, Maximum = 1.03 },
            Y = ChartAxis.Linear("rank-one share (left)") with { Minimum = 0, Maximum = 1.03 },
            Marks = [new PointMark
            {
                X = [.. rows.Select(row => purity[row])],
                Y = [.. rows.Select(row => rankOne[row])],
                Categories = [.. rows.Select(row => clusters[row] ?? "?")],
                Labels = [.. rows.Select(row => $"neuron {neurons[row]:0}")],
            }],
        };
    }

    private static int Count(Table table, string cluster) =>
        table.Values<string?>("cluster").ToArray().Count(name => name == cluster);

    private static string Describe(Table table, int row)
    {
        var cluster = table.Values<string?>("cluster")[row];
        var energy = Words.Number(table.Numbers("left_energy")[row]);
        return cluster switch
        {
            NeuronSpectra.Off => $"It is off: squared norm {energy} (left).",
            NeuronSpectra.Mixed => $"No irrep has half of its power; squared norm {energy} (left).",
            _ => $"It belongs to {cluster}; squared norm {energy}, rank-one share "
                + $"{Words.Percent(table.Numbers("left_rank_one_share")[row])} (left).",
        };
    }
}
