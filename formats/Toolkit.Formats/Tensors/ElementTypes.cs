namespace Toolkit.Formats.Tensors;

/// <summary>Sizes and names of element types.</summary>
public static class ElementTypes
{
    /// <summary>
    /// Bits of one element in memory; 0 for <see cref="ElementType.Text"/> and <see cref="ElementType.Undefined"/>.
    /// </summary>
    /// <param name="type">The element type.</param>
    /// <returns>Bits, 2 to 128.</returns>
    public static int SizeBits(this ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 32,
        ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 or ElementType.Complex64 => 64,
        ElementType.Complex128 => 128,
        ElementType.Int16 or ElementType.UInt16 or ElementType.Float16 or ElementType.BFloat16 => 16,
        ElementType.UInt8 or ElementType.Int8 or ElementType.Boolean or ElementType.Float8E4M3FN
            or ElementType.Float8E4M3FNUZ or ElementType.Float8E5M2 or ElementType.Float8E5M2FNUZ
            or ElementType.Float8E8M0 => 8,
        ElementType.UInt4 or ElementType.Int4 or ElementType.Float4E2M1 => 4,
        ElementType.UInt2 or ElementType.Int2 => 2,
        _ => 0,
    };

    /// <summary>Bytes of <paramref name="count"/> packed elements, rounded up to whole bytes.</summary>
    /// <param name="type">The element type; not <see cref="ElementType.Text"/>.</param>
    /// <param name="count">How many elements, at least 0.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="OverflowException">The size does not fit 63 bits.</exception>
    public static long SizeBytes(this ElementType type, long count)
    {
        var bits = type.SizeBits();
        return bits >= 8 ? checked(count * (bits / 8)) : (checked(count * bits) + 7) / 8;
    }

    /// <summary>
    /// The name that tables and JSON show: lower case, as numpy and safetensors write it (<c>float32</c>,
    /// <c>bfloat16</c>).
    /// </summary>
    /// <param name="type">The element type.</param>
    /// <returns>The name.</returns>
    public static string DisplayName(this ElementType type) => type switch
    {
        ElementType.Text => "string",
        ElementType.Boolean => "bool",
        ElementType.Float8E4M3FN => "float8_e4m3fn",
        ElementType.Float8E4M3FNUZ => "float8_e4m3fnuz",
        ElementType.Float8E5M2 => "float8_e5m2",
        ElementType.Float8E5M2FNUZ => "float8_e5m2fnuz",
        ElementType.Float8E8M0 => "float8_e8m0",
        ElementType.Float4E2M1 => "float4_e2m1",
        _ => type.ToString().ToLowerInvariant(),
    };
}
