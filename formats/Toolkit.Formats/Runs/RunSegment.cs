using System.Collections.Concurrent;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs;

/// <summary>
/// One segment of a shard under way. Different tensors may be written by different threads at once, the rows of one
/// tensor in order. Files get their final names in <see cref="Complete"/>; disposing an incomplete segment deletes
/// them.
/// </summary>
public sealed class RunSegment : IDisposable
{
    private readonly RunWriter _run;
    private readonly ConcurrentDictionary<int, Part> _parts = new();
    private readonly ConcurrentDictionary<int, StatisticsTree<TensorStatistics>> _statistics = new();
    private readonly ConcurrentDictionary<int, NoiseRecord> _noise = new();
    private readonly OrderedDictionary<string, StatisticsTree<EffectSums>> _effects = new(StringComparer.Ordinal);
    private bool _isComplete;

    internal RunSegment(RunWriter run, int index, long firstSample, long samples)
    {
        _run = run;
        Index = index;
        FirstSample = firstSample;
        Samples = samples;
    }

    /// <summary>Its number within the shard, from 0.</summary>
    public int Index { get; }

    /// <summary>Its first sample.</summary>
    public long FirstSample { get; }

    /// <summary>Its samples.</summary>
    public long Samples { get; }

    /// <summary>The file of a tensor whose rows differ in length, or are texts; created on the first call.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <returns>The writer, owned by the segment.</returns>
    public ActivationFileWriter Activations(TensorEntry tensor) => PartOf(tensor).Writer;

    /// <summary>
    /// Appends rows of a tensor whose samples have one shape; also by channels, where the plan says so.
    /// </summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="samples">The sample of each row, ascending.</param>
    /// <param name="positions">The position of each row within its sample.</param>
    /// <param name="values">[rows, channels], row-major, little-endian; truth values take one byte each.</param>
    public void Append(
        TensorEntry tensor, ReadOnlySpan<long> samples, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
    {
        PartOf(tensor).Append(samples, positions, values);
    }

    /// <summary>Adds statistics of one tensor over the next batches.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="node">The batches and their statistics, in ascending order for one tensor.</param>
    public void AddStatistics(TensorEntry tensor, StatisticsNode<TensorStatistics> node)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        _statistics.GetOrAdd(tensor.Id, _ => new StatisticsTree<TensorStatistics>()).Add(node);
    }

    /// <summary>Adds what interventions did to one output over the next batches; one thread at a time.</summary>
    /// <param name="output">The output's name.</param>
    /// <param name="node">The batches and what was measured, in ascending order for one output.</param>
    public void AddEffect(string output, StatisticsNode<EffectSums> node)
    {
        if (!_effects.TryGetValue(output, out var tree))
        {
            _effects.Add(output, tree = new StatisticsTree<EffectSums>());
        }

        tree.Add(node);
    }

    /// <summary>Adds how much a tensor differed between runs of one batch.</summary>
    /// <param name="noise">The difference.</param>
    public void AddNoise(NoiseRecord noise)
    {
        ArgumentNullException.ThrowIfNull(noise);
        _noise.AddOrUpdate(noise.Tensor, noise, (_, before) => NoiseRecord.Merge(before, noise));
    }

