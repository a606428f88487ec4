using System.Numerics;
using System.Runtime.InteropServices;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Comparison;

/// <summary>Sums up how two lots of elements differ.</summary>
internal sealed class ErrorSums
{
    /// <summary>Elements compared.</summary>
    public long Count { get; private set; }

    /// <summary>Elements that differ at all; NaN equals NaN.</summary>
    public long Different { get; private set; }

    /// <summary>
    /// The largest absolute difference; +∞ where one side is not finite and the other is something else.
    /// </summary>
    public double Largest { get; private set; }

    /// <summary>The sum of squared differences.</summary>
    public double SquaredError { get; private set; }

    /// <summary>The sum of squares of the finite elements of the first side.</summary>
    public double SquaredReference { get; private set; }

    /// <summary>The norm of the difference by the norm of the first side.</summary>
    public double RelativeError => SquaredError == 0 ? 0
        : SquaredReference == 0 ? double.PositiveInfinity
        : Math.Sqrt(SquaredError / SquaredReference);

    /// <summary>Adds elements of a stored type.</summary>
    /// <param name="type">float32, float64, int64, uint64, or one byte per element.</param>
    /// <param name="a">The first side, little-endian.</param>
    /// <param name="b">The other side, as many bytes.</param>
    public void Add(ElementType type, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        switch (type)
        {
            case ElementType.Float32:
                Add<float>(a, b);
                break;
            case ElementType.Float64:
                Add<double>(a, b);
                break;
            case ElementType.Int64:
                Add<long>(a, b);
                break;
            case ElementType.UInt64:
                Add<ulong>(a, b);
                break;
            default:
                Add<byte>(a, b);
                break;
        }
    }

    /// <summary>Adds texts: one that differs makes every error infinite.</summary>
    /// <param name="a">The first side.</param>
    /// <param name="b">The other side.</param>
    public void Add(string[] a, string[] b)
    {
        Count += a.Length;
        var different = a.Where((text, i) => i >= b.Length || text != b[i]).Count();
        Different += different;
        if (different > 0)
        {
            AddIncomparable();
        }
    }

    /// <summary>Adds a pair that has no difference in numbers, such as two shapes.</summary>
    public void AddIncomparable() => Largest = SquaredError = double.PositiveInfinity;

    private void Add<T>(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
        where T : unmanaged, INumber<T>
    {
        var a = MemoryMarshal.Cast<byte, T>(left);
        var b = MemoryMarshal.Cast<byte, T>(right);
        var (error, reference, largest, different) = (0.0, 0.0, 0.0, 0L);
        for (var i = 0; i < a.Length; i++)
        {
            var (x, y) = (double.CreateSaturating(a[i]), double.CreateSaturating(b[i]));
            if (x.Equals(y) || x == y)
            {
                reference += double.IsFinite(x) ? x * x : 0;
                continue;
            }

            different++;
            if (!double.IsFinite(x) || !double.IsFinite(y))
            {
                largest = error = double.PositiveInfinity;
                continue;
            }

            reference += x * x;
            error += (x - y) * (x - y);
            largest = Math.Max(largest, Math.Abs(x - y));
        }

        Count += a.Length;
        Different += different;
        Largest = Math.Max(Largest, largest);
        SquaredError += error;
        SquaredReference += reference;
    }
}
