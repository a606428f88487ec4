using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.PairSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Cosets;

/// <summary>
/// Which neurons are constant on the cosets of a subgroup: the share of a neuron's variance that lies within cosets,
/// over all subgroups, with two nulls.
/// </summary>
/// <remarks>
/// <para>
/// D. Stander et al., "Grokking Group Multiplication with Cosets" (ICML 2024), with the normalisation of W. Wu et al.
/// (ICLR 2025): part_var = 1 − ‖Qf‖²/‖f‖² for the centred function f and the average Q over cosets, in [0, 1].
/// Functions of the left element are looked at on right cosets Hg, those of the right element on left cosets gH.
/// Reported: the largest proper, non-trivial subgroup with part_var under <see cref="Constant"/>, else the one with the
/// least.
/// </para>
/// <para>
/// Nulls, each a <see cref="NullQuantile"/> quantile of the least part_var over the conjugates of the neuron's own
/// subgroup: random functions with the neuron's power in every irrep (a low part_var may be a matter of the irrep
/// alone), and the neurons of the same network at random initialisation. A neuron is concentrated where it is below the
/// first. <see cref="CosetAlignment"/> adds F_coset. Cost: subgroups × n × h additions (S6: 1,453 × 720 × 512 on each
/// side).
/// </para>
/// </remarks>
public static class CosetAnalysis
{
    /// <summary>
    /// The share of variance within cosets under which a neuron counts as constant on them (Wu et al.).
    /// </summary>
    public const double Constant = 0.01;

    /// <summary>The quantile of the null that a concentrated neuron stays below.</summary>
    public const double NullQuantile = 0.05;

    private const int NullSamples = 40;

    /// <summary>
    /// Irreps with less of a function's power are left out of its null: of 2,521 irreps at most (C5040) no more than
    /// 3e-7.
    /// </summary>
    private const double NegligiblePower = 1e-10;

    /// <summary>
    /// What a concentrated neuron stays below its null by. Where averages over cosets are sums of isotypic parts, as in
    /// abelian groups, every function of the same powers has one part_var, and only rounding would tell the neuron from
    /// its null.
    /// </summary>
    private const double NullMargin = 1e-6;

    /// <summary>Measures every neuron.</summary>
    /// <param name="lattice">The subgroups.</param>
    /// <param name="irreps">The irreps, for the isotypic null.</param>
    /// <param name="left">Each neuron's function of the left element, [n, h].</param>
    /// <param name="right">Each neuron's function of the right element, [n, h].</param>
    /// <param name="initial">The same of the network at random initialisation; null: normal numbers, which is what
    /// embeddings start as.</param>
    /// <param name="seed">Of the nulls.</param>
    /// <param name="cancellation">Stops between two subgroups.</param>
    /// <returns>The table "cosets", one row for each neuron and side.</returns>
    public static AnalysisOutput Measure(
        SubgroupLattice lattice,
        IrrepTable irreps,
        HostMatrix left,
        HostMatrix right,
        (HostMatrix Left, HostMatrix Right)? initial = null,
        int seed = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(lattice);
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var partitions = new CosetPartitions(lattice);
        var random = new Random(seed);
        var start = initial ?? (Noise(left.Rows, NullSamples, random), Noise(left.Rows, NullSamples, random));
        var noise = IsotypicNoise(irreps, random);
        Side[] sides =
        [
            Neurons(partitions, irreps, noise, left, start.Left, isLeft: true, cancellation),
            Neurons(partitions, irreps, noise, right, start.Right, isLeft: false, cancellation),
        ];
        var found = sides.SelectMany(side => side.Findings).ToArray();
        var table = new Table(
            TableColumn.Create(
                "side", [.. sides.SelectMany((side, s) => side.Findings.Select(_ => s == 0 ? "left" : "right"))]),
            TableColumn.Create("neuron", sides.SelectMany(side => Enumerable.Range(0, side.Findings.Length)).ToArray()),
            TableColumn.Create("energy", found.Select(one => one.Energy).ToArray()),
            TableColumn.Create("subgroup_class", found.Select(one => one.Class).ToArray()),
            TableColumn.Create(
                "subgroup_order", found.Select(one => one.Class < 0 ? 0 : lattice.Classes[one.Class].Order).ToArray()),
            TableColumn.Create("part_var", found.Select(one => one.PartVar).ToArray()),
            TableColumn.Create("is_constant", found.Select(one => one.PartVar < Constant).ToArray()),
            TableColumn.Create("isotypic_null", found.Select(one => one.IsotypicNull).ToArray()),
            TableColumn.Create("random_null", found.Select(one => one.RandomNull).ToArray()),
            TableColumn.Create("is_concentrated", found.Select(one => one.IsConcentrated).ToArray()),
            TableColumn.Create("alignment", found.Select(one => one.Alignment).ToArray()));
        var energy = found.Sum(one => one.Energy);
        double Share(Func<Finding, bool> counts) =>
            energy == 0 ? 0 : found.Where(counts).Sum(one => one.Energy) / energy;
        var summary = new
        {
            Method = "variance within cosets over all subgroups (Stander et al., ICML 2024; normalised as Wu et al., ICLR 2025); "
                + "alignment: subgroups of index at most 12, plain or twisted by a sign (Lee, 2026)",
            SubgroupClasses = lattice.Classes.Count,
            Subgroups = lattice.SubgroupCount,
            NullQuantile,
            EnergyShareConstant = Share(one => one.PartVar < Constant),
            EnergyShareConcentrated = Share(one => one.IsConcentrated),
            EnergyShareAligned = Share(one => one.Alignment >= CosetAlignment.Aligned),
            EnergyShareAlignedAtRandomInitialisation = sides.Sum(side => side.InitialEnergy) is > 0 and var whole
                ? sides.Sum(side => side.InitialAligned) / whole
                : 0,
            RandomInitialisation = initial is null
                ? "normal numbers"
                : "the network with its weight matrices drawn anew",
        };
        return new("cosets", table, summary)
        {
            Headline =
                $"Cosets: of the neurons' energy {Words.Percent(summary.EnergyShareConstant)} is constant on cosets "
                    + $"of one of {summary.Subgroups} subgroups "
                    + $"({summary.SubgroupClasses} classes), {Words.Percent(summary.EnergyShareConcentrated)} nearer "
                    + "to it than random functions of the same irreps; aligned "
                    + $"{Words.Percent(summary.EnergyShareAligned)} (at random initialisation "
                    + $"{Words.Percent(summary.EnergyShareAlignedAtRandomInitialisation)})",
        };
    }

