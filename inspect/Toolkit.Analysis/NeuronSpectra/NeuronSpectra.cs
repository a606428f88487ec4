using MathNet.Numerics.LinearAlgebra;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.NeuronSpectra;

/// <summary>
/// Power spectra of every neuron over the irreps, neurons clustered by irrep, and how near their Fourier coefficients
/// are to rank one.
/// </summary>
/// <remarks>
/// Power: D. Stander et al. (ICML 2024). Clusters and "off" neurons: B. Chughtai et al. (ICML 2023), which calls a
/// neuron off where ‖E_x[:, j]‖² &lt; 1. Rank one: in the circuits of W. Wu et al. (ICLR 2025) a neuron of irrep ρ is
/// l(x) = bᵀρ(x)a, so f̂(ρ) is an outer product and its rank-one share σ₁²/Σσ² is 1; a random d × d matrix has about
/// 4/d. Irreps that are not of real type have coefficients of rank ⟨χ,χ⟩·r, so their share counts that many singular
/// values.
/// </remarks>
public static class NeuronSpectra
{
    /// <summary>The cluster of neurons without energy.</summary>
    public const string Off = "off";

    /// <summary>The cluster of neurons with less than <see cref="Purity"/> of their power in any one irrep.</summary>
    public const string Mixed = "mixed";

    /// <summary>The energy of the left function under which a neuron is off (the published threshold).</summary>
    public const double OffEnergy = 1;

    /// <summary>The share of power in one irrep from which a neuron belongs to it.</summary>
    public const double Purity = 0.5;

    /// <summary>Measures all neurons.</summary>
    /// <param name="irreps">The irreps of the group.</param>
    /// <param name="left">Each neuron's function of the left element, [n, h].</param>
    /// <param name="right">Each neuron's function of the right element, [n, h].</param>
    /// <returns>One spectrum for each neuron.</returns>
    public static IReadOnlyList<NeuronSpectrum> Measure(IrrepTable irreps, HostMatrix left, HostMatrix right)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var group = irreps.Group;
        var spans = irreps.Select(RepresentationSpan.Of).ToArray();
        var spectra = new NeuronSpectrum[left.Columns];
        Parallel.For(
            0, left.Columns, j => spectra[j] = Neuron(group, irreps, spans, Column(left, j), Column(right, j), j));
        return spectra;
    }

    /// <summary>
    /// The tables "neurons" (one row each) and "neuron_power" (one row for each neuron, side and irrep).
    /// </summary>
    /// <param name="irreps">The irreps.</param>
    /// <param name="spectra">The spectra.</param>
    /// <returns>The outputs.</returns>
    public static IReadOnlyList<AnalysisOutput> Outputs(IrrepTable irreps, IReadOnlyList<NeuronSpectrum> spectra)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(spectra);
        string[] names = [.. irreps.Select(irrep => irrep.Name)];
        var summary = new
        {
            Method = "Fourier power by isotypic projectors (Stander et al., ICML 2024); off: left energy under 1; cluster: over half of the power",
            Clusters = spectra
                .GroupBy(spectrum => spectrum.Cluster, StringComparer.Ordinal)
                .OrderByDescending(cluster => cluster.Count())
                    .ToDictionary(cluster => cluster.Key, cluster => cluster.Count(), StringComparer.Ordinal),
            MedianRankOneShare = Median([.. spectra.Select(spectrum => spectrum.LeftRankOne).Where(double.IsFinite)]),
        };
        var neurons = new Table(
            TableColumn.Create("neuron", spectra.Select(spectrum => spectrum.Neuron).ToArray()),
            TableColumn.Create("cluster", [.. spectra.Select(spectrum => spectrum.Cluster)]),
            TableColumn.Create("left_energy", spectra.Select(spectrum => spectrum.LeftEnergy).ToArray()),
            TableColumn.Create("right_energy", spectra.Select(spectrum => spectrum.RightEnergy).ToArray()),
            TableColumn.Create(
                "left_purity", spectra.Select(spectrum => Share(spectrum.LeftPower, spectrum.LeftEnergy)).ToArray()),
            TableColumn.Create(
                "right_purity", spectra.Select(spectrum => Share(spectrum.RightPower, spectrum.RightEnergy)).ToArray()),
            TableColumn.Create("left_rank_one_share", spectra.Select(spectrum => spectrum.LeftRankOne).ToArray()),
            TableColumn.Create("right_rank_one_share", spectra.Select(spectrum => spectrum.RightRankOne).ToArray()));
        var rows = spectra.SelectMany(spectrum => names.Select((_, i) => (spectrum, i))).ToList();
        var power = new Table(
            TableColumn.Create("neuron", rows.Select(row => row.spectrum.Neuron).ToArray()),
            TableColumn.Create("irrep", [.. rows.Select(row => names[row.i])]),
            TableColumn.Create("left_power", rows.Select(row => row.spectrum.LeftPower[row.i]).ToArray()),
            TableColumn.Create("right_power", rows.Select(row => row.spectrum.RightPower[row.i]).ToArray()));
        var headline =
            $"Neurons: of {spectra.Count}, {string.Join(", ", summary.Clusters.Select(cluster => cluster.Key switch
            {
                Off => $"{cluster.Value} off",
                Mixed => $"{cluster.Value} in no one irrep",
                _ => $"{cluster.Value} in {cluster.Key}",
            }))}{(summary.MedianRankOneShare is { } share ? $"; rank-one share {Words.Percent(share)} (median)" : string.Empty)}";
        return [new("neurons", neurons, summary) { Headline = headline }, new("neuron_power", power, summary)];
    }

    private static NeuronSpectrum Neuron(
        FiniteGroup group, IrrepTable irreps, RepresentationSpan[] spans, double[] left, double[] right, int index)
    {
        var (leftPower, rightPower) = (GroupPower.Of(group, spans, left), GroupPower.Of(group, spans, right));
        var (leftEnergy, rightEnergy) = (left.Sum(value => value * value), right.Sum(value => value * value));
        var total = leftEnergy + rightEnergy;
        var best = Enumerable.Range(0, spans.Length).MaxBy(i => leftPower[i] + rightPower[i]);
        var cluster = leftEnergy < OffEnergy ? Off
            : leftPower[best] + rightPower[best] < Purity * total ? Mixed
            : spans[best].Name;
        var isClustered = cluster is not (Off or Mixed);
        return new(
            index,
            cluster,
            leftEnergy,
            rightEnergy,
            leftPower,
            rightPower,
            isClustered ? RankOneShare(irreps[best], left) : double.NaN,
            isClustered ? RankOneShare(irreps[best], right) : double.NaN);
    }

    private static double RankOneShare(Irrep irrep, double[] function)
    {
        var d = irrep.Dimension;
        if (d <= irrep.Norm)
        {
            return 1;
        }

        var values = Matrix<double>.Build
            .DenseOfRowMajor(d, d, GroupPower.Transform(irrep, function))
            .Svd(computeVectors: false).S
            .ToArray();
        var total = values.Sum(value => value * value);
        return total == 0 ? double.NaN : values.Take(irrep.Norm).Sum(value => value * value) / total;
    }

    private static double[] Column(HostMatrix matrix, int column) =>
        [.. Enumerable.Range(0, matrix.Rows).Select(row => matrix[row, column])];

    private static double Share(double[] power, double energy) => energy == 0 ? double.NaN : power.Max() / energy;

    private static double? Median(double[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? null : values[values.Length / 2];
    }
}
