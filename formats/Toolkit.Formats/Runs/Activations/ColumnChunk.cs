namespace Toolkit.Formats.Runs.Activations;

/// <summary>What the footer says of one column in one row group.</summary>
internal sealed record ColumnChunk(
    ParquetType Type,
    IReadOnlyList<string> Path,
    IReadOnlyList<ParquetEncoding> Encodings,
    PageCodec Codec,
    long Entries,
    long UncompressedBytes,
    long CompressedBytes,
    long FirstPage)
{
    /// <summary>Smallest value, where the column is a sample number.</summary>
    public long? Minimum { get; init; }

    /// <summary>Largest value, where the column is a sample number.</summary>
    public long? Maximum { get; init; }
}

/// <summary>Parquet's physical types, with their numbers.</summary>
internal enum ParquetType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Float = 4,
    Double = 5,
    ByteArray = 6,
}

/// <summary>Parquet's encodings, with their numbers.</summary>
internal enum ParquetEncoding
{
    Plain = 0,
    Levels = 3,
    DeltaBinaryPacked = 5,
    ByteStreamSplit = 9,
}
