using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Cosets;

/// <summary>
/// Which neurons are constant on the cosets of a subgroup: the share of a neuron's variance that lies within cosets, over all subgroups, with two nulls.
/// </summary>
/// <remarks>
/// D. Stander et al., "Grokking Group Multiplication with Cosets" (ICML 2024), with the normalisation of W. Wu et al. (ICLR 2025): part_var = 1 −
/// ‖Qf‖²/‖f‖² for the centred function f and the average Q over cosets, in [0, 1]. Functions of the left element are looked at on right cosets Hg, those of
/// the right element on left cosets gH. Reported: the largest proper, non-trivial subgroup with part_var under <see cref="Constant"/>, else the one with the least.
/// Nulls: random functions with the same power in every irrep (a low part_var may be a matter of the irrep alone), and independent normal numbers (a network
/// at random initialisation). A neuron is concentrated where it is below the <see cref="NullQuantile"/> quantile of the isotypic null of its own subgroup class.
/// </remarks>
public static class CosetAnalysis
{
    /// <summary>The share of variance within cosets under which a neuron counts as constant on them (Wu et al.).</summary>
    public const double Constant = 0.01;

    /// <summary>The quantile of the null that a concentrated neuron stays below.</summary>
    public const double NullQuantile = 0.05;

    private const int NullSamples = 40;

    /// <summary>Measures every neuron.</summary>
    /// <param name="lattice">The subgroups.</param>
    /// <param name="irreps">The irreps, for the isotypic null.</param>
    /// <param name="left">Each neuron's function of the left element, [n, h].</param>
    /// <param name="right">Each neuron's function of the right element, [n, h].</param>
    /// <param name="seed">Of the nulls.</param>
    /// <returns>The table "cosets", one row for each neuron.</returns>
    public static AnalysisOutput Measure(SubgroupLattice lattice, IrrepTable irreps, HostMatrix left, HostMatrix right, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(lattice);
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var group = lattice.Group;
        var cosets = lattice.Classes.Select(one => one.Order == 1 || one.Order == group.Order ? null
            : one.Conjugates.Select(subgroup => (Right: Labels(group, subgroup, isRight: true), Left: Labels(group, subgroup, isRight: false))).ToArray()).ToArray();
        var spans = irreps.Select(RepresentationSpan.Of).ToArray();
        var sides = new (string Name, HostMatrix Functions, bool OnRight)[] { ("left", left, true), ("right", right, false) };
        var rows = sides.SelectMany(side => Enumerable.Range(0, side.Functions.Columns).Select(neuron => (side, neuron))).ToArray();
        var found = new Finding[rows.Length];
        Parallel.For(0, rows.Length, i =>
        {
            var (side, neuron) = rows[i];
            double[] function = [.. Enumerable.Range(0, group.Order).Select(g => side.Functions[g, neuron])];
            found[i] = Neuron(group, lattice, cosets, spans, function, side.OnRight, new Random((seed * 1_000_003) + i));
        });
        var table = new Table(
            TableColumn.Create("side", [.. rows.Select(row => row.side.Name)]),
            TableColumn.Create("neuron", rows.Select(row => row.neuron).ToArray()),
            TableColumn.Create("energy", found.Select(one => one.Energy).ToArray()),
            TableColumn.Create("subgroup_class", found.Select(one => one.Class).ToArray()),
            TableColumn.Create("subgroup_order", found.Select(one => one.Order).ToArray()),
            TableColumn.Create("part_var", found.Select(one => one.PartVar).ToArray()),
            TableColumn.Create("is_constant", found.Select(one => one.PartVar < Constant).ToArray()),
            TableColumn.Create("isotypic_null", found.Select(one => one.IsotypicNull).ToArray()),
            TableColumn.Create("random_null", found.Select(one => one.RandomNull).ToArray()),
            TableColumn.Create("is_concentrated", found.Select(one => one.PartVar < one.IsotypicNull).ToArray()));
        var energy = found.Sum(one => one.Energy);
        return new("cosets", table, new
        {
            Method = "variance within cosets over all subgroups (Stander et al., ICML 2024; normalised as Wu et al., ICLR 2025)",
            SubgroupClasses = lattice.Classes.Count,
            Subgroups = lattice.SubgroupCount,
            NullQuantile,
            EnergyShareConstant = energy == 0 ? 0 : found.Where(one => one.PartVar < Constant).Sum(one => one.Energy) / energy,
            EnergyShareConcentrated = energy == 0 ? 0 : found.Where(one => one.PartVar < one.IsotypicNull).Sum(one => one.Energy) / energy,
        });
    }

