using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Safetensors;

/// <summary>Element types by their safetensors names.</summary>
internal static class SafetensorsType
{
    private static readonly (string Name, ElementType Type)[] All =
    [
        ("F32", ElementType.Float32), ("F64", ElementType.Float64), ("F16", ElementType.Float16), (
            "BF16", ElementType.BFloat16),
        ("I8", ElementType.Int8), ("I16", ElementType.Int16), ("I32", ElementType.Int32), ("I64", ElementType.Int64),
        ("U8", ElementType.UInt8), ("U16", ElementType.UInt16), ("U32", ElementType.UInt32), (
            "U64", ElementType.UInt64),
        ("BOOL", ElementType.Boolean), ("C64", ElementType.Complex64),
        ("F8_E4M3", ElementType.Float8E4M3FN), ("F8_E5M2", ElementType.Float8E5M2), ("F8_E8M0", ElementType.Float8E8M0),
        ("F4", ElementType.Float4E2M1),
    ];

    /// <summary>The type of a name; Undefined where it is not known.</summary>
    public static ElementType Parse(string name) => Array.Find(All, pair => pair.Name == name).Type;

    /// <summary>The name of a type; null where safetensors has none.</summary>
    public static string? Describe(ElementType type) => Array.Find(All, pair => pair.Type == type).Name;
}
