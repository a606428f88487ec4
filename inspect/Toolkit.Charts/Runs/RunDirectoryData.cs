using System.Globalization;
using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Runs.Checkpoints;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Charts.Runs;

/// <summary>
/// A run directory as charts see it: descriptions at once, the model when asked for weights, data by ranges.
/// </summary>
/// <remarks>
/// Thread-safe. Keeps statistics, the model's weights and those of a few checkpoints once read, never activations.
/// </remarks>
public sealed class RunDirectoryData : IRunData
{
    private const int MostCheckpointModels = 4;

    private readonly RunReader _reader;
    private readonly Lazy<IReadOnlyDictionary<int, TensorStatistics>> _statistics;
    private readonly Lazy<RunModel> _model;
    private readonly Lazy<IReadOnlyList<string>> _sampleColumns;
    private readonly Lazy<IReadOnlyList<RunTensor>> _activations;
    private readonly Lazy<Dictionary<long, string>> _checkpoints;
    private readonly Lock _lock = new();
    private readonly Queue<(long Epoch, Task<CheckpointModel> Model)> _checkpointModels = new();

    private RunDirectoryData(RunReader reader)
    {
        _reader = reader;
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(reader.Folder)));
        _statistics = new(reader.ReadStatistics);
        _sampleColumns = new(reader.ReadSampleColumns);
        _activations = new(FindActivations);
        _model = new(() => RunModel.Read(reader.ModelPath));
        _checkpoints = new(() => reader.ModelPath is null
            ? [] : CheckpointSeries.Find(reader.Folder).DistinctBy(file => file.Epoch).ToDictionary(
                file => file.Epoch, file => file.Path));
        Values = [.. reader.Tensors.Select(
            t => new RunValue(t.Name, t.Operator, t.OriginalType, t.Dims, t.IsStored, t.Reason))];
        Results = new HashSet<string>(
            Directory.Exists(ResultsFolder)
                ? Directory.EnumerateFiles(ResultsFolder, "*.parquet")
                    .Select(file => Path.GetFileNameWithoutExtension(file))
                : [],
            StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string? ModelSha256 => _reader.Manifest.Plan.Model.Sha256 is { Length: > 0 } hash ? hash : null;

    /// <inheritdoc/>
    public RunGroup? Group =>
        _model.Value.Group is { } group && SampleCount == (long)group.Order * group.Order ? group : null;

    /// <inheritdoc/>
    public IReadOnlyList<RunFact> Facts => RunFacts.Of(_reader, _model.Value);

    /// <inheritdoc/>
    public IReadOnlyList<RunValue> Values { get; }

    /// <inheritdoc/>
    public IReadOnlyList<RunTensor> Activations => _activations.Value;

    /// <inheritdoc/>
    public IReadOnlyList<RunRecord> Records =>
    [
        .. _reader.Tensors.Where(t => t.IsStored
            && t.StoredType != "string"
            && (t.SampleShape is null || (t.Granularity == RowGranularity.Constant && t.Channels > 0)))
            .Select(t => new RunRecord(t.Name, t.StoredType!, t.Granularity == RowGranularity.Constant)),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<RunTensor> Weights => _model.Value.Weights;

    /// <inheritdoc/>
    public long SampleCount => _reader.Samples;

    /// <inheritdoc/>
    public IReadOnlyList<string> SampleColumns => _sampleColumns.Value;

    /// <inheritdoc/>
    public IReadOnlySet<string> Results { get; }

    /// <inheritdoc/>
    public IReadOnlyList<long> Checkpoints => [.. _checkpoints.Value.Keys.Order()];

    private string ResultsFolder => Path.Combine(_reader.Folder, "results");

    /// <summary>Opens a run directory.</summary>
    /// <param name="folder">The run directory.</param>
    /// <returns>The run.</returns>
    /// <exception cref="BadInputException">There is no such folder, or it holds no run, or an unfinished or damaged
    /// one.</exception>
    public static RunDirectoryData Open(string folder) => new(RunReader.Open(folder));

    /// <inheritdoc/>
    public Task<Table> ResultAsync(string analysis, CancellationToken cancellation) =>
        ParquetTable.ReadAsync(PathOf(analysis), null, cancellation);

    /// <inheritdoc/>
    public Task<Table> ResultAsync(
        string analysis, IReadOnlyList<string> columns, Func<Table, Table> keep, CancellationToken cancellation) =>
        ParquetTable.ReadAsync(PathOf(analysis), columns, keep, cancellation);

    /// <inheritdoc/>
    public async Task<JsonElement?> SummaryAsync(string analysis, CancellationToken cancellation)
    {
        var path = Path.Combine(ResultsFolder, $"{analysis}.json");
        if (analysis.AsSpan().ContainsAny('/', '\\') || !File.Exists(path))
        {
            return null;
        }

        try
        {
            await using var stream = File.OpenRead(path);
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: cancellation);
            return document.RootElement.Clone();
        }
        catch (JsonException bad)
        {
            throw new BadInputException(
                $"{path}: not JSON: {bad.Message} Make it again with the analysis, or delete it.", bad);
        }
    }

    /// <inheritdoc/>
    public Task<TensorStatistics?> StatisticsAsync(string tensor, CancellationToken cancellation) =>
        Task.Run(
            () => _statistics.Value.TryGetValue(_reader.Find(tensor).Id, out var found) ? found : null, cancellation);

    /// <inheritdoc/>
    public Task<RunEffects?> EffectsAsync(CancellationToken cancellation) =>
        _reader.Manifest.Plan.Interventions() is { Count: > 0 } interventions
            ? Task.Run<RunEffects?>(() => new RunEffects(interventions, _reader.ReadEffects()), cancellation)
            : Task.FromResult<RunEffects?>(null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> SampleColumnAsync(
        string column, IReadOnlyList<long> samples, CancellationToken cancellation) =>
        Task.Run<IReadOnlyList<string>>(
            () =>
            {
                if (!SampleColumns.Contains(column))
                {
                    throw new BadInputException(
                        $"{Name}: samples have no column '{column}'. They have: {string.Join(", ", SampleColumns)}.");
                }

                var values = _reader.ReadSamples([column], samples)[column];
                return [.. Enumerable.Range(0, values.Count).Select(
                    row => Convert.ToString(values.ValueAt(row), CultureInfo.InvariantCulture) ?? string.Empty)];
            },
            cancellation);

    /// <inheritdoc/>
    public Task<ChartMatrix> ActivationAsync(
        string tensor, long firstSample, int count, CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                var entry = _reader.Find(tensor);
                var values = Float32Values.Of(_reader.Read(entry, firstSample, count), tensor);
                return new ChartMatrix(count, count == 0 ? 0 : values.Length / count, values);
            },
            cancellation);

    /// <inheritdoc/>
    public Task<(IReadOnlyList<long> Shape, ChartMatrix Values)> RecordAsync(
        string name, long sample, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var entry = _reader.Find(name);
            var tensor = entry.SampleShape is null
                ? RaggedRecord.Read(_reader, entry, sample, cancellation)
                : _reader.Read(entry);
            long[] shape = [.. entry.SampleShape ?? tensor.Shape.Dimensions.ToArray()];
            var columns = shape.Length == 0 ? 1 : checked((int)shape[^1]);
            var values = Float32Values.Of(tensor, name);
            return ((IReadOnlyList<long>)shape, new ChartMatrix(
                columns == 0 ? 0 : values.Length / columns, columns, values));
        },
        cancellation);

    /// <inheritdoc/>
    public bool IsReadByChannel(string tensor) => _reader.IsByChannel(_reader.Find(tensor));

    /// <inheritdoc/>
    public Task<ChartMatrix> ChannelsAsync(
        string tensor, IReadOnlyList<int> features, CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                var entry = _reader.Find(tensor);
                var width = entry.Channels ?? 1;
                int[] channels = [.. features.Select(feature => feature % width).Distinct().Order()];
                var samples = checked((int)SampleCount);
                var positions = (int)(entry.RowsPerSample ?? 1);

                // The usual case, features of one position in their order, is what is read: no copy, nothing else held.
                var position = features is [var feature, ..] ? feature / width : 0;
                if (features.Count > 0
                    && features.SequenceEqual(channels.Select(channel => (position * width) + channel)))
                {
                    return new ChartMatrix(features.Count, samples, Float32Values.Of(
                        _reader.ReadByChannel(entry, channels, position, 0, samples), tensor));
                }

                var values = Float32Values.Of(_reader.ReadByChannel(entry, channels, 0, samples), tensor);
                var result = new float[checked(features.Count * samples)];
                for (var i = 0; i < features.Count; i++)
                {
                    var from = (Array.IndexOf(channels, features[i] % width) * samples * positions)
                        + (features[i] / width);
                    for (var sample = 0; sample < samples; sample++)
                    {
                        result[(i * samples) + sample] = values.Span[from + (sample * positions)];
                    }
                }

                return new ChartMatrix(features.Count, samples, result);
            },
            cancellation);

    /// <inheritdoc/>
    public Task<ChartMatrix> WeightAsync(string name, CancellationToken cancellation) =>
        Task.Run(() => _model.Value.Weight(name), cancellation);

    /// <inheritdoc/>
    public Task<ChartMatrix?> RoleAsync(string role, CancellationToken cancellation) =>
        Task.Run(() => _model.Value.Role(role), cancellation);

    /// <inheritdoc/>
    public async Task<IRunData> AtCheckpointAsync(
        long epoch, Action<string> ofFinalModel, CancellationToken cancellation) =>
        new CheckpointRun(this, await CheckpointOf(epoch).WaitAsync(cancellation), ofFinalModel);

    /// <summary>
    /// True where a value's samples are stored in the layout of the graph: batch axis first, feature axis last.
    /// </summary>
    internal bool IsStoredAsComputed(string tensor) =>
        _reader.Find(tensor) is { BatchAxis: 0, SampleShape: { } shape } entry
            && (entry.FeatureAxis ?? shape.Count) == shape.Count;

    // A set of known names, not a path built from text: nothing outside the results folder can be named.
    private string PathOf(string analysis) => Results.Contains(analysis)
        ? Path.Combine(ResultsFolder, $"{analysis}.parquet")
        : throw new BadInputException(
            $"{Name}: there are no results '{analysis}'. There are: "
                + $"{string.Join(", ", Results.Order(StringComparer.Ordinal))}.");

    /// <summary>
    /// A few models are kept: the charts of a page ask for the same one, and a slider goes back and forth.
    /// </summary>
    private Task<CheckpointModel> CheckpointOf(long epoch)
    {
        if (!_checkpoints.Value.TryGetValue(epoch, out var path))
        {
            throw new BadInputException(
                $"{Name}: there is no checkpoint of epoch {epoch}. There are {Checkpoints.Count}.");
        }

        Task<CheckpointModel>? model;
        lock (_lock)
        {
            model = _checkpointModels.FirstOrDefault(kept => kept.Epoch == epoch && !kept.Model.IsFaulted).Model;
            if (model is null)
            {
                model = Task.Run(() => CheckpointModel.Read(_reader.ModelPath!, path));
                _checkpointModels.Enqueue((epoch, model));
                if (_checkpointModels.Count > MostCheckpointModels)
                {
                    _checkpointModels.Dequeue();
                }
            }
        }

        return model;
    }

    private IReadOnlyList<RunTensor> FindActivations() =>
    [
        .. _reader.Tensors
            .Where(t => t.IsStored && t is { Granularity: RowGranularity.Sample, SampleShape: not null }
                && t.StoredType != "string" && t.Channels > 0)
            .Select(t => (Tensor: t, Role: _model.Value.RoleOf(t.Name)))
            // Features before other axes are channels of an image or a signal.
            .Select(t => new RunTensor(
                t.Tensor.Name,
                t.Tensor.StoredType!,
                t.Tensor.SampleShape!,
                t.Role?.Name,
                t.Role?.Position,
                t.Tensor is { FeatureAxis: 1, SampleShape.Count: > 1 },
                ModelAxes(t.Tensor))),
    ];

    // As a capture orders them: samples first, features last, the others between as they are.
    private static IReadOnlyList<int>? ModelAxes(TensorEntry tensor)
    {
        if (tensor is not { Dims: { } dims, BatchAxis: { } batch, FeatureAxis: { } feature })
        {
            return null;
        }

        int[] axes =
        [
            .. Enumerable.Range(0, dims.Split(',').Length).Where(axis => axis != batch && axis != feature), feature,
        ];
        return axes.Length == tensor.SampleShape!.Count ? axes : null;
    }
}
