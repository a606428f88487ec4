using Toolkit.Analysis.Cosets;
using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>
/// Neurons averaged over cosets: l over Hx, r over yK with K = g⁻¹Hg, u one number on C = Hg = gK and one outside.
/// Where such a neuron fires the product is not in C, and it lowers the logits of C.
/// </summary>
internal static class CosetIdeal
{
    public static IdealNetwork Of(CosetPartitions partitions, HostMatrix left, HostMatrix right, UnembedParts parts)
    {
        var group = partitions.Lattice.Group;
        var (n, m) = (group.Order, left.Columns);
        var bestLeft = Largest(partitions, left, isRight: true);
        var bestRight = Largest(partitions, right, isRight: false);
        var (idealLeft, idealRight, unembed) = (new HostMatrix(n, m), new HostMatrix(n, m), new HostMatrix(n, m));
        var sets = new List<bool[]>();
        var setOf = new Dictionary<string, int>(StringComparer.Ordinal);
        var slopes = new double[m];
        var memberOf = new int[m];
        Array.Fill(memberOf, -1);
        for (var i = 0; i < m; i++)
        {
            if (bestLeft[i] is not { } h
                || bestRight[i] is not { } k
                || Coset(partitions, h, k, parts.Rest, i) is not { } coset)
            {
                continue;
            }

            Average(left, idealLeft, i, h.Right);
            Average(right, idealRight, i, k.Left);
            var key = string.Join(',', coset.Select(one => one ? 1 : 0));
            if (!setOf.TryGetValue(key, out memberOf[i]))
            {
                setOf.Add(key, memberOf[i] = sets.Count);
                sets.Add(coset);
            }

            var (inside, outside) = Means(coset, parts.Rest, i);
            slopes[i] = inside - outside;
            for (var z = 0; z < n; z++)
            {
                unembed[z, i] = coset[z] ? inside : outside;
            }
        }

        var groups = memberOf.Select(set => set + 1).ToArray();
        return new(idealLeft, idealRight, unembed, groups, Margins(
            partitions, parts, idealLeft, idealRight, sets, memberOf, slopes),
            sets.Count == 0 ? "no neuron is constant on the cosets of conjugate subgroups on both sides" : null)
        {
            IsEmpty = sets.Count == 0,
            Operations = ((double)n * n * (sets.Count + m)) + (2.0 * partitions.Subgroups.Count * n * m),
        };
    }

    /// <summary>The largest subgroup on whose cosets each function is constant; null where there is none.</summary>
    private static CosetPartitions.Subgroup?[] Largest(CosetPartitions partitions, HostMatrix functions, bool isRight)
    {
        var (centred, energies) = CosetAnalysis.Centred(functions);
        var best = new CosetPartitions.Subgroup?[functions.Columns];
        var inside = new double[functions.Columns];
        foreach (var subgroup in partitions.Subgroups)
        {
            var partVar = CosetPartitions.PartVar(centred, energies, subgroup, isRight);
            for (var j = 0; j < best.Length; j++)
            {
                var order = best[j]?.Members.Length ?? 0;
                if (partVar[j] < CosetAnalysis.Constant && (subgroup.Members.Length > order
                    || (subgroup.Members.Length == order && partVar[j] < inside[j])))
                {
                    (best[j], inside[j]) = (subgroup, partVar[j]);
                }
            }
        }

        return best;
    }

    /// <summary>
    /// The coset Hg = gK that the neuron's unembedding lowers most; null where H and K are not conjugate.
    /// </summary>
    private static bool[]? Coset(
        CosetPartitions partitions,
        CosetPartitions.Subgroup h,
        CosetPartitions.Subgroup k,
        HostMatrix unembed,
        int neuron)
    {
        if (h.Class != k.Class)
        {
            return null;
        }

        var group = partitions.Lattice.Group;
        bool[]? best = null;
        var least = double.PositiveInfinity;
        var seen = new HashSet<int>();
        for (var g = 0; g < group.Order; g++)
        {
            if (!seen.Add(h.Right[g]))
            {
                continue;
            }

            bool[] coset = [.. h.Right.Select(label => label == h.Right[g])];
            if (k.Members.Any(member => !coset[group.Multiply(g, member)]))
            {
                continue;
            }

            var (inside, outside) = Means(coset, unembed, neuron);
            if (inside - outside < least)
            {
                (best, least) = (coset, inside - outside);
            }
        }

        return best;
    }

