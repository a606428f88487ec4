using System.Buffers.Binary;
using System.Text;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Writes a column of lists page by page. The first pages are held back until both candidate encodings were tried on
/// them. Where pages end depends on the rows alone, never on how they were handed over, so that a file is the same
/// bytes every time.
/// </summary>
internal sealed class ListColumnWriter : IDisposable
{
    private const int PageBytes = 1 << 20;
    private const int MaximumPageRows = 1 << 16;
    private const int TrialPages = 8;

    private readonly StoredType _type;
    private readonly int? _length;
    private readonly EncodingPolicy _policy;
    private readonly PageSink _sink;
    private readonly PageContent _content;
    private readonly List<(byte[] Values, int Rows, int[] Lengths)> _trial = [];
    private readonly Dictionary<int, byte[]> _levels = [];
    private readonly List<int> _lengths = [];
    private byte[] _page = [];
    private int _pageBytes;
    private int _pageRows;

    public ListColumnWriter(
        string name, StoredType type, int? length, EncodingPolicy policy, ActivationEncoding? encoding)
    {
        _type = type;
        _length = length;
        _policy = policy;
        Encoding = encoding;
        _content = new PageContent(type);
        _sink = new PageSink(type.Physical(), [name, "list", "element"]);
        RowsPerPage = length is { } n
            ? (int)Math.Clamp(PageBytes / Math.Max(1L, (long)n * Math.Max(type.SizeBytes(), 1)), 1, MaximumPageRows)
            : MaximumPageRows;
    }

    /// <summary>The encoding; null until enough was seen to choose.</summary>
    public ActivationEncoding? Encoding { get; private set; }

    /// <summary>Rows of a full page, where lists have one length.</summary>
    public int RowsPerPage { get; }

    /// <summary>Appends lists of the one length.</summary>
    /// <param name="output">Where pages go, and where it stands.</param>
    /// <param name="rows">How many lists.</param>
    /// <param name="values">Their values: little-endian, a truth value in one byte.</param>
    public void Append(CountingStream output, int rows, ReadOnlySpan<byte> values)
    {
        var rowBytes = _length!.Value * _type.SizeBytes();
        while (rows > 0)
        {
            var take = Math.Min(rows, RowsPerPage - _pageRows);
            var slice = values[..(take * rowBytes)];
            if (take == RowsPerPage && Encoding is not null && _trial.Count == 0)
            {
                WritePage(output, Encoding, slice, take, []);
            }
            else
            {
                Hold(slice);
                _pageRows += take;
                if (_pageRows == RowsPerPage)
                {
                    EndPage(output);
                }
            }

            values = values[slice.Length..];
            rows -= take;
        }
    }

    /// <summary>Appends one list of any length.</summary>
    /// <param name="output">Where pages go.</param>
    /// <param name="count">Its elements.</param>
    /// <param name="values">Their values as <see cref="Append"/> takes them, or texts as <see cref="Plain"/> makes
    /// them.</param>
    public void AppendOne(CountingStream output, int count, ReadOnlySpan<byte> values)
    {
        Hold(values);
        _lengths.Add(count);
        _pageRows++;
        if (_pageBytes >= PageBytes || _pageRows == RowsPerPage)
        {
            EndPage(output);
        }
    }

    /// <summary>Texts in Parquet's PLAIN form: each with its length in front.</summary>
    /// <param name="texts">The texts.</param>
    /// <returns>The bytes.</returns>
    public static byte[] Plain(ReadOnlySpan<string> texts)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var text in texts)
        {
            var utf8 = System.Text.Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            bytes.Write(length);
            bytes.Write(utf8);
        }

        return bytes.ToArray();
    }

    /// <summary>Ends the row group's chunk.</summary>
    /// <param name="output">Where the last pages go.</param>
    /// <param name="shift">Added to all positions in the footer.</param>
    /// <returns>What the footer says.</returns>
    public ColumnChunk End(CountingStream output, long shift = 0)
    {
        if (_pageRows > 0)
        {
            EndPage(output);
        }

        WriteTrial(output);
        return _sink.End(Encoding!.Codec, hasLevels: true, shift);
    }

    public void Dispose() => _content.Dispose();

    private void Hold(ReadOnlySpan<byte> values)
    {
        if (_page.Length - _pageBytes < values.Length)
        {
            Array.Resize(
                ref _page, Math.Max(checked(_pageBytes + values.Length), Math.Min(PageBytes, 2 * _page.Length)));
        }

        values.CopyTo(_page.AsSpan(_pageBytes));
        _pageBytes += values.Length;
    }

    private void EndPage(CountingStream output)
    {
        int[] lengths = _length is null ? [.. _lengths] : [];
        if (Encoding is null)
        {
            _trial.Add((_page.AsSpan(0, _pageBytes).ToArray(), _pageRows, lengths));
            if (_trial.Count == TrialPages)
            {
                WriteTrial(output);
            }
        }
        else
        {
            WritePage(output, Encoding, _page.AsSpan(0, _pageBytes), _pageRows, lengths);
        }

        _pageBytes = 0;
        _pageRows = 0;
        _lengths.Clear();
    }

    private void WriteTrial(CountingStream output)
    {
        Encoding ??= _content.Choose(_policy, [.. _trial.Select(t => t.Values)]);
        foreach (var (values, rows, lengths) in _trial)
        {
            WritePage(output, Encoding, values, rows, lengths);
        }

        _trial.Clear();
    }

    private void WritePage(
        CountingStream output,
        ActivationEncoding encoding,
        ReadOnlySpan<byte> values,
        int rows,
        ReadOnlySpan<int> lengths)
    {
        byte[] levels;
        int entries;
        if (_length is { } length)
        {
            entries = rows * Math.Max(length, 1);
            if (!_levels.TryGetValue(rows, out levels!))
            {
                levels = ListLevels.Constant(rows, length);
                if (rows == RowsPerPage)
                {
                    _levels.Add(rows, levels);
                }
            }
        }
        else
        {
            (levels, entries) = ListLevels.Variable(lengths);
        }

        var kind = encoding.SplitsBytes ? ParquetEncoding.ByteStreamSplit : ParquetEncoding.Plain;
        var content = _content.Of(encoding, values);
        var size = levels.Length + content.Length;
        if (encoding.Codec == PageCodec.None)
        {
            _sink.Write(output, output.Written, kind, entries, size, levels, content);
            return;
        }

        var page = new byte[size];
        levels.CopyTo(page, 0);
        content.CopyTo(page.AsSpan(levels.Length));
        _sink.Write(output, output.Written, kind, entries, size, _content.Compress(encoding.Codec, page));
    }
}
