using K4os.Compression.LZ4;
using ZstdSharp;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>How pages are compressed. The numbers are those of Parquet's <c>CompressionCodec</c>.</summary>
public enum PageCodec
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Zstandard, level 1.</summary>
    Zstd = 6,

    /// <summary>LZ4 without a frame (Parquet's LZ4_RAW).</summary>
    Lz4 = 7,
}

/// <summary>Compresses and decompresses single pages. Not thread-safe: one per writer or reader.</summary>
internal sealed class PageCompressor : IDisposable
{
    /// <summary>Levels above 1 cost much time and gain under 1 % on activations.</summary>
    private const int ZstdLevel = 1;

    private Compressor? _compressor;
    private Decompressor? _decompressor;
    private byte[] _buffer = [];

    /// <summary>Compresses a page.</summary>
    /// <param name="codec">How.</param>
    /// <param name="page">The page's content.</param>
    /// <returns>The compressed bytes, valid until the next call.</returns>
    public ReadOnlySpan<byte> Compress(PageCodec codec, ReadOnlySpan<byte> page)
    {
        switch (codec)
        {
            case PageCodec.Zstd:
                _compressor ??= new Compressor(ZstdLevel);
                var zstd = Buffer(Compressor.GetCompressBound(page.Length));
                return zstd[.._compressor.Wrap(page, zstd)];
            case PageCodec.Lz4:
                var lz4 = Buffer(LZ4Codec.MaximumOutputSize(page.Length));
                return lz4[..LZ4Codec.Encode(page, lz4)];
            default:
                return page;
        }
    }

    /// <summary>Decompresses a page.</summary>
    /// <param name="codec">How it was compressed.</param>
    /// <param name="bytes">The compressed bytes, untrusted.</param>
    /// <param name="page">Takes exactly the page's content.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public void Decompress(PageCodec codec, ReadOnlySpan<byte> bytes, Span<byte> page)
    {
        int length;
        try
        {
            switch (codec)
            {
                case PageCodec.Zstd:
                    _decompressor ??= new Decompressor();
                    length = _decompressor.Unwrap(bytes, page);
                    break;
                case PageCodec.Lz4:
                    length = page.IsEmpty ? 0 : LZ4Codec.Decode(bytes, page);
                    break;
                default:
                    length = bytes.Length;
                    if (length == page.Length)
                    {
                        bytes.CopyTo(page);
                    }

                    break;
            }
        }
        catch (Exception e) when (e is ZstdException or ArgumentException)
        {
            throw new InvalidDataException($"a page that does not decompress ({e.Message})", e);
        }

        if (length != page.Length)
        {
            throw new InvalidDataException($"a page of {length} bytes where {page.Length} are expected");
        }
    }

    public void Dispose()
    {
        _compressor?.Dispose();
        _decompressor?.Dispose();
    }

    private Span<byte> Buffer(int size)
    {
        if (_buffer.Length < size)
        {
            _buffer = new byte[size];
        }

        return _buffer;
    }
}
