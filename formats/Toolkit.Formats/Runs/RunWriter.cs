using System.Collections.Concurrent;
using System.Globalization;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs;

/// <summary>
/// Writes one shard of a run directory, segment by segment. A finished segment is never touched again; what a killed
/// process left of an unfinished one is deleted when its shard goes on. Until it is disposed no other writes the shard.
/// </summary>
public sealed class RunWriter : IDisposable
{
    private const int SegmentsHashedOnResume = 2;
    private readonly List<SegmentRecord> _finished = [];
    private readonly ShardLock _lock;

    private RunWriter(string folder, RunPlan plan, int shard, int shards)
    {
        _lock = ShardLock.Take(folder, shard, shards);
        Folder = folder;
        Plan = plan;
        Shard = shard;
        Shards = shards;
        var batches = plan.Batches();
        FirstSample = batches * shard / shards * plan.Batch;
        EndSample = Math.Min(plan.Samples, batches * (shard + 1) / shards * plan.Batch);
    }

    /// <summary>The run directory.</summary>
    public string Folder { get; }

    /// <summary>What is captured.</summary>
    public RunPlan Plan { get; }

    /// <summary>Which shard this is, from 0.</summary>
    public int Shard { get; }

    /// <summary>How many shards the run has.</summary>
    public int Shards { get; }

    /// <summary>The shard's first sample.</summary>
    public long FirstSample { get; }

    /// <summary>One past the shard's last sample.</summary>
    public long EndSample { get; }

    /// <summary>Segments that are finished, in order.</summary>
    public IReadOnlyList<SegmentRecord> Finished => _finished;

    /// <summary>Counts the tensors that the finished segments of this shard have statistics of.</summary>
    /// <returns>How many there are: values that no sample computed are not among them.</returns>
    public int CountMeasured() => Finished
        .Select(segment => RunPaths.Full(Folder, RunPaths.StatisticsPart(Shard, segment.Index)))
        .Where(File.Exists)
        .SelectMany(static path => ParquetTable.Read(path, ["tensor"]).Values<int>("tensor").ToArray())
        .Distinct()
        .Count();

    /// <summary>Encodings chosen so far, by tensor.</summary>
    internal ConcurrentDictionary<int, ActivationEncoding> Encodings { get; } = new();

    /// <summary>Memory of finished segments, by tensor, in which the next one collects channels.</summary>
    internal ConcurrentDictionary<int, byte[]> ChannelBuffers { get; } = new();

