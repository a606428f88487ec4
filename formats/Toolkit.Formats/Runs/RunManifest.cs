namespace Toolkit.Formats.Runs;

/// <summary>
/// What a complete run directory holds; <c>manifest.json</c>, written last. Where it is missing, the run is unfinished.
/// </summary>
public sealed record RunManifest
{
    /// <summary>What was captured.</summary>
    public RunPlan Plan { get; init; } = new();

    /// <summary>When the run was completed, ISO 8601, UTC.</summary>
    public string Completed { get; init; } = string.Empty;

    /// <summary>Every shard with its files.</summary>
    public IReadOnlyList<ShardRecord> Shards { get; init; } = [];

    /// <summary>
    /// The tables over the whole run: tensors, statistics, covariances. Empty in runs of older versions.
    /// </summary>
    public IReadOnlyList<FileRecord> Tables { get; init; } = [];
}

/// <summary>What shards hold together.</summary>
public static class ShardRecords
{
    /// <summary>The files of every segment of every shard.</summary>
    /// <param name="shards">The shards.</param>
    /// <returns>In the order of shards and segments.</returns>
    public static IEnumerable<FileRecord> Files(this IEnumerable<ShardRecord> shards) =>
        shards.SelectMany(shard => shard.Segments).SelectMany(segment => segment.Files);
}

/// <summary>What one process finished of a run; <c>shards/&lt;i&gt;.json</c>.</summary>
public sealed record ShardRecord
{
    /// <summary>Which shard, from 0.</summary>
    public int Index { get; init; }

    /// <summary>How many shards the run has.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The segments, in order.</summary>
    public IReadOnlyList<SegmentRecord> Segments { get; init; } = [];
}

/// <summary>
/// What one segment of a shard finished; <c>shards/&lt;i&gt;-&lt;k&gt;.json</c> while its shard is under way.
/// </summary>
public sealed record SegmentRecord
{
    /// <summary>Which segment of its shard, from 0.</summary>
    public int Index { get; init; }

    /// <summary>The first sample.</summary>
    public long FirstSample { get; init; }

    /// <summary>How many samples.</summary>
    public long Samples { get; init; }

    /// <summary>Its files.</summary>
    public IReadOnlyList<FileRecord> Files { get; init; } = [];

    /// <summary>How much values differed between runs of the same inputs; empty where that was not measured.</summary>
    public IReadOnlyList<NoiseRecord> Noise { get; init; } = [];
}

/// <summary>How much one value differed between runs of the same inputs, over the samples of a segment.</summary>
/// <param name="Tensor">The tensor's number.</param>
/// <param name="LargestError">The largest absolute difference; +∞ where one side was not finite.</param>
/// <param name="SquaredError">The sum of squared differences between the first run and another, the mean over the
/// others.</param>
/// <param name="SquaredReference">The sum of squares of the first run.</param>
public sealed record NoiseRecord(int Tensor, double LargestError, double SquaredError, double SquaredReference)
{
    /// <summary>The norm of the difference by the norm of the first run.</summary>
    public double RelativeError => SquaredError == 0 ? 0
        : SquaredReference == 0 ? double.PositiveInfinity
        : Math.Sqrt(SquaredError / SquaredReference);

    /// <summary>The noise of two parts of the samples together.</summary>
    /// <param name="first">One part.</param>
    /// <param name="second">The other part, of the same tensor.</param>
    public static NoiseRecord Merge(NoiseRecord first, NoiseRecord second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first with
        {
            LargestError = Math.Max(first.LargestError, second.LargestError),
            SquaredError = first.SquaredError + second.SquaredError,
            SquaredReference = first.SquaredReference + second.SquaredReference,
        };
    }
}

/// <summary>A finished file of a run.</summary>
/// <param name="Path">Relative to the run directory, with forward slashes.</param>
/// <param name="Tensor">The tensor whose rows it holds; null for samples, statistics and files by channels.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash, lower-case hexadecimal.</param>
/// <param name="Encoding">The encoding of the values; null for samples and statistics.</param>
public sealed record FileRecord(string Path, int? Tensor, long Rows, long Bytes, string Sha256, string? Encoding)
{
    /// <summary>The channels that a file by channels holds; null for every other file.</summary>
    public ChannelRange? Channels { get; init; }
}