    /// <summary>
    /// Ends the files of some tensors, and frees what they held in memory; nothing may be added to them any more.
    /// </summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="threads">How many files are ended at a time.</param>
    public void End(IEnumerable<TensorEntry> tensors, int threads)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Part[] parts = [.. tensors.Select(tensor => _parts.GetValueOrDefault(tensor.Id)).OfType<Part>()];
        ParallelLoop.For(parts.Length, threads, i => parts[i].Complete());
    }

    /// <summary>Ends all files, gives them their names, and records the segment as finished.</summary>
    /// <param name="samples">One row per sample of the segment, with the column <c>sample_id</c> first.</param>
    /// <returns>What was finished.</returns>
    public SegmentRecord Complete(Table samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.RowCount != Samples)
        {
            throw new ArgumentException($"{samples.RowCount} rows describe {Samples} samples.", nameof(samples));
        }

        var files = new List<FileRecord>();
        foreach (var (_, part) in _parts.OrderBy(p => p.Key))
        {
            files.AddRange(part.Complete());
        }

        files.Add(WriteTable(RunPaths.Samples(_run.Shard, Index), samples));
        var nodes = _statistics.OrderBy(s => s.Key)
            .SelectMany(s => s.Value.Nodes.Select(node => (Entry: _run.Plan.Tensors[s.Key], Node: node))).ToList();
        if (nodes.Count > 0)
        {
            files.Add(WriteTable(
                RunPaths.StatisticsPart(_run.Shard, Index),
                StatisticsTable.Whole([.. StatisticsTable.WholeRows(nodes)])));
            files.Add(WriteTable(
                RunPaths.ChannelsPart(_run.Shard, Index),
                StatisticsTable.Channels([.. StatisticsTable.ChannelRows(nodes)])));
            if (nodes.Exists(n => n.Node.Values.Covariance is not null))
            {
                files.Add(WriteTable(RunPaths.CovariancePart(_run.Shard, Index), CovarianceTable.Part(nodes)));
            }
        }

        if (_effects.Count > 0)
        {
            files.Add(WriteTable(RunPaths.EffectsPart(_run.Shard, Index), EffectTable.Of(
                [.. _effects.SelectMany(static e => e.Value.Nodes.Select(node => (e.Key, node)))])));
        }

        var record = new SegmentRecord
        {
            Index = Index,
            FirstSample = FirstSample,
            Samples = Samples,
            Files = files,
            Noise = [.. _noise.Values.OrderBy(n => n.Tensor)],
        };
        _run.Finish(record);
        _isComplete = true;
        return record;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts.Values)
        {
            part.IsKept = _isComplete;
            part.Dispose();
        }
    }

    private FileRecord WriteTable(string relative, Table table) => TableFile.Write(_run.Folder, relative, table);

    private Part PartOf(TensorEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return _parts.GetOrAdd(tensor.Id, _ => new Part(_run, this, tensor));
    }

    /// <summary>The files of one tensor.</summary>
    private sealed class Part : IDisposable
    {
        private readonly RunWriter _run;
        private readonly TensorEntry _tensor;
        private readonly SegmentFile _file;
        private ActivationFileWriter? _writer;
        private IReadOnlyList<FileRecord>? _records;

        public Part(RunWriter run, RunSegment segment, TensorEntry tensor)
        {
            _run = run;
            _tensor = tensor;
            _file = new SegmentFile(run.Folder, RunPaths.Activations(tensor.Id, run.Shard, segment.Index));
            var policy = run.Plan.Encoding == "speed" ? EncodingPolicy.Speed : EncodingPolicy.Size;
            _writer = new ActivationFileWriter(
                _file,
                StoredTypes.Named(tensor.StoredType),
                tensor.Channels,
                policy,
                run.Encodings.GetValueOrDefault(tensor.Id));
            if (run.Plan.IsByChannel(tensor))
            {
                var rows = (int)Math.Min(
                    run.Plan.ChannelBlockRows!.Value, Math.Max(1, segment.Samples * tensor.RowsPerSample!.Value));
                Blocks = new ChannelBlocks(
                    run.Folder,
                    tensor,
                    block => RunPaths.ChannelBlock(tensor.Id, block, run.Shard, segment.Index),
                    rows,
                    policy,
                    run.ChannelBuffers);
            }
        }

        public ActivationFileWriter Writer =>
            _writer ?? throw new InvalidOperationException($"'{_tensor.Name}': its file has ended.");

        public ChannelBlocks? Blocks { get; }

        public void Append(ReadOnlySpan<long> samples, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
        {
            Writer.Append(samples, positions, values);
            Blocks?.Append(samples, positions, values);
        }

        public IReadOnlyList<FileRecord> Complete()
        {
            if (_records is not null)
            {
                return _records;
            }

            var (bytes, hash) = Writer.Complete();
            _file.Finish();
            if (Writer.Encoding is { } encoding)
            {
                _run.Encodings.TryAdd(_tensor.Id, encoding);
            }

            _records =
            [
                new FileRecord(_file.Relative, _tensor.Id, Writer.Rows, bytes, hash, Writer.Encoding?.Name),
                .. Blocks?.Complete() ?? [],
            ];
            Writer.Dispose();
            _writer = null;
            return _records;
        }

        /// <summary>True where the files stay when this is disposed.</summary>
        public bool IsKept { get; set; }

        public void Dispose()
        {
            _writer?.Dispose();
            _file.IsKept = IsKept;
            _file.Dispose();
            if (Blocks is not null)
            {
                Blocks.IsKept = IsKept;
                Blocks.Dispose();
            }
        }
    }
}
