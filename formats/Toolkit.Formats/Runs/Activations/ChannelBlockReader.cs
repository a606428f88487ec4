using System.Globalization;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Reads what <see cref="ChannelBlockWriter"/> writes: single channels over any range of rows. Not thread-safe.
/// </summary>
internal sealed class ChannelBlockReader : IDisposable
{
    private const int Ids = 2;
    private readonly ParquetFile _file;

    private ChannelBlockReader(ParquetFile file)
    {
        _file = file;
        var leaves = file.Footer.Leaves;
        if (leaves.Count <= Ids || leaves[0].Name != "sample_id" || leaves[1].Name != "position"
            || !int.TryParse(leaves[Ids].Name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || leaves.Skip(Ids).Where((leaf, i) => leaf.Name != ChannelBlockWriter.Name(first + i)
                || leaf.Stored != leaves[Ids].Stored).Any())
        {
            throw new InvalidDataException(
                $"columns {string.Join(", ", leaves.Take(8).Select(l => l.Name))} where sample_id, position and "
                    + "channels are expected");
        }

        FirstChannel = first;
        Type = leaves[Ids].Stored;
        foreach (var group in file.Footer.Groups)
        {
            if (group.Rows > ParquetFile.MaximumPageBytes / 8
                || group.Columns.Any(column => column.Entries != group.Rows))
            {
                throw new InvalidDataException(
                    $"a row group of {group.Rows} rows whose columns have other numbers of values");
            }
        }
    }

    /// <summary>Takes consecutive values of a channel.</summary>
    /// <param name="firstRow">The first value's row, counted from the range's first.</param>
    /// <param name="values">The values, valid during the call only.</param>
    public delegate void ChannelVisitor(long firstRow, ReadOnlySpan<byte> values);

    /// <summary>The type of the values.</summary>
    public StoredType Type { get; }

    /// <summary>The first channel of the block.</summary>
    public int FirstChannel { get; }

    /// <summary>How many channels the block has.</summary>
    public int Channels => _file.Footer.Leaves.Count - Ids;

    /// <summary>How many rows there are.</summary>
    public long Rows => _file.Footer.Rows;

    /// <summary>Opens a file and reads its footer.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">The file is missing, truncated, damaged or of another writer.</exception>
    public static ChannelBlockReader Open(string path)
    {
        var file = ParquetFile.Open(path);
        try
        {
            return file.Guard(() => new ChannelBlockReader(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Visits a channel over a range of rows, row group by row group, reading nothing else.</summary>
    /// <param name="channel">The channel, one of the block's.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="visit">Takes the values.</param>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public void Read(int channel, long firstRow, long rows, ChannelVisitor visit) => _file.Guard(() =>
    {
        var at = 0L;
        foreach (var group in _file.Footer.Groups)
        {
            var from = Math.Max(firstRow, at);
            var to = Math.Min(firstRow + rows, at + group.Rows);
            if (from < to)
            {
                var size = Type.SizeBytes();
                var values = Values(group.Columns[channel - FirstChannel + Ids], (int)group.Rows);
                visit(from - firstRow, values.Slice((int)(from - at) * size, (int)(to - from) * size));
            }

            at += group.Rows;
        }
    });

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>A chunk is one page: header and content come in one read.</summary>
    private ReadOnlySpan<byte> Values(ColumnChunk chunk, int rows)
    {
        if (chunk.CompressedBytes > ParquetFile.MaximumPageBytes)
        {
            throw new InvalidDataException($"a chunk of {chunk.CompressedBytes} bytes");
        }

        var bytes = new byte[chunk.CompressedBytes];
        _file.ReadExactly(bytes, chunk.FirstPage);
        var page = DataPage.Parse(bytes, 0);
        if (page.Entries != rows || page.Stored < 0
            || page.Stored != bytes.Length - page.Offset || page.Size is < 0 or > ParquetFile.MaximumPageBytes)
        {
            throw new InvalidDataException(
                $"a page of {page.Stored} bytes and {page.Entries} values at {chunk.FirstPage}");
        }

        var stored = bytes.AsSpan((int)page.Offset);
        return PageValues.Decode(Type, _file.Decompress(chunk.Codec, page, stored) ?? stored, page.Encoding, rows);
    }
}