    private static Side Neurons(
        CosetPartitions partitions,
        IrrepTable irreps,
        HostMatrix[] noise,
        HostMatrix functions,
        HostMatrix initial,
        bool isLeft,
        CancellationToken cancellation)
    {
        var lattice = partitions.Lattice;
        var (centred, energies) = Centred(functions);
        var (start, startEnergies) = Centred(initial);
        var least = Least(partitions, centred, energies, isLeft, cancellation);
        var alignment = CosetAlignment.Measure(partitions, centred, energies);
        var startAlignment = CosetAlignment.Measure(partitions, start, startEnergies);
        var classes = partitions.Subgroups.Select(one => one.Class).Distinct().ToArray();
        int[] best = [.. Enumerable.Range(0, functions.Columns).Select(j => classes.Length == 0 ? -1
            : classes
                .Where(c => least[c]![j] < Constant)
                .OrderByDescending(c => lattice.Classes[c].Order)
                .Concat(classes.OrderBy(c => least[c]![j]))
                .First())];
        var randomNulls = best.Where(c => c >= 0).Distinct().ToDictionary(
            c => c, c => Quantile(LeastOf(partitions, c, start, startEnergies, isLeft)));
        var spans = irreps.Select(RepresentationSpan.Of).ToArray();
        var findings = new Finding[functions.Columns];
        Parallel.For(0, findings.Length, new ParallelOptions { CancellationToken = cancellation }, j =>
        {
            var energy = Enumerable.Range(0, functions.Rows).Sum(g => functions[g, j] * functions[g, j]);
            if (best[j] < 0)
            {
                findings[j] = new(energy, -1, double.NaN, double.NaN, double.NaN, alignment[j]);
                return;
            }

            double[] function = [.. Enumerable.Range(0, functions.Rows).Select(g => centred[g, j])];
            var (samples, sampleEnergies) = Centred(
                RandomIsotypic(noise, GroupPower.Of(lattice.Group, spans, function)));
            var isotypic = Quantile(LeastOf(partitions, best[j], samples, sampleEnergies, isLeft));
            findings[j] = new(energy, best[j], least[best[j]]![j], isotypic, randomNulls[best[j]], alignment[j]);
        });
        return new(findings, startEnergies.Sum(), startEnergies
            .Where((_, j) => startAlignment[j] >= CosetAlignment.Aligned)
            .Sum());
    }

