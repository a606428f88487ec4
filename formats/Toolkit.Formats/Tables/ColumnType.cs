namespace Toolkit.Formats.Tables;

/// <summary>The types that a column of a <see cref="Table"/> can have; each has one Parquet type.</summary>
public enum ColumnType
{
    /// <summary>IEEE 754 binary64; Parquet DOUBLE.</summary>
    Float64,

    /// <summary>IEEE 754 binary32; Parquet FLOAT.</summary>
    Float32,

    /// <summary>64-bit signed integer; Parquet INT64.</summary>
    Int64,

    /// <summary>32-bit signed integer; Parquet INT32.</summary>
    Int32,

    /// <summary>True or false; Parquet BOOLEAN.</summary>
    Boolean,

    /// <summary>UTF-8 text, always nullable; Parquet STRING.</summary>
    Text,

    /// <summary>A list of binary64 of any length; Parquet LIST of DOUBLE.</summary>
    Float64List,

    /// <summary>A list of binary32 of any length; Parquet LIST of FLOAT.</summary>
    Float32List,

    /// <summary>A list of 64-bit signed integers of any length; Parquet LIST of INT64.</summary>
    Int64List,

    /// <summary>A list of 64-bit unsigned integers of any length; Parquet LIST of INT64 annotated as UINT_64.</summary>
    UInt64List,
}
