using System.Runtime.Intrinsics;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Adds rows of pairs (x, y) to binary64 sums by left element, right element and product, a few columns at a time.
/// </summary>
/// <remarks>
/// The columns are cut into strips of <see cref="Strip"/>, so that the sums of 720 elements stay in the second cache (3
/// × 369 KB), and the strips are shared out among the cores. The order of every sum is that of the pairs, however many
/// cores there are.
/// </remarks>
internal static class PairSums
{
    private const int Strip = 64;

    /// <summary>Adds the rows.</summary>
    /// <param name="values">[left elements · n, width], row-major.</param>
    /// <param name="width">The columns.</param>
    /// <param name="first">The left element of the first row.</param>
    /// <param name="products">The product of each row's pair.</param>
    /// <param name="left">[n, width], or empty: no such sums.</param>
    /// <param name="right">[n, width], or empty together with <paramref name="left"/>.</param>
    /// <param name="product">[n, width].</param>
    /// <returns>Σ v² over all rows and columns.</returns>
    public static unsafe double Add(
        ReadOnlySpan<float> values,
        int width,
        int first,
        ReadOnlySpan<ushort> products,
        Span<double> left,
        Span<double> right,
        Span<double> product)
    {
        var (rows, n) = (products.Length, product.Length / width);
        var squares = new double[(width + Strip - 1) / Strip];
        fixed (float* source = values)
        fixed (ushort* at = products)
        fixed (double* toLeft = left, toRight = right, toProduct = product)
        {
            var (v, p, l, r, w) = ((nint)source, (nint)at, (nint)toLeft, (nint)toRight, (nint)toProduct);
            Parallel.For(0, squares.Length, strip =>
            {
                var start = strip * Strip;
                var count = Math.Min(Strip, width - start);
                double sum = 0;
                for (var row = 0; row < rows; row++)
                {
                    var line = (float*)v + ((long)row * width) + start;
                    var z = (double*)w + ((long)((ushort*)p)[row] * width) + start;
                    if (l == 0)
                    {
                        Add(line, count, z);
                        continue;
                    }

                    var (x, y) = Math.DivRem(row, n);
                    sum += Add(line, count, (double*)l + ((long)(first + x) * width) + start, (double*)r
                        + ((long)y * width) + start, z);
                }

                squares[strip] = sum;
            });
        }

        return squares.Sum();
    }

    private static unsafe void Add(float* values, int count, double* target)
    {
        var i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(values + i));
            (Vector256.Load(target + i) + low).Store(target + i);
            (Vector256.Load(target + i + 4) + high).Store(target + i + 4);
        }

        for (; i < count; i++)
        {
            target[i] += values[i];
        }
    }

    private static unsafe double Add(float* values, int count, double* left, double* right, double* product)
    {
        var (i, squares) = (0, Vector256<double>.Zero);
        for (; i <= count - Vector128<float>.Count; i += Vector128<float>.Count)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(values + i));
            var v = Vector256.Create(low, high);
            squares += v * v;
            (Vector256.Load(left + i) + v).Store(left + i);
            (Vector256.Load(right + i) + v).Store(right + i);
            (Vector256.Load(product + i) + v).Store(product + i);
        }

        var sum = Vector256.Sum(squares);
        for (; i < count; i++)
        {
            double value = values[i];
            sum += value * value;
            left[i] += value;
            right[i] += value;
            product[i] += value;
        }

        return sum;
    }
}
