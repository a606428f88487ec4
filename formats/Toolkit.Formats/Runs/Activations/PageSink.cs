using System.IO.Hashing;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Writes data pages (version 1) of one column chunk after another, with their checksums, and counts what the footer
/// must know.
/// </summary>
internal sealed class PageSink(ParquetType type, IReadOnlyList<string> path)
{
    private readonly ThriftWriter _header = new();
    private readonly Crc32 _checksum = new();
    private long _entries;
    private long _uncompressed;
    private long _compressed;
    private long _firstPage = -1;
    private ParquetEncoding _encoding;

    /// <summary>Writes one page.</summary>
    /// <param name="output">Where the page goes.</param>
    /// <param name="position">Where <paramref name="output"/> stands in the file.</param>
    /// <param name="encoding">The encoding of the values.</param>
    /// <param name="entries">Level entries of the page.</param>
    /// <param name="uncompressed">Bytes of the page before compression.</param>
    /// <param name="first">The page's bytes as stored.</param>
    /// <param name="second">More bytes of the page, for values that are written from where they are.</param>
    public void Write(
        Stream output,
        long position,
        ParquetEncoding encoding,
        int entries,
        int uncompressed,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second = default)
    {
        _checksum.Append(first);
        _checksum.Append(second);
        _header.Clear();
        _header.Int32(1, 0);
        _header.Int32(2, uncompressed);
        _header.Int32(3, first.Length + second.Length);
        _header.Int32(4, unchecked((int)_checksum.GetCurrentHashAsUInt32()));
        _header.Struct(5, () =>
        {
            _header.Int32(1, entries);
            _header.Int32(2, (int)encoding);
            _header.Int32(3, (int)ParquetEncoding.Levels);
            _header.Int32(4, (int)ParquetEncoding.Levels);
        });
        _header.Stop();
        _checksum.Reset();
        if (_firstPage < 0)
        {
            _firstPage = position;
        }

        output.Write(_header.Written);
        output.Write(first);
        output.Write(second);
        _encoding = encoding;
        _entries += entries;
        _uncompressed += _header.Written.Length + uncompressed;
        _compressed += _header.Written.Length + first.Length + second.Length;
    }

    /// <summary>Ends the chunk and begins the next.</summary>
    /// <param name="codec">How its pages were compressed.</param>
    /// <param name="hasLevels">True where pages have levels before the values.</param>
    /// <param name="shift">Added to the positions that <see cref="Write"/> was given.</param>
    /// <returns>What the footer says.</returns>
    public ColumnChunk End(PageCodec codec, bool hasLevels, long shift = 0)
    {
        var chunk = new ColumnChunk(
            type,
            path,
            hasLevels ? [_encoding, ParquetEncoding.Levels] : [_encoding],
            codec,
            _entries,
            _uncompressed,
            _compressed,
            _firstPage + shift);
        _entries = _uncompressed = _compressed = 0;
        _firstPage = -1;
        return chunk;
    }
}
