using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Cosets;

/// <summary>
/// F_coset: the share of energy in neurons that are nearly functions of cosets of a subgroup of small index, or such
/// functions with a sign.
/// </summary>
/// <remarks>
/// J. Lee, "cosets versus irreps" (2026): α(u) is the largest ‖Qu‖²/‖u‖² over the subgroups H of index at most
/// <see cref="MaximumIndex"/>, both sides, and the averages Q over cosets, plain or twisted by a character H → ±1; a
/// neuron is aligned where α ≥ <see cref="Aligned"/>. The twisted average by the character with kernel K is Q_K − Q_H.
/// </remarks>
internal static class CosetAlignment
{
    public const int MaximumIndex = 12;

    public const double Aligned = 0.9;

    /// <summary>α of every column.</summary>
    public static double[] Measure(CosetPartitions partitions, HostMatrix centred, double[] energies)
    {
        var n = centred.Rows;
        var large = partitions.Subgroups.Where(one => one.Members.Length * 2 * MaximumIndex >= n).ToArray();
        var alpha = new double[centred.Columns];
        foreach (var isRight in (bool[])[true, false])
        {
            var between = large
                .Select(one => CosetPartitions.Between(centred, isRight ? one.Right : one.Left, one.Members.Length))
                .ToArray();
            for (var i = 0; i < large.Length; i++)
            {
                if (large[i].Members.Length * MaximumIndex < n)
                {
                    continue;
                }

                // The kernel of the sign of a subgroup of order 2 is trivial: every element is a coset of its own.
                var isPair = large[i].Members.Length == 2;
                var members = large[i].Members.ToHashSet();
                int[] kernels = [.. Enumerable.Range(0, large.Length).Where(
                    k => large[k].Members.Length * 2 == members.Count && members.IsSupersetOf(large[k].Members))];
                for (var j = 0; j < alpha.Length; j++)
                {
                    var most = kernels.Aggregate(
                        isPair ? Math.Max(between[i][j], energies[j] - between[i][j]) : between[i][j],
                        (most, k) => Math.Max(most, between[k][j] - between[i][j]));
                    alpha[j] = Math.Max(alpha[j], energies[j] == 0 ? 0 : most / energies[j]);
                }
            }
        }

        return alpha;
    }
}
