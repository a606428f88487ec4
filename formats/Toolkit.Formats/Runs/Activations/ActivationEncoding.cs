namespace Toolkit.Formats.Runs.Activations;

/// <summary>How the values of one tensor lie in its files.</summary>
/// <param name="SplitsBytes">True for BYTE_STREAM_SPLIT, false for PLAIN.</param>
/// <param name="Codec">How pages are compressed.</param>
public sealed record ActivationEncoding(bool SplitsBytes, PageCodec Codec)
{
    /// <summary>Raw values.</summary>
    public static ActivationEncoding Raw { get; } = new(SplitsBytes: false, PageCodec.None);

    /// <summary>
    /// The name that <c>tensors.parquet</c> shows: <c>plain</c>, <c>plain+lz4</c>, <c>plain+zstd</c>,
    /// <c>split+zstd</c>.
    /// </summary>
    public string Name => (SplitsBytes ? "split" : "plain") + Codec switch
    {
        PageCodec.Zstd => "+zstd",
        PageCodec.Lz4 => "+lz4",
        _ => string.Empty,
    };

    /// <summary>The encoding of a name.</summary>
    /// <param name="name">One of the names that <see cref="Name"/> gives.</param>
    /// <returns>The encoding; null for any other text.</returns>
    public static ActivationEncoding? Parse(string? name) => name switch
    {
        "plain" => Raw,
        "plain+lz4" => new(SplitsBytes: false, PageCodec.Lz4),
        "plain+zstd" => new(SplitsBytes: false, PageCodec.Zstd),
        "split+zstd" => new(SplitsBytes: true, PageCodec.Zstd),
        "split" => new(SplitsBytes: true, PageCodec.None),
        "split+lz4" => new(SplitsBytes: true, PageCodec.Lz4),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => Name;
}
