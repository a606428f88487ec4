using Microsoft.Win32.SafeHandles;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// A Parquet file of ours, opened for reading: its footer, and pages by where they are. Not thread-safe.
/// </summary>
internal sealed class ParquetFile : IDisposable
{
    /// <summary>Larger pages are taken for damage.</summary>
    public const int MaximumPageBytes = 1 << 30;

    /// <summary>No header of ours is longer.</summary>
    public const int HeaderBytes = 96;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly PageCompressor _compressor = new();
    private byte[] _stored = [];
    private byte[] _content = [];

    private ParquetFile(string path, SafeFileHandle file, ParquetFooter footer)
    {
        _path = path;
        _file = file;
        Footer = footer;
    }

    /// <summary>The footer.</summary>
    public ParquetFooter Footer { get; }

    /// <summary>Opens a file and reads its footer.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">The file is missing, truncated or damaged.</exception>
    public static ParquetFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new BadInputException($"{path}: there is no such file. Check the run with `inspect verify`.");
        }

        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            var footer = ReadFooter(file);
            var dataEnd = RandomAccess.GetLength(file) - footer.Length - 8;
            return new ParquetFile(path, file, ParquetFooter.Parse(footer, dataEnd));
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException)
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

    /// <summary>Turns what damaged bytes cause into an error that names the file.</summary>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException or ArgumentOutOfRangeException)
        {
            throw Damaged(_path, e);
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public void Guard(Action action) => Guard(() =>
    {
        action();
        return true;
    });

    /// <summary>Fills a buffer from a place in the file.</summary>
    /// <exception cref="InvalidDataException">The file ends before.</exception>
    public void ReadExactly(Span<byte> buffer, long offset) => ReadExactly(_file, buffer, offset);

    /// <summary>Reads and decompresses a page.</summary>
    /// <param name="codec">How it was compressed.</param>
    /// <param name="page">Where it is.</param>
    /// <returns>The content, valid until the next call.</returns>
    public ReadOnlySpan<byte> ReadPage(PageCodec codec, DataPage page)
    {
        var stored = Buffer(ref _stored, page.Stored);
        ReadExactly(stored, page.Offset);
        page.Verify(stored);
        if (IsContent(codec, page))
        {
            return stored;
        }

        var content = Buffer(ref _content, page.Size);
        _compressor.Decompress(codec, stored, content);
        return content;
    }

    /// <summary>Decompresses a page that was read.</summary>
    /// <param name="codec">How it was compressed.</param>
    /// <param name="page">Its header.</param>
    /// <param name="stored">Its bytes.</param>
    /// <returns>The content; null where <paramref name="stored"/> is the content.</returns>
    public byte[]? Decompress(PageCodec codec, DataPage page, ReadOnlySpan<byte> stored)
    {
        page.Verify(stored);
        if (IsContent(codec, page))
        {
            return null;
        }

        var content = new byte[page.Size];
        _compressor.Decompress(codec, stored, content);
        return content;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compressor.Dispose();
        _file.Dispose();
    }

    private static bool IsContent(PageCodec codec, DataPage page) =>
        codec == PageCodec.None && page.Stored == page.Size;

    private static Span<byte> Buffer(ref byte[] buffer, int size)
    {
        if (buffer.Length < size)
        {
            buffer = GC.AllocateUninitializedArray<byte>(size);
        }

        return buffer.AsSpan(0, size);
    }

    /// <summary>Reads the footer of any Parquet file, without its length and magic number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static byte[] ReadFooter(SafeFileHandle file)
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
        return footer;
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
        $"{path}: this is not a file of activations, or it is damaged: {e.Message}. Check the run with "
            + "`inspect verify`.", e);
}
