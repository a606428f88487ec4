namespace Toolkit.Formats.Runs;

/// <summary>Names inside a run directory.</summary>
internal static class RunPaths
{
    public const string Manifest = "manifest.json";
    public const string Plan = "plan.json";
    public const string Tensors = "tensors.parquet";
    public const string Statistics = "stats.parquet";
    public const string Channels = "channels.parquet";
    public const string Covariance = "results/covariance.parquet";
    public const string Effects = "effects.parquet";
    public const string EffectsFolder = "effects";
    public const string Shards = "shards";

    public static string Shard(int shard) => $"shards/{shard}.json";

    public static string Segment(int shard, int segment) => $"shards/{shard}-{segment}.json";

    public static string Samples(int shard, int segment) => $"samples/part-{shard}-{segment}.parquet";

    public static string StatisticsPart(int shard, int segment) => $"stats/part-{shard}-{segment}.parquet";

    public static string ChannelsPart(int shard, int segment) => $"channels/part-{shard}-{segment}.parquet";

    public static string CovariancePart(int shard, int segment) => $"covariance/part-{shard}-{segment}.parquet";

    public static string EffectsPart(int shard, int segment) => $"{EffectsFolder}/part-{shard}-{segment}.parquet";

    public static string Activations(int tensor, int shard, int segment) =>
        $"activations/tensor={tensor}/part-{shard}-{segment}.parquet";

    public static string ChannelBlock(int tensor, int block, int shard, int segment) =>
        $"by-channel/tensor={tensor}/block={block}/part-{shard}-{segment}.parquet";

    public static string Full(string folder, string relative) =>
        Path.Combine(folder, relative.Replace('/', Path.DirectorySeparatorChar));
}