    /// <summary>Begins or continues a shard.</summary>
    /// <param name="folder">The run directory; created where missing.</param>
    /// <param name="plan">What is captured; the same in every process that writes this run.</param>
    /// <param name="shard">Which shard, 0 to <paramref name="shards"/> − 1.</param>
    /// <param name="shards">How many shards there are, at least 1.</param>
    /// <param name="resume">True to go on where a killed process stopped.</param>
    /// <returns>The writer.</returns>
    /// <exception cref="BadInputException">The folder holds something else, another capture, or this one already; or
    /// another process writes the shard now.</exception>
    public static RunWriter Open(string folder, RunPlan plan, int shard = 0, int shards = 1, bool resume = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shards);
        var planPath = RunPaths.Full(folder, RunPaths.Plan);
        CheckFolder(folder);
        var writer = new RunWriter(folder, plan, shard, shards);
        try
        {
            if (File.Exists(planPath))
            {
                writer.CheckPlan(planPath, resume);
            }

            writer.Recover(resume);
            if (!File.Exists(planPath))
            {
                RunJson.Write(planPath, plan);
            }

            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a folder that holds anything but a run, or cannot be written to.</summary>
    /// <param name="folder">The folder; may be missing.</param>
    /// <exception cref="BadInputException">It holds something else, or nothing can be written there.</exception>
    public static void CheckFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (File.Exists(folder))
        {
            throw new BadInputException(
                $"{folder}: this is a file; a run is written to a folder. Choose another name.");
        }

        AtomicFile.CheckFolder(folder);
        if (!Directory.Exists(folder) || File.Exists(RunPaths.Full(folder, RunPaths.Plan)))
        {
            return;
        }

        // A model copied in before the plan is ours; so is what a process killed at the very start left.
        var other = Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName)
            .FirstOrDefault(name => name is not null
                && name != "model.onnx"
                && !ShardLock.AreAll(Path.Combine(folder, name))
                && !name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal));
        if (other is not null)
        {
            throw new BadInputException(
                $"{folder}: the folder holds something else ('{other}') and no run. Choose an empty or a new folder.");
        }
    }

    /// <summary>Whether a folder holds finished samples of a shard.</summary>
    /// <param name="folder">The run directory; may be missing.</param>
    /// <param name="shard">Which shard, from 0.</param>
    public static bool HasFinished(string folder, int shard) =>
        File.Exists(RunPaths.Full(folder, RunPaths.Shard(shard)))
            || File.Exists(RunPaths.Full(folder, RunPaths.Segment(shard, 0)));

    /// <summary>Reads what interventions did to the outputs over all finished segments of this shard.</summary>
    /// <returns>One per output, in the order in which they were added; none where there were no
    /// interventions.</returns>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public IReadOnlyList<OutputEffect> ReadEffects() =>
    [
        .. EffectTable.Total(Folder, _finished.SelectMany(static s => s.Files))
            .Select(static row => OutputEffect.Of(row.Output, row.Node.Values)),
    ];

    /// <summary>The segments that are still to be written, as ranges of samples.</summary>
    /// <returns>Number, first sample and count of each.</returns>
    public IEnumerable<(int Index, long FirstSample, long Samples)> Remaining()
    {
        var index = _finished.Count;
        for (var first = FirstSample + (index * Plan.SegmentSamples); first < EndSample; first += Plan.SegmentSamples)
        {
            yield return (index++, first, Math.Min(Plan.SegmentSamples, EndSample - first));
        }
    }

    /// <summary>Begins a segment.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="firstSample">Its first sample.</param>
    /// <param name="samples">Its samples.</param>
    /// <returns>The segment, whose files appear when it is completed.</returns>
    public RunSegment Begin(int index, long firstSample, long samples) => new(this, index, firstSample, samples);

    /// <summary>Ends the shard; where it is the only one, the run is complete.</summary>
    /// <param name="time">Gives the time of completion.</param>
    public void Complete(TimeProvider time)
    {
        RunJson.Write(
            RunPaths.Full(Folder, RunPaths.Shard(Shard)),
            new ShardRecord { Index = Shard, Count = Shards, Segments = _finished });
        foreach (var segment in _finished)
        {
            File.Delete(RunPaths.Full(Folder, RunPaths.Segment(Shard, segment.Index)));
        }

        if (Shards == 1)
        {
            RunMerge.Complete(Folder, time);
        }
    }

    /// <summary>Lets others write the shard.</summary>
    public void Dispose() => _lock.Dispose();

    internal void Finish(SegmentRecord segment)
    {
        RunJson.Write(RunPaths.Full(Folder, RunPaths.Segment(Shard, segment.Index)), segment);
        _finished.Add(segment);
    }

    /// <summary>
    /// What makes two captures the same. A copied model is known by its hash; another may have data beside it, where it
    /// lies. Inputs from files are known by their hash, others by their name.
    /// </summary>
    private static string Comparable(RunPlan plan) => RunJson.Text(plan with
    {
        Model = plan.Model.File is null ? plan.Model : plan.Model with { Path = string.Empty },
        Inputs = plan.Inputs.Sha256 is null ? plan.Inputs : plan.Inputs with { Source = string.Empty },
        OutputDifference = null,
        ExposedNodes = null,
        PlainNodes = null,
    });

    private void CheckPlan(string planPath, bool resume)
    {
        var stored = RunJson.Read<RunPlan>(planPath);
        if (Comparable(stored) != Comparable(Plan))
        {
            throw new BadInputException(
                $"{Folder}: the folder holds another capture ({Difference(stored)}). Choose a new folder, or repeat "
                    + "that capture's options.");
        }

        if (File.Exists(RunPaths.Full(Folder, RunPaths.Manifest)) && !resume)
        {
            throw new BadInputException(
                $"{Folder}: the folder holds this run already, complete. Choose a new folder, or look at it.");
        }
    }

    private string Difference(RunPlan stored)
    {
        (string Name, string There, string Here)[] pairs =
        [
            ("version", stored.Tool, Plan.Tool),
            ("model", stored.Model.Sha256, Plan.Model.Sha256),
            ("model path", stored.Model.File is null ? stored.Model.Path : string.Empty, Plan.Model.File is null
                ? Plan.Model.Path
                : string.Empty),
            ("input values", stored.Inputs.Sha256 ?? stored.Inputs.Source, Plan.Inputs.Sha256 ?? Plan.Inputs.Source),
            ("labels", stored.Inputs.LabelsSha256 ?? "none", Plan.Inputs.LabelsSha256 ?? "none"),
            ("samples", Text(stored.Samples), Text(Plan.Samples)),
            ("batch", Text(stored.Batch), Text(Plan.Batch)),
            ("segment", Text(stored.SegmentSamples), Text(Plan.SegmentSamples)),
            ("mode", stored.Mode, Plan.Mode),
            ("encoding", stored.Encoding, Plan.Encoding),
            ("covariances of values", Numbers(stored.Covariance ?? []), Numbers(Plan.Covariance ?? [])),
            ("files by channels", ByChannel(stored), ByChannel(Plan)),
            ("runtime", stored.Runtime.ToString(), Plan.Runtime.ToString()),
            ("options", Words(stored.Options), Words(Plan.Options)),
            ("stored values", Text(stored.Tensors.Count(t => t.StoredType is not null)), Text(
                Plan.Tensors.Count(t => t.StoredType is not null))),
        ];
        var (name, there, here) = pairs.FirstOrDefault(pair => pair.There != pair.Here);
        return name is null ? "its values differ" : $"{name} there: {there}, here: {here}";
    }

    private static string ByChannel(RunPlan plan) =>
        plan.ChannelBlockRows is { } rows ? $"yes, {Text(rows)} rows each" : "no";

    private static string Words(IReadOnlyCollection<string> options) =>
        options.Count == 0 ? "none" : string.Join(' ', options);

    private static string Numbers(IReadOnlyCollection<int> tensors) =>
        tensors.Count == 0 ? "none" : string.Join(", ", tensors);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Recover(bool resume)
    {
        var record = RunPaths.Full(Folder, RunPaths.Shard(Shard));
        if (File.Exists(record))
        {
            var done = RunJson.Read<ShardRecord>(record);
            CheckDivision(done);
            if (!resume)
            {
                throw new BadInputException(
                    $"{Folder}: shard {Shard} of {Shards} is finished already. Complete the run with `inspect merge`.");
            }

            _finished.AddRange(done.Segments);
            return;
        }

        if (FinishedShard() is { } other)
        {
            CheckDivision(RunJson.Read<ShardRecord>(other));
        }

        for (var segment = 0; File.Exists(RunPaths.Full(Folder, RunPaths.Segment(Shard, segment))); segment++)
        {
            _finished.Add(RunJson.Read<SegmentRecord>(RunPaths.Full(Folder, RunPaths.Segment(Shard, segment))));
        }

        if (!resume && (_finished.Count > 0 || Leftovers().Any()))
        {
            throw new BadInputException(
                $"{Folder}: the folder holds an unfinished capture ({_finished.Sum(s => s.Samples)} of "
                    + $"{EndSample - FirstSample} samples). "
                + "Go on with --resume, or choose a new folder.");
        }

        CheckFinished();
        foreach (var path in Leftovers().ToList())
        {
            File.Delete(path);
        }

        foreach (var file in _finished.SelectMany(s => s.Files))
        {
            if (file.Tensor is { } tensor && ActivationEncoding.Parse(file.Encoding) is { } encoding)
            {
                Encodings.TryAdd(tensor, encoding);
            }
        }
    }

    /// <summary>The record of a shard that is finished; null where none is. Those of segments have a dash.</summary>
    private string? FinishedShard()
    {
        var shards = Path.Combine(Folder, RunPaths.Shards);
        return Directory.Exists(shards)
            ? Directory.EnumerateFiles(shards, "*.json").FirstOrDefault(
                static path => int.TryParse(
                    Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            : null;
    }

    private void CheckDivision(ShardRecord finished)
    {
        if (finished.Count != Shards)
        {
            throw new BadInputException(
                $"{Folder}: the run was divided into {finished.Count} shards, not {Shards}. Use --shard "
                    + $"i/{finished.Count}.");
        }
    }

    /// <summary>
    /// Files of all finished segments must be there in full; the last ones are hashed, for a machine may have died with
    /// them.
    /// </summary>
    private void CheckFinished()
    {
        for (var i = 0; i < _finished.Count; i++)
        {
            var expected = FirstSample + (i * Plan.SegmentSamples);
            if (_finished[i].FirstSample != expected)
            {
                throw new BadInputException(
                    $"{Folder}: segment {i} begins at sample {_finished[i].FirstSample}, not {expected}: the run was "
                        + "divided otherwise. "
                    + "Repeat the number of shards it began with.");
            }

            foreach (var file in _finished[i].Files)
            {
                if (RunVerification.Fault(Folder, file, hash: i >= _finished.Count - SegmentsHashedOnResume)
                    is { } fault)
                {
                    throw new BadInputException($"{fault} The run cannot go on: capture it again into a new folder.");
                }
            }
        }
    }

    /// <summary>Files of this shard that belong to no finished segment.</summary>
    private IEnumerable<string> Leftovers()
    {
        var known = _finished.SelectMany(s => s.Files).Select(f => RunPaths.Full(Folder, f.Path)).ToHashSet(
            StringComparer.Ordinal);
        string[] folders = [
            "activations", "samples", "stats", "channels", "covariance", RunPaths.EffectsFolder, "by-channel",
        ];
        foreach (var folder in folders.Select(name => Path.Combine(Folder, name)).Where(Directory.Exists))
        {
            foreach (var path in Directory.EnumerateFiles(folder, $"*part-{Shard}-*", SearchOption.AllDirectories))
            {
                if (!known.Contains(path))
                {
                    yield return path;
                }
            }
        }
    }
}
