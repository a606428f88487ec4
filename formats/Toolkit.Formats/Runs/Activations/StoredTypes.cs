using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>Which element type is stored as what.</summary>
public static class StoredTypes
{
    /// <summary>The type in which values of an element type are stored.</summary>
    /// <param name="type">The element type of the graph's value.</param>
    /// <returns>The stored type; null where values of this type cannot be stored (complex numbers).</returns>
    public static StoredType? Of(ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float8E4M3FN
            or ElementType.Float8E4M3FNUZ or ElementType.Float8E5M2 or ElementType.Float8E5M2FNUZ
            or ElementType.Float8E8M0 or ElementType.Float4E2M1 => StoredType.Float32,
        ElementType.Float64 => StoredType.Float64,
        ElementType.Int64
            or ElementType.Int32 or ElementType.Int16 or ElementType.Int8 or ElementType.Int4 or ElementType.Int2
                or ElementType.UInt32
                or ElementType.UInt16 or ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2
            => StoredType.Int64,
        ElementType.UInt64 => StoredType.UInt64,
        ElementType.Boolean => StoredType.Boolean,
        ElementType.Text => StoredType.Text,
        _ => null,
    };

    /// <summary>The element type of stored values read back.</summary>
    /// <param name="type">The stored type.</param>
    /// <returns>The element type.</returns>
    public static ElementType Element(this StoredType type) => type switch
    {
        StoredType.Float32 => ElementType.Float32,
        StoredType.Float64 => ElementType.Float64,
        StoredType.Int64 => ElementType.Int64,
        StoredType.UInt64 => ElementType.UInt64,
        StoredType.Boolean => ElementType.Boolean,
        _ => ElementType.Text,
    };

    /// <summary>Bytes of one stored value in memory: 4, 8 or, for truth values, 1; 0 for text.</summary>
    /// <param name="type">The stored type.</param>
    /// <returns>Bytes.</returns>
    public static int SizeBytes(this StoredType type) => type.Element().SizeBits() / 8;

    /// <summary>The physical type of a Parquet column of stored values.</summary>
    /// <param name="type">The stored type.</param>
    internal static ParquetType Physical(this StoredType type) => type switch
    {
        StoredType.Float32 => ParquetType.Float,
        StoredType.Float64 => ParquetType.Double,
        StoredType.Int64 or StoredType.UInt64 => ParquetType.Int64,
        StoredType.Boolean => ParquetType.Boolean,
        _ => ParquetType.ByteArray,
    };

    /// <summary>The stored type of a name in the table of tensors.</summary>
    /// <param name="name">What <see cref="TensorEntry.StoredType"/> says.</param>
    internal static StoredType Named(string? name) =>
        Enum.GetValues<StoredType>().First(type => type.Element().DisplayName() == name);
}
