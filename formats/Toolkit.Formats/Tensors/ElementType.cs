namespace Toolkit.Formats.Tensors;

/// <summary>The type of one element of a tensor. The numbers are those of ONNX's <c>TensorProto.DataType</c>.</summary>
public enum ElementType
{
    /// <summary>Not known.</summary>
    Undefined = 0,

    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 1,

    /// <summary>8-bit unsigned integer.</summary>
    UInt8 = 2,

    /// <summary>8-bit signed integer.</summary>
    Int8 = 3,

    /// <summary>16-bit unsigned integer.</summary>
    UInt16 = 4,

    /// <summary>16-bit signed integer.</summary>
    Int16 = 5,

    /// <summary>32-bit signed integer.</summary>
    Int32 = 6,

    /// <summary>64-bit signed integer.</summary>
    Int64 = 7,

    /// <summary>UTF-8 text; no fixed size.</summary>
    Text = 8,

    /// <summary>One byte, 0 or 1.</summary>
    Boolean = 9,

    /// <summary>IEEE 754 binary16.</summary>
    Float16 = 10,

    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 11,

    /// <summary>32-bit unsigned integer.</summary>
    UInt32 = 12,

    /// <summary>64-bit unsigned integer.</summary>
    UInt64 = 13,

    /// <summary>Two binary32: real, imaginary.</summary>
    Complex64 = 14,

    /// <summary>Two binary64: real, imaginary.</summary>
    Complex128 = 15,

    /// <summary>The upper half of binary32.</summary>
    BFloat16 = 16,

    /// <summary>8-bit float, 4 exponent bits, finite, one NaN.</summary>
    Float8E4M3FN = 17,

    /// <summary>8-bit float, 4 exponent bits, no negative zero.</summary>
    Float8E4M3FNUZ = 18,

    /// <summary>8-bit float, 5 exponent bits, IEEE-like with infinities.</summary>
    Float8E5M2 = 19,

    /// <summary>8-bit float, 5 exponent bits, no negative zero.</summary>
    Float8E5M2FNUZ = 20,

    /// <summary>4-bit unsigned integer, two to a byte, the first in the low bits.</summary>
    UInt4 = 21,

    /// <summary>4-bit signed integer, two to a byte, the first in the low bits.</summary>
    Int4 = 22,

    /// <summary>4-bit float, 2 exponent bits, two to a byte, the first in the low bits.</summary>
    Float4E2M1 = 23,

    /// <summary>8-bit power of two, no sign.</summary>
    Float8E8M0 = 24,

    /// <summary>2-bit unsigned integer, four to a byte, the first in the low bits.</summary>
    UInt2 = 25,

    /// <summary>2-bit signed integer, four to a byte, the first in the low bits.</summary>
    Int2 = 26,
}
