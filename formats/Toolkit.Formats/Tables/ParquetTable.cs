namespace Toolkit.Formats.Tables;

/// <summary>
/// Tables as Parquet files: zstd level 1, flat columns and LIST columns of floating-point numbers and 64-bit integers,
/// at most
/// <see cref="RowsPerGroup"/> rows to a row group.
/// </summary>
public static partial class ParquetTable
{
    /// <summary>Rows in one row group at most: what a reader holds at a time when it streams.</summary>
    public const int RowsPerGroup = 1 << 18;
}
