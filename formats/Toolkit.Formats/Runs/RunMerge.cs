using System.Globalization;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Formats.Runs;

/// <summary>
/// Makes a complete run of finished shards: checks that none is missing, merges their statistics, writes the manifest.
/// </summary>
public static class RunMerge
{
    /// <summary>Completes a run.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="time">Gives the time of completion.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="BadInputException">A shard is missing or unfinished, or shards do not fit together.</exception>
    public static RunManifest Complete(string folder, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(time);
        var plan = RunReader.ReadPlan(folder);
        var faults = new List<string>();
        var shards = ReadShards(folder, faults, onlyFinished: true);
        Check(folder, plan, shards, faults);
        if (faults.Count > 0)
        {
            throw new BadInputException(string.Join(Environment.NewLine, faults));
        }

        var totals = Totals(folder, plan, shards);
        var channels = totals.ToDictionary(t => t.Entry.Id, t => t.Node.Values.Channels?.Count);
        List<FileRecord> tables =
        [
            TableFile.Write(folder, RunPaths.Tensors, TensorTable.Write(Tensors(plan, shards), channels)),
            .. WriteStatistics(folder, plan, totals),
            .. WriteEffects(folder, shards),
        ];
        var manifest = new RunManifest
        {
            Plan = plan,
            Completed = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Shards = shards,
            Tables = tables,
        };
        RunJson.Write(RunPaths.Full(folder, RunPaths.Manifest), manifest);

        // Only now does no shard write here any more.
        AtomicFile.DeleteUnfinished(folder);
        AtomicFile.DeleteUnfinished(Path.Combine(folder, RunPaths.Shards));
        ShardLock.DeleteLeft(folder);
        return manifest;
    }

