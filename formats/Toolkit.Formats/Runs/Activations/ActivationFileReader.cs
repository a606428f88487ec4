using System.Runtime.InteropServices;
using System.Text;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Reads the files that <see cref="ActivationFileWriter"/> writes: any range of rows, touching only the pages that hold
/// it. Not thread-safe.
/// </summary>
public sealed class ActivationFileReader : IDisposable
{
    private readonly ParquetFile _file;
    private readonly ActivationFooter _footer;
    private readonly Dictionary<(int Group, int Column), List<DataPage>> _pages = [];

    private ActivationFileReader(ParquetFile file, ActivationFooter footer)
    {
        _file = file;
        _footer = footer;
    }

    /// <summary>Takes the values of consecutive rows.</summary>
    /// <param name="firstRow">The first row, counted from the range's first.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="values">[rows, length], valid during the call only.</param>
    public delegate void RowsVisitor(long firstRow, int rows, ReadOnlySpan<byte> values);

    private delegate void PageVisitor(ReadOnlySpan<byte> content, DataPage page, long firstRow, int rows);

    /// <summary>The type of the values.</summary>
    public StoredType Type => _footer.Type;

    /// <summary>Elements of every list; null where lists differ.</summary>
    public int? Length => _footer.Length;

    /// <summary>How many rows there are.</summary>
    public long Rows => _footer.Rows;

