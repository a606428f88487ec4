using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Reads the files that <see cref="ActivationFileWriter"/> writes: any range of rows, touching only the pages that hold it.
/// Not thread-safe.
/// </summary>
public sealed class ActivationFileReader : IDisposable
{
    private const int MaximumPageBytes = 1 << 30;
    private const int HeaderBytes = 96;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly ActivationFooter _footer;
    private readonly PageCompressor _compressor = new();
    private readonly Dictionary<(int Group, int Column), List<Page>> _pages = [];

    private ActivationFileReader(string path, SafeFileHandle file, ActivationFooter footer)
    {
        _path = path;
        _file = file;
        _footer = footer;
    }

    /// <summary>Takes the values of consecutive rows.</summary>
    /// <param name="firstRow">The first row, counted from the range's first.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="values">[rows, length], valid during the call only.</param>
    public delegate void RowsVisitor(long firstRow, int rows, ReadOnlySpan<byte> values);

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
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new BadInputException($"{path}: there is no such file. Check the run with `inspect verify`.");
        }

        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            return new ActivationFileReader(path, file, ReadFooter(file));
        }
        catch (InvalidDataException e)
        {
            file.Dispose();
            throw Damaged(path, e);
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
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Rows - firstRow);
        var length = Length is { } known && Type != StoredType.Text
            ? known
            : throw new InvalidOperationException("The lists of this file differ in length: read them one by one.");
        Guard(() =>
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
                    var pageRows = page.Entries / Math.Max(length, 1);
                    var from = Math.Max(firstRow, at);
                    var to = Math.Min(firstRow + rows, at + pageRows);
                    if (from < to)
                    {
                        var values = Values(ReadPage(group, 2, page), page, length * pageRows);
                        var rowBytes = length * Type.SizeBytes();
                        visit(
                            from - firstRow, (int)(to - from), values.Slice((int)(from - at) * rowBytes, (int)(to - from) * rowBytes));
                    }

                    at += pageRows;
                }
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
        Guard(() =>
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
    /// <returns>For each row: sample, position, the shape of the sample's value (empty where all have one), and the list:
    /// little-endian bytes, or texts.</returns>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public IReadOnlyList<RaggedRow> ReadRagged()
    {
        var result = new List<RaggedRow>();
        Guard(() =>
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
                        samples[row], (int)positions[row], shape, values[row] as byte[] ?? [], values[row] as string[]));
                }
            }
        });
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compressor.Dispose();
        _file.Dispose();
    }

    private static ActivationFooter ReadFooter(SafeFileHandle file)
    {
        var size = RandomAccess.GetLength(file);
        Span<byte> tail = stackalloc byte[8];
        if (size < 12)
        {
            throw new InvalidDataException($"{size} bytes are too few");
        }

        ReadExactly(file, tail, size - 8);
        var length = BitConverter.ToUInt32(tail);
        if (!tail[4..].SequenceEqual("PAR1"u8))
        {
            throw new InvalidDataException("it does not end as a Parquet file does");
        }

        if (length > size - 12)
        {
            throw new InvalidDataException($"a footer of {length} bytes in a file of {size}");
        }

        var footer = new byte[length];
        ReadExactly(file, footer, size - 8 - length);
        return ActivationFooter.Parse(footer, size - 8 - length);
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
            {
                throw new InvalidDataException("it ends in the middle");
            }

            buffer = buffer[read..];
            offset += read;
        }
    }

    private static BadInputException Damaged(string path, Exception e) => new(
        $"{path}: this is not a file of activations, or it is damaged: {e.Message}. Check the run with `inspect verify`.", e);

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException or ArgumentOutOfRangeException)
        {
            throw Damaged(_path, e);
        }
    }

    private List<Page> Pages(int group, int column)
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
        Span<byte> header = stackalloc byte[HeaderBytes];
        while (at < end)
        {
            var bytes = header[..(int)Math.Min(HeaderBytes, end - at)];
            ReadExactly(_file, bytes, at);
            var page = Page.Parse(bytes, at);
            if (page.Stored < 0 || page.Stored > end - page.Offset || page.Size is < 0 or > MaximumPageBytes || page.Entries <= 0)
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

    private byte[] ReadPage(int group, int column, Page page)
    {
        var stored = new byte[page.Stored];
        ReadExactly(_file, stored, page.Offset);
        var codec = _footer.Groups[group].Columns[column].Codec;
        if (codec == PageCodec.None && page.Stored == page.Size)
        {
            return stored;
        }

        var content = new byte[page.Size];
        _compressor.Decompress(codec, stored, content);
        return content;
    }

    /// <summary>The values of a page whose lists have one length: levels skipped, encoding undone.</summary>
    private ReadOnlySpan<byte> Values(byte[] content, Page page, int count)
    {
        ReadOnlySpan<byte> values = content;
        values = values[ListLevels.BlockSize(values)..];
        values = values[ListLevels.BlockSize(values)..];
        return Decode(Type, values, page.Encoding, count);
    }

    private static ReadOnlySpan<byte> Decode(StoredType type, ReadOnlySpan<byte> values, ParquetEncoding encoding, int count)
    {
        if (type == StoredType.Boolean)
        {
            Expect(values.Length, (count + 7) / 8);
            var bytes = new byte[count];
            for (var i = 0; i < count; i++)
            {
                bytes[i] = (byte)((values[i >> 3] >> (i & 7)) & 1);
            }

            return bytes;
        }

        Expect(values.Length, checked(count * type.SizeBytes()));
        switch (encoding)
        {
            case ParquetEncoding.Plain:
                return values;
            case ParquetEncoding.ByteStreamSplit when type is StoredType.Float32 or StoredType.Float64:
                var joined = new byte[values.Length];
                ByteStreamSplit.Decode(values, type.SizeBytes(), joined);
                return joined;
            default:
                throw new InvalidDataException($"values in encoding {(int)encoding}");
        }
    }

    private static void Expect(int found, int expected)
    {
        if (found != expected)
        {
            throw new InvalidDataException($"{found} bytes of values where {expected} are expected");
        }
    }

    private long[] ReadIds(int group, int column)
    {
        var rows = _footer.Groups[group].Rows;
        var ids = new List<long>();
        foreach (var page in Pages(group, column))
        {
            if (page.Encoding != ParquetEncoding.DeltaBinaryPacked || page.Entries > rows || page.Entries > MaximumPageBytes / 8)
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
            ReadOnlySpan<byte> content = ReadPage(group, column, page);
            if (page.Entries > MaximumPageBytes / 8)
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
                var values = Decode(type, content, page.Encoding, count);
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

    /// <summary>One page: where its content is, and how it is stored.</summary>
    private readonly record struct Page(long Offset, int Stored, int Size, int Entries, ParquetEncoding Encoding)
    {
        public static Page Parse(ReadOnlySpan<byte> header, long at)
        {
            var reader = new ThriftReader(header);
            var page = new Page(0, -1, -1, -1, ParquetEncoding.Plain);
            while (reader.Next(out var field, out var type))
            {
                switch (field, type)
                {
                    case (1, ThriftType.Int32):
                        var kind = reader.Number();
                        if (kind != 0)
                        {
                            throw new InvalidDataException($"a page of kind {kind}");
                        }

                        break;
                    case (2, ThriftType.Int32):
                        page = page with { Size = checked((int)reader.Number()) };
                        break;
                    case (3, ThriftType.Int32):
                        page = page with { Stored = checked((int)reader.Number()) };
                        break;
                    case (5, ThriftType.Struct):
                        var outer = reader.Enter();
                        while (reader.Next(out var inner, out var innerType))
                        {
                            switch (inner, innerType)
                            {
                                case (1, ThriftType.Int32):
                                    page = page with { Entries = checked((int)reader.Number()) };
                                    break;
                                case (2, ThriftType.Int32):
                                    page = page with { Encoding = (ParquetEncoding)reader.Number() };
                                    break;
                                default:
                                    reader.Skip(innerType);
                                    break;
                            }
                        }

                        reader.Leave(outer);
                        break;
                    default:
                        reader.Skip(type);
                        break;
                }
            }

            return page with { Offset = at + reader.Position };
        }
    }
}
