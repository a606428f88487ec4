using System.Runtime.InteropServices;

namespace Toolkit.Formats.Tensors;

/// <summary>
/// Floating-point numbers of 4 to 16 bits as binary32, which holds each of them exactly; NaN keeps its sign and its
/// payload.
/// </summary>
/// <remarks>
/// Sources: IEEE 754 (float16); the OCP 8-bit and microscaling formats (E4M3FN, E5M2, E8M0, E2M1); the FNUZ forms of
/// ONNX's operator documentation (B. Noune et al., arXiv 2206.02915), which have no infinity, no negative zero, and one
/// NaN, 0x80.
/// </remarks>
public static class SmallFloats
{
    /// <summary>Says whether a type is one of these.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>True or false.</returns>
    public static bool Has(ElementType type) =>
        type is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float8E4M3FN or ElementType.Float8E4M3FNUZ
            or ElementType.Float8E5M2 or ElementType.Float8E5M2FNUZ or ElementType.Float8E8M0 or ElementType.Float4E2M1;

    /// <summary>The number that some bits stand for.</summary>
    /// <param name="type">A type of <see cref="Has"/>.</param>
    /// <param name="bits">The element, in the lowest bits.</param>
    /// <returns>The number.</returns>
    public static float ToSingle(ElementType type, int bits) => type switch
    {
        ElementType.Float16 => Decode(bits, exponentBits: 5, mantissaBits: 10, bias: 15, isIeee: true),
        ElementType.BFloat16 => BitConverter.Int32BitsToSingle(bits << 16),
        ElementType.Float8E5M2 => Decode(bits, exponentBits: 5, mantissaBits: 2, bias: 15, isIeee: true),
        ElementType.Float8E4M3FN when (bits & 0x7f) == 0x7f =>
            BitConverter.Int32BitsToSingle((bits << 24 & int.MinValue) | 0x7fc00000),
        ElementType.Float8E4M3FN => Decode(bits, exponentBits: 4, mantissaBits: 3, bias: 7, isIeee: false),
        ElementType.Float8E4M3FNUZ or ElementType.Float8E5M2FNUZ when bits == 0x80 => float.NaN,
        ElementType.Float8E4M3FNUZ => Decode(bits, exponentBits: 4, mantissaBits: 3, bias: 8, isIeee: false),
        ElementType.Float8E5M2FNUZ => Decode(bits, exponentBits: 5, mantissaBits: 2, bias: 16, isIeee: false),
        ElementType.Float8E8M0 => bits == 0xff ? float.NaN : MathF.ScaleB(1, bits - 127),
        ElementType.Float4E2M1 => Decode(bits, exponentBits: 2, mantissaBits: 1, bias: 1, isIeee: false),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A floating-point type of 4 to 16 bits."),
    };

    /// <summary>Says whether <see cref="Widen"/> makes float32 of a type.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>True for float16 and bfloat16.</returns>
    public static bool Widens(ElementType type) => type is ElementType.Float16 or ElementType.BFloat16;

    /// <summary>A tensor of float16 or bfloat16 as float32; any other as it is.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <returns>The same numbers.</returns>
    public static HostTensor Widen(HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!Widens(tensor.Type))
        {
            return tensor;
        }

        var elements = tensor.AsSpan<ushort>();
        var bytes = new byte[elements.Length * sizeof(float)];
        var numbers = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        for (var i = 0; i < elements.Length; i++)
        {
            numbers[i] = ToSingle(tensor.Type, elements[i]);
        }

        return new HostTensor(ElementType.Float32, tensor.Shape, bytes);
    }

    /// <summary>
    /// (−1)^sign · 2^(exponent − bias) · 1.mantissa, with 0.mantissa at exponent 0; an IEEE format's largest exponent
    /// is infinity and NaN.
    /// </summary>
    private static float Decode(int bits, int exponentBits, int mantissaBits, int bias, bool isIeee)
    {
        var mantissa = bits & ((1 << mantissaBits) - 1);
        var exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
        var sign = (bits >> (mantissaBits + exponentBits)) & 1;
        if (isIeee && exponent == (1 << exponentBits) - 1)
        {
            return BitConverter.Int32BitsToSingle((sign << 31) | 0x7f800000 | (mantissa << (23 - mantissaBits)));
        }

        var magnitude = exponent == 0
            ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
            : MathF.ScaleB(mantissa | (1 << mantissaBits), exponent - bias - mantissaBits);
        return sign == 1 ? -magnitude : magnitude;
    }
}
