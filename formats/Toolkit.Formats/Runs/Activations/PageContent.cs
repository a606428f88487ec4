namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Encodes and compresses the values of pages, and finds out which way is best. Not thread-safe: one per writer.
/// </summary>
internal sealed class PageContent(StoredType type) : IDisposable
{
    /// <summary>
    /// Of each page this much is tried for speed: twice the distance that LZ4 looks back. A trial of whole pages of all
    /// values takes longer than the network on its first batches.
    /// </summary>
    private const int SpeedTrialBytes = 128 << 10;

    private readonly PageCompressor _compressor = new();
    private byte[] _scratch = [];

    /// <summary>Tries both candidates of a policy.</summary>
    /// <param name="policy">What counts.</param>
    /// <param name="trials">Values of some pages.</param>
    /// <returns>The encoding.</returns>
    public ActivationEncoding Choose(EncodingPolicy policy, IReadOnlyList<byte[]> trials)
    {
        var plain = new ActivationEncoding(
            SplitsBytes: false, policy == EncodingPolicy.Size ? PageCodec.Zstd : PageCodec.Lz4);
        if (policy == EncodingPolicy.Speed)
        {
            trials = [.. trials.Select(static page => page[..Math.Min(page.Length, SpeedTrialBytes)])];
            var (raw, packed) = (Size(ActivationEncoding.Raw, trials), Size(plain, trials));
            return packed <= raw / 2 ? plain : ActivationEncoding.Raw;
        }

        if (type is not (StoredType.Float32 or StoredType.Float64))
        {
            return plain;
        }

        var split = plain with { SplitsBytes = true };
        return Size(split, trials) < Size(plain, trials) ? split : plain;
    }

    /// <summary>The values as a page holds them.</summary>
    /// <param name="encoding">How.</param>
    /// <param name="values">Little-endian values, a truth value in one byte.</param>
    /// <returns>The bytes, valid until the next call.</returns>
    public ReadOnlySpan<byte> Of(ActivationEncoding encoding, ReadOnlySpan<byte> values)
    {
        if (type == StoredType.Boolean)
        {
            var packed = Scratch((values.Length + 7) / 8);
            packed.Clear();
            for (var i = 0; i < values.Length; i++)
            {
                packed[i >> 3] |= (byte)((values[i] == 0 ? 0 : 1) << (i & 7));
            }

            return packed;
        }

        if (!encoding.SplitsBytes)
        {
            return values;
        }

        var split = Scratch(values.Length);
        ByteStreamSplit.Encode(values, type.SizeBytes(), split);
        return split;
    }

    /// <inheritdoc cref="PageCompressor.Compress"/>
    public ReadOnlySpan<byte> Compress(PageCodec codec, ReadOnlySpan<byte> page) => _compressor.Compress(codec, page);

    /// <inheritdoc/>
    public void Dispose() => _compressor.Dispose();

    private long Size(ActivationEncoding encoding, IReadOnlyList<byte[]> trials)
    {
        var size = 0L;
        foreach (var values in trials)
        {
            size += _compressor.Compress(encoding.Codec, Of(encoding, values)).Length;
        }

        return size;
    }

    private Span<byte> Scratch(int size)
    {
        if (_scratch.Length < size)
        {
            _scratch = new byte[size];
        }

        return _scratch.AsSpan(0, size);
    }
}
