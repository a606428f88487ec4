using System.Numerics.Tensors;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// ‖T_ρ‖ over all n³ entries of χ_ρ(xyz⁻¹) as published: in float32, added in the order in which PyTorch adds on a GPU.
/// </summary>
/// <remarks>
/// A norm one unit of float32 away moves a cosine near zero by up to 1.6e-8, over the tolerance. The order is that of
/// PyTorch's <c>aten/src/ATen/native/cuda/Reduce.cuh</c> for one contiguous sum: each thread adds every L-th group of
/// four values (the last n³ mod 4 go to the first threads), the four partial sums follow, then blocks of 512 threads,
/// halved down to 32 and added pairwise there, then the sums of the blocks in the same way. For the published groups it
/// is the same on any GPU with 56 multiprocessors or more. Of C118 (seed 2) it explains every cosine to 3e-10.
/// </remarks>
internal static class PublishedNorm
{
    /// <summary>
    /// Additions for all irreps together, n³ for each: S6 takes 4.1·10⁹ for its eleven, C700 would take 10¹¹.
    /// </summary>
    private const double MostAdditions = 5e9;

    private const int Vector = 4;
    private const int Threads = 512;
    private const int Warp = 32;

    /// <summary>108 multiprocessors of four blocks each.</summary>
    private const long Blocks = 432;

    /// <summary>
    /// The norms in float32; where they take more than <see cref="MostAdditions"/> those of float64, rounded.
    /// </summary>
    /// <param name="group">The group, of order n.</param>
    /// <param name="characters">For each irrep [n]: χ_ρ of each element.</param>
    public static float[] Of(FiniteGroup group, IReadOnlyList<IReadOnlyList<double>> characters)
    {
        var isShort = Math.Pow(group.Order, 3) * characters.Count <= MostAdditions;
        return [.. characters.AsParallel().AsOrdered().Select(row =>
        {
            float[] squares = [.. row.Select(static chi => (float)chi * (float)chi)];
            return isShort ? MathF.Sqrt(Sum(group, squares))
                : (float)(group.Order * Math.Sqrt(squares.Sum(static square => (double)square)));
        })];
    }

    /// <summary>Σ over x, y, z of a value of xyz⁻¹.</summary>
    private static float Sum(FiniteGroup group, float[] values)
    {
        var n = group.Order;
        var perThread = CeilingDivide((long)n * n * n, Threads);
        var blocks = perThread < 256
            ? 1
            : (int)Math.Max(Math.Min(Blocks, CeilingDivide(perThread, 16)), CeilingDivide(perThread, 256));
        var rows = new float[n][];
        for (var w = 0; w < n; w++)
        {
            var products = group.Row(w);
            rows[w] = new float[n];
            for (var z = 0; z < n; z++)
            {
                rows[w][z] = values[products[group.Inverse(z)]];
            }
        }

        var partial = new float[blocks * Threads * Vector];
        var position = 0;
        var left = (long)n * n * n / Vector * Vector;
        for (var x = 0; x < n; x++)
        {
            foreach (var product in group.Row(x))
            {
                var whole = (int)Math.Min(n, left);
                left -= whole;
                for (var rest = rows[product].AsSpan(0, whole); rest.Length > 0;)
                {
                    var target = partial.AsSpan(position);
                    var count = Math.Min(rest.Length, target.Length);
                    TensorPrimitives.Add(target[..count], rest[..count], target[..count]);
                    rest = rest[count..];
                    position = (position + count) % partial.Length;
                }

                for (var i = whole; i < n; i++)
                {
                    partial[(i - whole) * Vector] += rows[product][i];
                }
            }
        }

        var threads = partial.Chunk(Vector).Select(static sums => sums[0] + sums[1] + sums[2] + sums[3]);
        var ofBlocks = threads.Chunk(Threads).Select(Reduce).ToArray();
        var last = new float[Threads];
        for (var block = 0; block < blocks; block++)
        {
            last[block % Threads] += ofBlocks[block];
        }

        return blocks == 1 ? ofBlocks[0] : Reduce(last);
    }

    /// <summary>The sum of a block: halves added while more than a warp is left, then neighbours.</summary>
    private static float Reduce(float[] sums)
    {
        var count = sums.Length;
        for (; count > Warp; count /= 2)
        {
            var first = sums.AsSpan(0, count / 2);
            TensorPrimitives.Add(first, sums.AsSpan(first.Length, first.Length), first);
        }

        for (; count > 1; count /= 2)
        {
            for (var i = 0; i < count / 2; i++)
            {
                sums[i] = sums[2 * i] + sums[(2 * i) + 1];
            }
        }

        return sums[0];
    }

    private static long CeilingDivide(long dividend, int divisor) => (dividend + divisor - 1) / divisor;
}
