namespace Toolkit.Formats.Runs.Activations;

/// <summary>The types in which a run directory stores values.</summary>
public enum StoredType
{
    /// <summary>
    /// IEEE 754 binary32 (Parquet FLOAT); also half, bfloat16 and 8-bit floats, which it holds exactly.
    /// </summary>
    Float32,

    /// <summary>IEEE 754 binary64 (Parquet DOUBLE).</summary>
    Float64,

    /// <summary>64-bit signed integer (Parquet INT64); also every narrower integer.</summary>
    Int64,

    /// <summary>64-bit unsigned integer (Parquet INT64 with the logical type UINT_64).</summary>
    UInt64,

    /// <summary>True or false (Parquet BOOLEAN).</summary>
    Boolean,

    /// <summary>UTF-8 text (Parquet BYTE_ARRAY with the logical type STRING).</summary>
    Text,
}