    /// <summary>Opens a file and reads its footer.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated, damaged or of another writer.</exception>
    public static ActivationFileReader Open(string path)
    {
        var file = ParquetFile.Open(path);
        try
        {
            return new ActivationFileReader(file, file.Guard(() => ActivationFooter.Of(file.Footer)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Visits the values of a range of rows, page by page.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="visit">Takes them.</param>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    /// <exception cref="InvalidOperationException">The lists of this file differ in length.</exception>
    public void ReadRows(long firstRow, long rows, RowsVisitor visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var length = FixedLength();
        VisitPages(firstRow, rows, (content, page, at, pageRows) =>
        {
            var values = PageValues.Decode(Type, WithoutLevels(content), page.Encoding, length * pageRows);
            var from = Math.Max(firstRow, at);
            var to = Math.Min(firstRow + rows, at + pageRows);
            var rowBytes = length * Type.SizeBytes();
            visit(from - firstRow, (int)(to - from), values.Slice(
                (int)(from - at) * rowBytes, (int)(to - from) * rowBytes));
        });
    }

    /// <summary>Reads every so manyth row: pages are decompressed whole, the other rows are not decoded.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="step">Rows from one to the next, at least 1.</param>
    /// <param name="rows">How many rows to read.</param>
    /// <param name="target">Takes the values, [rows, length].</param>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    /// <exception cref="InvalidOperationException">The lists of this file differ in length.</exception>
    public void ReadEvery(long firstRow, int step, long rows, Memory<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        var length = FixedLength();
        var rowBytes = (long)length * Type.SizeBytes();
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, rows * rowBytes, nameof(target));
        VisitPages(firstRow, rows == 0 ? 0 : ((rows - 1) * step) + 1, (content, page, at, pageRows) =>
        {
            // Wanted are firstRow + k·step; of these the page holds k = from … to − 1.
            var from = Math.Max(0, (at - firstRow + step - 1) / step);
            var to = Math.Min(rows, (at + pageRows - firstRow + step - 1) / step);
            if (from < to)
            {
                PageValues.DecodeRows(
                    Type,
                    WithoutLevels(content),
                    page.Encoding,
                    length * pageRows,
                    length,
                    (int)(firstRow + (from * step) - at),
                    step,
                    target.Span[(int)(from * rowBytes)..(int)(to * rowBytes)]);
            }
        });
    }

    /// <summary>Reads sample and position of every row.</summary>
    /// <returns>Both, in the order of the rows.</returns>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public (long[] Samples, int[] Positions) ReadIds()
    {
        var samples = new List<long>();
        var positions = new List<int>();
        _file.Guard(() =>
        {
            for (var group = 0; group < _footer.Groups.Count; group++)
            {
                samples.AddRange(ReadIds(group, 0));
                positions.AddRange(Array.ConvertAll(ReadIds(group, 1), id => checked((int)id)));
            }
        });
        return ([.. samples], [.. positions]);
    }

    /// <summary>Reads all rows of a file whose lists differ in length, or are texts.</summary>
    /// <returns>For each row: sample, position, the shape of the sample's value (empty where all have one), and the
    /// list: little-endian bytes, or texts.</returns>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public IReadOnlyList<RaggedRow> ReadRagged()
    {
        var result = new List<RaggedRow>();
        _file.Guard(() =>
        {
            for (var group = 0; group < _footer.Groups.Count; group++)
            {
                var samples = ReadIds(group, 0);
                var positions = ReadIds(group, 1);
                var values = ReadLists(group, 2, Type);
                var shapes = _footer.HasShapes ? ReadLists(group, 3, StoredType.Int64) : null;
                if (values.Count != samples.Length || (shapes is not null && shapes.Count != samples.Length))
                {
                    throw new InvalidDataException($"{values.Count} lists in {samples.Length} rows");
                }

                for (var row = 0; row < samples.Length; row++)
                {
                    var shape = shapes is null ? [] : MemoryMarshal.Cast<byte, long>((byte[])shapes[row]).ToArray();
                    result.Add(new RaggedRow(
                        samples[row],
                        (int)positions[row],
                        shape,
                        values[row] as byte[] ?? [],
                        values[row] as string[]));
                }
            }
        });
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private List<DataPage> Pages(int group, int column)
    {
        if (_pages.TryGetValue((group, column), out var pages))
        {
            return pages;
        }

        pages = [];
        var chunk = _footer.Groups[group].Columns[column];
        var at = chunk.FirstPage;
        var end = chunk.FirstPage + chunk.CompressedBytes;
        var entries = 0L;
        Span<byte> header = stackalloc byte[ParquetFile.HeaderBytes];
        while (at < end)
        {
            var bytes = header[..(int)Math.Min(ParquetFile.HeaderBytes, end - at)];
            _file.ReadExactly(bytes, at);
            var page = DataPage.Parse(bytes, at);
            if (page.Stored < 0 || page.Stored > end - page.Offset
                || page.Size is < 0 or > ParquetFile.MaximumPageBytes || page.Entries <= 0)
            {
                throw new InvalidDataException($"a page of {page.Stored} bytes and {page.Entries} values at {at}");
            }

            pages.Add(page);
            at = page.Offset + page.Stored;
            entries += page.Entries;
        }

        if (entries != chunk.Entries)
        {
            throw new InvalidDataException($"{entries} values in the pages, {chunk.Entries} in the footer");
        }

        _pages.Add((group, column), pages);
        return pages;
    }

    private int FixedLength() => Length is { } known && Type != StoredType.Text
        ? known
        : throw new InvalidOperationException("The lists of this file differ in length: read them one by one.");

    /// <summary>Shows the pages that hold rows of a range: content, header, first row and number of rows.</summary>
    private void VisitPages(long firstRow, long rows, PageVisitor visit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Rows - firstRow);
        var length = Math.Max(FixedLength(), 1);
        _file.Guard(() =>
        {
            var groupStart = 0L;
            for (var group = 0; group < _footer.Groups.Count && groupStart < firstRow + rows; group++)
            {
                var at = groupStart;
                groupStart += _footer.Groups[group].Rows;
                if (groupStart <= firstRow)
                {
                    continue;
                }

                foreach (var page in Pages(group, 2))
                {
                    var pageRows = page.Entries / length;
                    if (Math.Max(firstRow, at) < Math.Min(firstRow + rows, at + pageRows))
                    {
                        visit(ReadPage(group, 2, page), page, at, pageRows);
                    }

                    at += pageRows;
                }
            }
        });
    }

    private ReadOnlySpan<byte> ReadPage(int group, int column, DataPage page) =>
        _file.ReadPage(_footer.Groups[group].Columns[column].Codec, page);

    private static ReadOnlySpan<byte> WithoutLevels(ReadOnlySpan<byte> content)
    {
        content = content[ListLevels.BlockSize(content)..];
        return content[ListLevels.BlockSize(content)..];
    }

    private long[] ReadIds(int group, int column)
    {
        var rows = _footer.Groups[group].Rows;
        var ids = new List<long>();
        foreach (var page in Pages(group, column))
        {
            if (page.Encoding != ParquetEncoding.DeltaBinaryPacked
                || page.Entries > rows
                || page.Entries > ParquetFile.MaximumPageBytes / 8)
            {
                throw new InvalidDataException($"ids in encoding {(int)page.Encoding}");
            }

            var values = new long[page.Entries];
            DeltaBinaryPacking.Decode(ReadPage(group, column, page), values);
            ids.AddRange(values);
        }

        return [.. ids];
    }

    private List<object> ReadLists(int group, int column, StoredType type)
    {
        var lists = new List<object>();
        foreach (var page in Pages(group, column))
        {
            var content = ReadPage(group, column, page);
            if (page.Entries > ParquetFile.MaximumPageBytes / 8)
            {
                throw new InvalidDataException($"a page of {page.Entries} values");
            }

            var repetition = new byte[page.Entries];
            var definition = new byte[page.Entries];
            content = content[ListLevels.Decode(content, repetition)..];
            content = content[ListLevels.Decode(content, definition)..];
            var count = definition.Count(level => level == 1);
            if (type == StoredType.Text)
            {
                Split(repetition, definition, Texts(content, count), lists);
            }
            else
            {
                var size = type.SizeBytes();
                var values = PageValues.Decode(type, content, page.Encoding, count);
                var elements = new byte[values.Length];
                values.CopyTo(elements);
                Split(repetition, definition, elements, size, lists);
            }
        }

        return lists;
    }

    private static string[] Texts(ReadOnlySpan<byte> content, int count)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var length = content.Length < 4 ? -1 : BitConverter.ToInt32(content);
            if (length < 0 || length > content.Length - 4)
            {
                throw new InvalidDataException($"a text of {length} bytes");
            }

            texts[i] = Encoding.UTF8.GetString(content.Slice(4, length));
            content = content[(4 + length)..];
        }

        return texts;
    }

    private static void Split(byte[] repetition, byte[] definition, string[] values, List<object> lists)
    {
        foreach (var (from, count) in Ranges(repetition, definition))
        {
            lists.Add(values[from..(from + count)]);
        }
    }

    private static void Split(byte[] repetition, byte[] definition, byte[] values, int size, List<object> lists)
    {
        foreach (var (from, count) in Ranges(repetition, definition))
        {
            lists.Add(values.AsSpan(from * size, count * size).ToArray());
        }
    }

    private static IEnumerable<(int From, int Count)> Ranges(byte[] repetition, byte[] definition)
    {
        var from = 0;
        var at = 0;
        for (var entry = 0; entry < repetition.Length; entry++)
        {
            if (entry > 0 && repetition[entry] == 0)
            {
                yield return (from, at - from);
                from = at;
            }

            at += definition[entry];
        }

        if (repetition.Length > 0)
        {
            yield return (from, at - from);
        }
    }
}
