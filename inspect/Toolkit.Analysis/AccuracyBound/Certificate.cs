using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Representations;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>The pairs whose answer is proved right by comparison with an idealised network.</summary>
/// <remarks>
/// <para>
/// For a pair with product c, and with h the real activations, h′ the ideal ones, u and u′ the unembeddings (without
/// their one-dimensional parts), every logit of the two differs by at most err = Σ over groups of neurons of ‖u‖·‖h −
/// h′‖ + ‖u − u′‖·‖h′‖, where ‖u‖ is the largest norm over the labels (Cauchy and Schwarz). So logit c − logit z is at
/// least (logit c − ideal logit c) + (ideal margin) − err. The parts of u along the characters χ of one-dimensional
/// irreps are taken exactly: they add t_χ(χ(c) − χ(z)) with t_χ = Σ h·⟨u, χ⟩/n.
/// </para>
/// <para>
/// Rounding: the activations are those that the runtime computed, so only its last product is float32. Whatever its
/// order of summation, each logit is off by at most γ·‖h‖·‖u‖, γ = (m + 1)·2⁻²⁴·(1 + 2⁻¹⁰); twice that is subtracted,
/// and <see cref="DoubleSlack"/> of all magnitudes for this computation's own rounding. O(n²·m).
/// </para>
/// </remarks>
internal static class Certificate
{
    /// <summary>Ours: sums of at most a few thousand binary64 products, with a margin of 1,000.</summary>
    internal const double DoubleSlack = 1e-9;

    /// <summary>Counts them.</summary>
    /// <returns>The number of pairs proved right.</returns>
    public static long Count(
        FiniteGroup group,
        HostMatrix unembed,
        UnembedParts parts,
        GroupNetworkMoments moments,
        IdealNetwork ideal,
        CancellationToken cancellation)
    {
        var (n, m, wide) = (group.Order, moments.HiddenWidth, ideal.Left.Columns);
        var count = ideal.Groups.Max() + 1;
        var (norms, differences) = (
            Norms(parts.Rest, ideal, difference: false, count), Norms(parts.Rest, ideal, difference: true, count));
        var (whole, idealWhole) = (LargestColumn(unembed.Transpose()), LargestColumn(ideal.Unembed));
        var gamma = Gamma(m);
        var largestMargin =
            ideal.Margins.SelectMany(row => row).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        long certified = 0;
        Parallel.For(0, n, new ParallelOptions { CancellationToken = cancellation }, x =>
        {
            using var block = moments.Readout.narrow(0, (long)x * n, n);
            var rows = MemoryMarshal.Cast<byte, float>(block.bytes);
            var (h, simple, away, near) = (new double[wide], new double[wide], new double[count], new double[count]);
            var exact = new double[parts.Along.Length];
            long right = 0;
            for (var y = 0; y < n; y++)
            {
                var label = group.Multiply(x, y);
                TensorPrimitives.ConvertTruncating(rows.Slice(y * m, m), h.AsSpan(0, m));
                TensorPrimitives.Add(ideal.Left.Row(x), ideal.Right.Row(y), simple);
                TensorPrimitives.Max(simple, 0, simple);
                Array.Clear(away);
                Array.Clear(near);
                for (var i = 0; i < wide; i++)
                {
                    var (difference, at) = (h[i] - simple[i], ideal.Groups[i]);
                    away[at] += difference * difference;
                    near[at] += simple[i] * simple[i];
                }

                double error = 0;
                for (var g = 0; g < count; g++)
                {
                    error += (norms[g] * Math.Sqrt(away[g])) + (differences[g] * Math.Sqrt(near[g]));
                }

                ReadOnlySpan<double> real = h.AsSpan(0, m);
                for (var k = 0; k < exact.Length; k++)
                {
                    exact[k] = TensorPrimitives.Dot(real, parts.Along[k]) * parts.Characters[k][label];
                }

                var margin = double.PositiveInfinity;
                for (var kappa = 0; kappa < parts.Signs.Length; kappa++)
                {
                    var sum = ideal.Margins[label][kappa];
                    for (var k = 0; k < exact.Length; k++)
                    {
                        sum += exact[k] * (1 - parts.Signs[kappa][k]);
                    }

                    margin = Math.Min(margin, sum);
                }

                var correct = TensorPrimitives.Dot(real, parts.Rest.Row(label))
                    - TensorPrimitives.Dot<double>(simple, ideal.Unembed.Row(label));
                var magnitude = TensorPrimitives.Norm(real) * whole;
                var slack = (2 * gamma * magnitude) + (DoubleSlack
                    * (magnitude + (TensorPrimitives.Norm<double>(simple) * idealWhole) + largestMargin));
                right += margin + correct - error - slack > 0 ? 1 : 0;
            }

            Interlocked.Add(ref certified, right);
            GC.KeepAlive(block);
        });
        return certified;
    }

    /// <summary>The largest norm over the labels of every group's part of u, or of u − u′.</summary>
    private static double[] Norms(HostMatrix rest, IdealNetwork ideal, bool difference, int count)
    {
        var norms = new double[count];
        for (var z = 0; z < rest.Rows; z++)
        {
            var squares = new double[count];
            for (var i = 0; i < ideal.Groups.Length; i++)
            {
                var value = (i < rest.Columns ? rest[z, i] : 0) - (difference ? ideal.Unembed[z, i] : 0);
                squares[ideal.Groups[i]] += value * value;
            }

            for (var g = 0; g < count; g++)
            {
                norms[g] = Math.Max(norms[g], Math.Sqrt(squares[g]));
            }
        }

        return norms;
    }

    /// <summary>
    /// γ: by what share of ‖h‖·‖u‖ a float32 sum of so many products is off at most, whatever its order.
    /// </summary>
    internal static double Gamma(int neurons) => (neurons + 1) * Math.ScaleB(1, -24) * (1 + Math.ScaleB(1, -10));

    /// <summary>The largest norm over the labels.</summary>
    internal static double LargestColumn(HostMatrix byLabel) =>
        Enumerable.Range(0, byLabel.Rows).Max(z => TensorPrimitives.Norm(byLabel.Row(z)));
}
