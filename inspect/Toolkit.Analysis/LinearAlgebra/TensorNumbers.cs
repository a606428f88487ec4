using System.Runtime.InteropServices;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Elements of tensors as binary64.</summary>
public static class TensorNumbers
{
    /// <summary>All elements as binary64, row-major. 64-bit integers beyond 2⁵³ are rounded.</summary>
    /// <param name="tensor">A tensor of floating-point numbers, integers or truth values of at least 8 bits.</param>
    /// <returns>A copy.</returns>
    /// <exception cref="BadInputException">The element type is text, complex or packed.</exception>
    public static double[] ToFloat64(HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.Type switch
        {
            ElementType.Float32 => Convert<float>(tensor, v => v),
            ElementType.Float64 => tensor.AsSpan<double>().ToArray(),
            ElementType.Float8E4M3FN or ElementType.Float8E4M3FNUZ
                or ElementType.Float8E5M2 or ElementType.Float8E5M2FNUZ or ElementType.Float8E8M0 =>
                Convert<byte>(tensor, v => SmallFloats.ToSingle(tensor.Type, v)),
            ElementType.Float16 => Convert<Half>(tensor, v => (double)v),
            ElementType.BFloat16 => Convert<ushort>(tensor, v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            ElementType.Int64 => Convert<long>(tensor, v => v),
            ElementType.Int32 => Convert<int>(tensor, v => v),
            ElementType.Int16 => Convert<short>(tensor, v => v),
            ElementType.Int8 => Convert<sbyte>(tensor, v => v),
            ElementType.UInt64 => Convert<ulong>(tensor, v => v),
            ElementType.UInt32 => Convert<uint>(tensor, v => v),
            ElementType.UInt16 => Convert<ushort>(tensor, v => v),
            ElementType.UInt8 or ElementType.Boolean => Convert<byte>(tensor, v => v),
            _ => throw new BadInputException(
                $"A tensor of {tensor.Type.DisplayName()} {tensor.Shape} is not made of numbers that an analysis "
                    + "can take "
                + "(floating-point numbers of 8 to 64 bits, integers of 8 to 64, truth values). Capture or convert "
                + "it as float32."),
        };
    }

    private static double[] Convert<T>(HostTensor tensor, Func<T, double> convert)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(tensor.Bytes.Span);
        var result = new double[source.Length];
        for (var index = 0; index < result.Length; index++)
        {
            result[index] = convert(source[index]);
        }

        return result;
    }
}
