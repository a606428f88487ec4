using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>What reading does to the bytes of elements, in place and bit for bit.</summary>
internal static class ElementBytes
{
    /// <summary>Turns the byte order of every number in place; complex numbers are two numbers.</summary>
    public static void ReverseEndianness(ElementType type, Span<byte> bytes)
    {
        var bits = type is ElementType.Complex64 ? 32 : type is ElementType.Complex128 ? 64 : type.SizeBits();
        switch (bits)
        {
            case 16:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 32:
                var ints = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 64:
                var longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    /// <summary>Says whether numbers of a type carry their sign in one bit, the highest.</summary>
    public static bool HasSigns(ElementType type) =>
        type is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64
            or ElementType.Complex64 or ElementType.Complex128;

    /// <summary>
    /// Turns the sign bits of little-endian numbers of a type of <see cref="HasSigns"/>; the first byte starts an
    /// element.
    /// </summary>
    public static void TurnSigns(ElementType type, TensorSigns signs, Span<byte> bytes)
    {
        var isComplex = type is ElementType.Complex64 or ElementType.Complex128;
        var step = type.SizeBits() / 8 / (isComplex ? 2 : 1);
        for (var at = step - 1; at < bytes.Length; at += step)
        {
            var isImaginary = isComplex && at / step % 2 == 1;
            bytes[at] ^= (isImaginary ? signs.Imaginary : signs.Real) ? (byte)0x80 : (byte)0;
        }
    }
}
