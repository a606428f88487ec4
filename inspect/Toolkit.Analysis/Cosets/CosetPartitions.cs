using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Cosets;

/// <summary>The cosets of every proper, non-trivial subgroup, two bytes for each element and side.</summary>
internal sealed class CosetPartitions
{
    public CosetPartitions(SubgroupLattice lattice)
    {
        Lattice = lattice;
        var n = lattice.Group.Order;
        Subgroups = [.. lattice.Classes.SelectMany((one, c) => one.Order == 1 || one.Order == n ? []
            : one.Conjugates.Select((members, k) => new Subgroup(
                c,
                k,
                members,
                Labels(lattice.Group, members, isRight: true),
                Labels(lattice.Group, members, isRight: false))))];
    }

    public SubgroupLattice Lattice { get; }

    public IReadOnlyList<Subgroup> Subgroups { get; }

    /// <summary>The share of variance within cosets, of every column: 1 − ‖Qf‖²/‖f‖².</summary>
    /// <param name="centred">[n, h], columns of mean 0.</param>
    /// <param name="energies">‖f‖² of every column.</param>
    /// <param name="subgroup">The subgroup.</param>
    /// <param name="isRight">True for cosets Hg, false for gH.</param>
    /// <returns>h shares in [0, 1]; 1 for a column of zeros.</returns>
    /// <remarks>O(n·h), a row of the matrix at a time.</remarks>
    public static double[] PartVar(HostMatrix centred, double[] energies, Subgroup subgroup, bool isRight)
    {
        var between = Between(centred, isRight ? subgroup.Right : subgroup.Left, subgroup.Members.Length);
        for (var j = 0; j < between.Length; j++)
        {
            between[j] = energies[j] == 0 ? 1 : Math.Clamp(1 - (between[j] / energies[j]), 0, 1);
        }

        return between;
    }

    /// <summary>‖Qf‖² of every column, for the average Q over parts of one size.</summary>
    internal static double[] Between(HostMatrix functions, ushort[] labels, int size)
    {
        var h = functions.Columns;
        var sums = new double[functions.Rows / size * h];
        for (var g = 0; g < labels.Length; g++)
        {
            var target = sums.AsSpan(labels[g] * h, h);
            TensorPrimitives.Add(target, functions.Row(g), target);
        }

        var between = new double[h];
        for (var part = 0; part < sums.Length; part += h)
        {
            ReadOnlySpan<double> sum = sums.AsSpan(part, h);
            TensorPrimitives.MultiplyAdd(sum, sum, between, between);
        }

        TensorPrimitives.Divide(between, size, between);
        return between;
    }

    /// <summary>The number of each element's coset, Hg or gH.</summary>
    internal static ushort[] Labels(FiniteGroup group, int[] subgroup, bool isRight)
    {
        var labels = new ushort[group.Order];
        Array.Fill(labels, ushort.MaxValue);
        ushort next = 0;
        for (var g = 0; g < group.Order; g++)
        {
            if (labels[g] == ushort.MaxValue)
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

    /// <summary>One subgroup.</summary>
    /// <param name="Class">The index of its conjugacy class in the lattice.</param>
    /// <param name="Conjugate">Its index within the class.</param>
    /// <param name="Members">Its elements, ascending.</param>
    /// <param name="Right">The number of each element's coset Hg.</param>
    /// <param name="Left">The number of each element's coset gH.</param>
    internal sealed record Subgroup(int Class, int Conjugate, int[] Members, ushort[] Right, ushort[] Left);
}
