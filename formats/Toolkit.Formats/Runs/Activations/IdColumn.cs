namespace Toolkit.Formats.Runs.Activations;

/// <summary>Writes the columns <c>sample_id</c> and <c>position</c>.</summary>
internal static class IdColumn
{
    /// <summary>Writes the chunk of one row group.</summary>
    /// <param name="output">The file, and where it stands.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="type">INT64 or INT32.</param>
    /// <param name="ids">The ids, at least one.</param>
    /// <param name="withRange">True to record the smallest and the largest.</param>
    /// <returns>What the footer says.</returns>
    public static ColumnChunk Write(
        CountingStream output, string name, ParquetType type, ReadOnlySpan<long> ids, bool withRange)
    {
        using var page = new MemoryStream();
        DeltaBinaryPacking.Encode(ids, page);
        var sink = new PageSink(type, [name]);
        sink.Write(
            output, output.Written, ParquetEncoding.DeltaBinaryPacked, ids.Length, (int)page.Length, page
                .GetBuffer()
                .AsSpan(0, (int)page.Length));
        var chunk = sink.End(PageCodec.None, hasLevels: false);
        return withRange
            ? chunk with
            {
                Minimum = System.Numerics.Tensors.TensorPrimitives.Min(ids),
                Maximum = System.Numerics.Tensors.TensorPrimitives.Max(ids),
            }
            : chunk;
    }
}
