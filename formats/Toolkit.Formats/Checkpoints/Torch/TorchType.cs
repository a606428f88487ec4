using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>torch's element types by the names that its files use.</summary>
internal static class TorchType
{
    /// <summary>
    /// The element type of a storage class, such as <c>FloatStorage</c>; Undefined for UntypedStorage and unknown ones.
    /// </summary>
    public static ElementType OfStorage(string className) => className switch
    {
        "FloatStorage" => ElementType.Float32,
        "DoubleStorage" => ElementType.Float64,
        "HalfStorage" => ElementType.Float16,
        "BFloat16Storage" => ElementType.BFloat16,
        "ByteStorage" or "QUInt8Storage" or "UntypedStorage" or "_UntypedStorage" => ElementType.UInt8,
        "CharStorage" or "QInt8Storage" => ElementType.Int8,
        "ShortStorage" => ElementType.Int16,
        "IntStorage" or "QInt32Storage" => ElementType.Int32,
        "LongStorage" => ElementType.Int64,
        "BoolStorage" => ElementType.Boolean,
        "ComplexFloatStorage" => ElementType.Complex64,
        "ComplexDoubleStorage" => ElementType.Complex128,
        _ => ElementType.Undefined,
    };

    /// <summary>The element type of a dtype, such as <c>bfloat16</c>; Undefined where there is none here.</summary>
    public static ElementType OfDtype(string name) => name switch
    {
        "float32" or "float" => ElementType.Float32,
        "float64" or "double" => ElementType.Float64,
        "float16" or "half" => ElementType.Float16,
        "bfloat16" => ElementType.BFloat16,
        "uint8" or "quint8" => ElementType.UInt8,
        "int8" or "qint8" => ElementType.Int8,
        "int16" or "short" => ElementType.Int16,
        "int32" or "int" or "qint32" => ElementType.Int32,
        "int64" or "long" => ElementType.Int64,
        "uint16" => ElementType.UInt16,
        "uint32" => ElementType.UInt32,
        "uint64" => ElementType.UInt64,
        "bool" => ElementType.Boolean,
        "complex64" or "cfloat" => ElementType.Complex64,
        "complex128" or "cdouble" => ElementType.Complex128,
        "float8_e4m3fn" => ElementType.Float8E4M3FN,
        "float8_e4m3fnuz" => ElementType.Float8E4M3FNUZ,
        "float8_e5m2" => ElementType.Float8E5M2,
        "float8_e5m2fnuz" => ElementType.Float8E5M2FNUZ,
        "float8_e8m0fnu" => ElementType.Float8E8M0,
        _ => ElementType.Undefined,
    };
}