    /// <summary>
    /// The least part_var over each class's subgroups, of every column: [class][h]; null for the trivial group and the
    /// whole.
    /// </summary>
    private static double[]?[] Least(
        CosetPartitions partitions, HostMatrix centred, double[] energies, bool isLeft, CancellationToken cancellation)
    {
        var least = new double[]?[partitions.Lattice.Classes.Count];
        Parallel.ForEach(
            partitions.Subgroups.Select(one => one.Class).Distinct(),
            new ParallelOptions { CancellationToken = cancellation },
            c =>
                least[c] = LeastOf(partitions, c, centred, energies, isLeft));
        return least;
    }

    private static double[] LeastOf(
        CosetPartitions partitions, int subgroupClass, HostMatrix centred, double[] energies, bool isLeft)
    {
        var least = new double[centred.Columns];
        Array.Fill(least, 1);
        foreach (var subgroup in partitions.Subgroups.Where(one => one.Class == subgroupClass))
        {
            TensorPrimitives.Min(least, CosetPartitions.PartVar(centred, energies, subgroup, isRight: isLeft), least);
        }

        return least;
    }

    /// <summary>
    /// For every irrep a random function of length 1 in its isotypic part in each of the samples, [n, samples]; shared
    /// by all neurons.
    /// </summary>
    private static HostMatrix[] IsotypicNoise(IrrepTable irreps, Random random)
    {
        var n = irreps.Group.Order;
        return [.. irreps.Select(irrep =>
        {
            var noise = new HostMatrix(n, NullSamples);
            if (irrep.IsTrivial)
            {
                return noise;
            }

            var lengths = new double[NullSamples];
            foreach (var function in IsotypicBasis.Of(irrep))
            {
                double[] coefficients = [.. Enumerable.Range(0, NullSamples).Select(_ => NormalNumbers.Next(random))];
                TensorPrimitives.MultiplyAdd<double>(coefficients, coefficients, lengths, lengths);
                for (var g = 0; g < n; g++)
                {
                    var row = noise.Values.AsSpan(g * NullSamples, NullSamples);
                    TensorPrimitives.MultiplyAdd(coefficients, function[g], row, row);
                }
            }

            TensorPrimitives.Sqrt<double>(lengths, lengths);
            for (var g = 0; g < n; g++)
            {
                var row = noise.Values.AsSpan(g * NullSamples, NullSamples);
                TensorPrimitives.Divide<double>(row, lengths, row);
            }

            return noise;
        })];
    }

    private static HostMatrix RandomIsotypic(HostMatrix[] noise, double[] power)
    {
        var sum = new HostMatrix(noise[0].Rows, noise[0].Columns);
        var whole = power.Sum();
        for (var i = 0; i < noise.Length; i++)
        {
            if (power[i] >= NegligiblePower * whole)
            {
                TensorPrimitives.MultiplyAdd(noise[i].Values, Math.Sqrt(power[i]), sum.Values, sum.Values);
            }
        }

        return sum;
    }

    private static HostMatrix Noise(int rows, int columns, Random random) =>
        new(rows, columns, [.. Enumerable.Range(0, rows * columns).Select(_ => NormalNumbers.Next(random))]);

    private static double Quantile(double[] values) => values.Order().ElementAt((int)(NullQuantile * values.Length));

    /// <summary>Columns less their means, and their squared norms.</summary>
    internal static (HostMatrix Functions, double[] Energies) Centred(HostMatrix functions)
    {
        var (n, h) = (functions.Rows, functions.Columns);
        var mean = new double[h];
        for (var g = 0; g < n; g++)
        {
            TensorPrimitives.Add(mean, functions.Row(g), mean);
        }

        TensorPrimitives.Divide(mean, n, mean);
        var centred = new HostMatrix(n, h);
        var energies = new double[h];
        for (var g = 0; g < n; g++)
        {
            var row = centred.Values.AsSpan(g * h, h);
            TensorPrimitives.Subtract(functions.Row(g), mean, row);
            TensorPrimitives.MultiplyAdd<double>(row, row, energies, energies);
        }

        return (centred, energies);
    }

    private sealed record Finding(
        double Energy, int Class, double PartVar, double IsotypicNull, double RandomNull, double Alignment)
    {
        public bool IsConcentrated => PartVar < IsotypicNull - NullMargin;
    }

    private sealed record Side(Finding[] Findings, double InitialEnergy, double InitialAligned);
}
