using System.Globalization;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Numpy;

/// <summary>numpy's type descriptions: byte order, kind, bytes; <c>&lt;f4</c>.</summary>
internal static class NumpyType
{
    public static bool TryParse(string description, out ElementType type, out bool isBigEndian, out string reason)
    {
        isBigEndian = description.StartsWith('>');
        var code = description.Length > 0
            && description[0] is '<' or '>' or '|' or '=' ? description[1..] : description;
        type = code switch
        {
            "f2" => ElementType.Float16,
            "f4" => ElementType.Float32,
            "f8" => ElementType.Float64,
            "i1" => ElementType.Int8,
            "i2" => ElementType.Int16,
            "i4" => ElementType.Int32,
            "i8" => ElementType.Int64,
            "u1" => ElementType.UInt8,
            "u2" => ElementType.UInt16,
            "u4" => ElementType.UInt32,
            "u8" => ElementType.UInt64,
            "b1" or "?" => ElementType.Boolean,
            "c8" => ElementType.Complex64,
            "c16" => ElementType.Complex128,

            // ml_dtypes registers its types with numpy under these.
            "bfloat16" => ElementType.BFloat16,
            "float8_e4m3fn" => ElementType.Float8E4M3FN,
            "float8_e5m2" => ElementType.Float8E5M2,
            _ => ElementType.Undefined,
        };
        isBigEndian &= type.SizeBits() > 8;
        reason = type != ElementType.Undefined ? string.Empty : Refuse(description, code);
        return type != ElementType.Undefined;
    }

    /// <summary>How numpy writes a type, or null where numpy has none.</summary>
    public static string? Describe(ElementType type) => type switch
    {
        ElementType.Float16 => "<f2",
        ElementType.Float32 => "<f4",
        ElementType.Float64 => "<f8",
        ElementType.Int8 => "|i1",
        ElementType.Int16 => "<i2",
        ElementType.Int32 => "<i4",
        ElementType.Int64 => "<i8",
        ElementType.UInt8 => "|u1",
        ElementType.UInt16 => "<u2",
        ElementType.UInt32 => "<u4",
        ElementType.UInt64 => "<u8",
        ElementType.Boolean => "|b1",
        ElementType.Complex64 => "<c8",
        ElementType.Complex128 => "<c16",
        _ => null,
    };

    private static string Refuse(string description, string code) =>
        code.Length == 0 ? "it has no element type." : code[0] switch
        {
            'O' => "its elements are pickled Python objects, which are never loaded; save numbers instead.",
            'U' or 'S' =>
                string.Create(CultureInfo.InvariantCulture, $"its elements are texts ({description}), not numbers."),
            'V' => $"its elements are raw bytes or records ({description}); for bfloat16 save the bits as uint16.",
            'M' or 'm' => $"its elements are times ({description}); save them as int64.",
            'f' => $"its elements are {description}, which depends on the machine that wrote it; save them as float64.",
            _ => $"its element type '{description}' is not known.",
        };
}