    private static (double Inside, double Outside) Means(bool[] coset, HostMatrix unembed, int neuron)
    {
        double inside = 0;
        double outside = 0;
        var count = 0;
        for (var z = 0; z < coset.Length; z++)
        {
            (inside, outside, count) = coset[z]
                ? (inside + unembed[z, neuron], outside, count + 1)
                : (inside, outside + unembed[z, neuron], count);
        }

        return (inside / count, outside / (coset.Length - count));
    }

    private static void Average(HostMatrix source, HostMatrix target, int column, ushort[] labels)
    {
        var sums = new double[labels.Max() + 1];
        for (var g = 0; g < labels.Length; g++)
        {
            sums[labels[g]] += source[g, column];
        }

        for (var g = 0; g < labels.Length; g++)
        {
            target[g, column] = sums[labels[g]] * sums.Length / labels.Length;
        }
    }

    /// <summary>
    /// With T_C(x, y) = Σ −slope·ReLU(l + r) over the neurons of C, logit z − logit z′ = Σ_C T_C·([z′ ∈ C] − [z ∈ C]):
    /// at least the smallest T_C over pairs whose product is not in C for every C that holds z′ alone, less the largest
    /// over pairs whose product is in C for every C that holds z alone.
    /// </summary>
    private static double[][] Margins(
        CosetPartitions partitions,
        UnembedParts parts,
        HostMatrix left,
        HostMatrix right,
        List<bool[]> sets,
        int[] memberOf,
        double[] slopes)
    {
        var group = partitions.Lattice.Group;
        var n = group.Order;
        var (outside, inside) = (new double[sets.Count], new double[sets.Count]);
        Array.Fill(outside, double.PositiveInfinity);
        Array.Fill(inside, double.NegativeInfinity);
        var gate = new Lock();
        Parallel.For(0, n, x =>
        {
            var (low, high) = ((double[])outside.Clone(), (double[])inside.Clone());
            var sums = new double[sets.Count];
            var row = group.Row(x);
            for (var y = 0; y < n; y++)
            {
                Array.Clear(sums);
                for (var i = 0; i < memberOf.Length; i++)
                {
                    if (memberOf[i] >= 0)
                    {
                        sums[memberOf[i]] -= slopes[i] * Math.Max(0, left[x, i] + right[y, i]);
                    }
                }

                for (var c = 0; c < sums.Length; c++)
                {
                    if (sets[c][row[y]])
                    {
                        high[c] = Math.Max(high[c], sums[c]);
                    }
                    else
                    {
                        low[c] = Math.Min(low[c], sums[c]);
                    }
                }
            }

            lock (gate)
            {
                for (var c = 0; c < low.Length; c++)
                {
                    (outside[c], inside[c]) = (Math.Min(outside[c], low[c]), Math.Max(inside[c], high[c]));
                }
            }
        });
        var margins = new double[n][];
        Parallel.For(0, n, z =>
        {
            margins[z] = new double[parts.Signs.Length];
            Array.Fill(margins[z], double.PositiveInfinity);
            for (var other = 0; other < n; other++)
            {
                if (other == z)
                {
                    continue;
                }

                double margin = 0;
                for (var c = 0; c < sets.Count; c++)
                {
                    margin += sets[c][other] == sets[c][z] ? 0 : sets[c][other] ? outside[c] : -inside[c];
                }

                ref var least = ref margins[z][parts.Class[group.Multiply(group.Inverse(z), other)]];
                least = Math.Min(least, margin);
            }
        });
        return margins;
    }
}