    /// <summary>The share of a centred function's variance within the parts of a partition.</summary>
    internal static double PartVar(ReadOnlySpan<double> centred, int[] labels, int parts)
    {
        var sums = new double[parts];
        double total = 0;
        for (var g = 0; g < centred.Length; g++)
        {
            sums[labels[g]] += centred[g];
            total += centred[g] * centred[g];
        }

        double between = 0;
        foreach (var sum in sums)
        {
            between += sum * sum * parts / centred.Length;
        }

        return total == 0 ? 1 : Math.Clamp(1 - (between / total), 0, 1);
    }

    /// <summary>The number of each element's coset, Hg or gH.</summary>
    internal static int[] Labels(FiniteGroup group, int[] subgroup, bool isRight)
    {
        var labels = new int[group.Order];
        Array.Fill(labels, -1);
        var next = 0;
        for (var g = 0; g < group.Order; g++)
        {
            if (labels[g] < 0)
            {
                foreach (var h in subgroup)
                {
                    labels[isRight ? group.Multiply(h, g) : group.Multiply(g, h)] = next;
                }

                next++;
            }
        }

        return labels;
    }

    private static Finding Neuron(
        FiniteGroup group,
        SubgroupLattice lattice,
        (int[] Right, int[] Left)[]?[] cosets,
        RepresentationSpan[] spans,
        double[] function,
        bool onRight,
        Random random)
    {
        var energy = function.Sum(value => value * value);
        var centred = Centre(function);
        var best = (Class: -1, PartVar: double.PositiveInfinity);
        var least = Enumerable.Range(0, cosets.Length).Where(c => cosets[c] is not null).Select(c => (Class: c, PartVar: Least(group, lattice, cosets, c, centred, onRight))).ToArray();
        foreach (var one in least.Where(one => one.PartVar < Constant).OrderByDescending(one => lattice.Classes[one.Class].Order).Concat(least.OrderBy(one => one.PartVar)).Take(1))
        {
            best = one;
        }

        if (best.Class < 0)
        {
            return new(energy, -1, 0, double.NaN, double.NaN, double.NaN);
        }

        var power = GroupPower.Of(group, spans, centred);
        var isotypic = Quantile(() => Least(group, lattice, cosets, best.Class, RandomIsotypic(group, spans, power, random), onRight));
        var anything = Quantile(() => Least(group, lattice, cosets, best.Class, Centre([.. Enumerable.Range(0, group.Order).Select(_ => Normal(random))]), onRight));
        return new(energy, best.Class, lattice.Classes[best.Class].Order, best.PartVar, isotypic, anything);
    }

    private static double Least(
        FiniteGroup group, SubgroupLattice lattice, (int[] Right, int[] Left)[]?[] cosets, int subgroupClass, double[] centred, bool onRight)
    {
        var parts = group.Order / lattice.Classes[subgroupClass].Order;
        return cosets[subgroupClass]!.Min(one => PartVar(centred, onRight ? one.Right : one.Left, parts));
    }

    /// <summary>A random function with a given power in each irrep: normal numbers projected and rescaled.</summary>
    private static double[] RandomIsotypic(FiniteGroup group, RepresentationSpan[] spans, double[] power, Random random)
    {
        var n = group.Order;
        double[] noise = [.. Enumerable.Range(0, n).Select(_ => Normal(random))];
        var whole = power.Sum();
        var result = new double[n];
        for (var i = 0; i < spans.Length; i++)
        {
            if (power[i] < 1e-4 * whole)
            {
                continue;
            }

            var part = new double[n];
            for (var g = 0; g < n; g++)
            {
                var row = group.Row(group.Inverse(g));
                for (var h = 0; h < n; h++)
                {
                    part[g] += spans[i].Characters[row[h]] * noise[h];
                }
            }

            var length = Math.Sqrt(part.Sum(value => value * value));
            for (var g = 0; g < n && length > 0; g++)
            {
                result[g] += part[g] * Math.Sqrt(power[i]) / length;
            }
        }

        return Centre(result);
    }

    private static double Quantile(Func<double> sample)
    {
        var values = Enumerable.Range(0, NullSamples).Select(_ => sample()).Order().ToArray();
        return values[(int)(NullQuantile * NullSamples)];
    }

    private static double[] Centre(double[] function)
    {
        var mean = function.Average();
        return [.. function.Select(value => value - mean)];
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private sealed record Finding(double Energy, int Class, int Order, double PartVar, double IsotypicNull, double RandomNull);
}