    /// <summary>Reads what shards finished, in order.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="onlyFinished">True to leave out segments of shards that are under way.</param>
    internal static IReadOnlyList<ShardRecord> ReadShards(string folder, List<string> faults, bool onlyFinished = false)
    {
        var shards = new SortedDictionary<int, ShardRecord>();
        var parts = new List<(int Shard, SegmentRecord Segment)>();
        var shardFolder = Path.Combine(folder, RunPaths.Shards);
        foreach (var path in Directory.Exists(shardFolder) ? Directory.EnumerateFiles(shardFolder, "*.json") : [])
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var numbers = name
                .Split('-')
                .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? i : -1)
                .ToArray();
            try
            {
                switch (numbers)
                {
                    case [>= 0]:
                        shards[numbers[0]] = RunJson.Read<ShardRecord>(path);
                        break;
                    case [>= 0, >= 0] when !onlyFinished:
                        parts.Add((numbers[0], RunJson.Read<SegmentRecord>(path)));
                        break;
                    default:
                        break;
                }
            }
            catch (BadInputException e)
            {
                faults.Add(e.Message);
            }
        }

        foreach (var group in parts.Where(p => !shards.ContainsKey(p.Shard)).GroupBy(p => p.Shard).ToList())
        {
            shards[group.Key] = new ShardRecord
            {
                Index = group.Key,
                Segments = [.. group.Select(g => g.Segment).OrderBy(s => s.Index)],
            };
        }

        return [.. shards.Values];
    }

    private static void Check(string folder, RunPlan plan, IReadOnlyList<ShardRecord> shards, List<string> faults)
    {
        var count = shards.Count == 0 ? 1 : shards[0].Count;
        var missing = Enumerable.Range(0, Math.Max(count, 1)).Except(shards.Select(s => s.Index)).Take(20).ToList();
        if (missing.Count > 0)
        {
            faults.Add(
                $"{folder}: of {count} shards these are not finished: {string.Join(", ", missing)}. "
                + "Run them (with --resume where they began), then merge again.");
            return;
        }

        if (shards.Any(s => s.Count != count) || shards.Count != count)
        {
            faults.Add(
                $"{folder}: its shards belong to different divisions "
                    + $"({string.Join(", ", shards.Select(s => s.Count).Distinct())}).");
            return;
        }

        var next = 0L;
        foreach (var segment in shards.SelectMany(s => s.Segments))
        {
            if (segment.FirstSample != next)
            {
                faults.Add(
                    $"{folder}: samples {next} to {segment.FirstSample - 1} are in no segment. Capture again into a "
                        + "new folder.");
            }

            next = segment.FirstSample + segment.Samples;
            faults.AddRange(
                segment.Files.Select(file => RunVerification.Fault(folder, file, hash: false)).OfType<string>());
        }

        if (next != plan.Samples)
        {
            faults.Add(
                $"{folder}: the segments hold {next} of {plan.Samples} samples. Capture again into a new folder.");
        }
    }

    private static IReadOnlyList<TensorEntry> Tensors(RunPlan plan, IReadOnlyList<ShardRecord> shards)
    {
        var noise = shards.SelectMany(s => s.Segments).SelectMany(s => s.Noise).GroupBy(n => n.Tensor)
            .ToDictionary(g => g.Key, g => g.Aggregate(NoiseRecord.Merge));
        var files = shards.Files()
            .Where(f => f.Tensor is not null)
            .ToLookup(f => f.Tensor!.Value);
        return
        [
            .. plan.Tensors.Select(tensor =>
            {
                var encodings = files[tensor.Id].Select(f => f.Encoding).OfType<string>().Distinct().ToList();
                return tensor with
                {
                    Rows = files[tensor.Id].Sum(f => f.Rows),
                    Bytes = files[tensor.Id].Sum(f => f.Bytes),
                    Encoding = encodings.Count switch { 0 => null, 1 => encodings[0], _ => "mixed" },
                    LargestNoise = noise.GetValueOrDefault(tensor.Id)?.LargestError,
                    RelativeNoise = noise.GetValueOrDefault(tensor.Id)?.RelativeError,
                };
            }),
        ];
    }

    /// <summary>The statistics of every measured tensor over the whole run.</summary>
    private static List<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> Totals(
        string folder, RunPlan plan, IReadOnlyList<ShardRecord> shards)
    {
        var trees = new SortedDictionary<int, StatisticsTree<TensorStatistics>>();
        foreach (var (shard, segment) in shards.SelectMany(s => s.Segments.Select(g => (s.Index, g.Index))))
        {
            var path = RunPaths.Full(folder, RunPaths.StatisticsPart(shard, segment));
            if (!File.Exists(path))
            {
                continue;
            }

            // Whether every file of a segment's record is there was checked before; a segment of texts alone
            // has none.
            var covariancePath = RunPaths.Full(folder, RunPaths.CovariancePart(shard, segment));
            var covariances = plan.Covariance is not null
                && File.Exists(covariancePath) ? CovarianceTable.Read(covariancePath) : null;
            foreach (var (tensor, read) in StatisticsTable.Read(
                path, RunPaths.Full(folder, RunPaths.ChannelsPart(shard, segment))))
            {
                var node = covariances?.GetValueOrDefault((tensor, read.Level, read.Index)) is { } sums
                    ? read with { Values = read.Values with { Covariance = sums } }
                    : read;
                if (!trees.TryGetValue(tensor, out var tree))
                {
                    trees.Add(tensor, tree = new StatisticsTree<TensorStatistics>());
                }

                tree.Add(node);
            }
        }

        // One row per tensor: level −1 says that the row is the whole run, not a node.
        return
        [
            .. trees.Where(t => t.Key >= 0 && t.Key < plan.Tensors.Count)
                .Select(t => (plan.Tensors[t.Key], new StatisticsNode<TensorStatistics>(-1, 0, t.Value.Total()!))),
        ];
    }

    private static IEnumerable<FileRecord> WriteStatistics(
        string folder, RunPlan plan, List<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> totals)
    {
        yield return TableFile.Write(
            folder, RunPaths.Statistics, StatisticsTable.Whole([.. StatisticsTable.WholeRows(totals)]));
        yield return TableFile.Write(
            folder, RunPaths.Channels, StatisticsTable.Channels([.. StatisticsTable.ChannelRows(totals)]));
        if (plan.Covariance is not null)
        {
            yield return TableFile.Write(folder, RunPaths.Covariance, CovarianceTable.Whole(totals));
        }
    }

    private static IEnumerable<FileRecord> WriteEffects(string folder, IReadOnlyList<ShardRecord> shards)
    {
        var totals = EffectTable.Total(folder, shards.Files());
        return totals.Count == 0 ? [] : [TableFile.Write(folder, RunPaths.Effects, EffectTable.Of(totals))];
    }
}
