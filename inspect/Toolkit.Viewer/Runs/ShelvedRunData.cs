using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;

namespace Toolkit.Viewer.Runs;

/// <summary>
/// A run whose channels are read in blocks, one block at a time, and kept on a <see cref="ChannelShelf"/>.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle nobody asks for holds nothing native.")]
internal sealed class ShelvedRunData(IRunData run, string key, ChannelShelf shelf) : IRunData
{
    // Forty channels of 518,400 samples are 83 MB, and a copy more would be too much: those are not kept, and neither
    // are many that are stored by channels, where reading them again costs little.
    private const int MostInBlock = 40;
    private const long MostBytesInBlock = 24L * 1024 * 1024;

    private readonly SemaphoreSlim _reading = new(1);

    /// <inheritdoc/>
    public string Name => run.Name;

    public string? ModelSha256 => run.ModelSha256;

    public RunGroup? Group => run.Group;

    public IReadOnlyList<RunFact> Facts => run.Facts;

    public IReadOnlyList<RunValue> Values => run.Values;

    public IReadOnlyList<RunTensor> Activations { get; } = run.Activations;

    public IReadOnlyList<RunTensor> Weights => run.Weights;

    public IReadOnlyList<RunRecord> Records => run.Records;

    public long SampleCount => run.SampleCount;

    public IReadOnlyList<string> SampleColumns => run.SampleColumns;

    public IReadOnlySet<string> Results => run.Results;

    public IReadOnlyList<long> Checkpoints => run.Checkpoints;

    public async Task<IRunData> AtCheckpointAsync(
        long epoch, Action<string> ofFinalModel, CancellationToken cancellation) =>
        new ShelvedRunData(await run.AtCheckpointAsync(epoch, ofFinalModel, cancellation), $"{key}\n{epoch}", shelf);

    public Task<Table> ResultAsync(string analysis, CancellationToken cancellation) =>
        run.ResultAsync(analysis, cancellation);

    public Task<Table> ResultAsync(
        string analysis, IReadOnlyList<string> columns, Func<Table, Table> keep, CancellationToken cancellation) =>
        run.ResultAsync(
            analysis,
            columns,
            part =>
            {
                // The arrays of each part of a large table are large objects, which would pile up.
                var kept = keep(part);
                LargeGarbage.Collect(giveBack: false);
                return kept;
            },
            cancellation);

    public Task<TensorStatistics?> StatisticsAsync(string tensor, CancellationToken cancellation) =>
        run.StatisticsAsync(tensor, cancellation);

    public Task<RunEffects?> EffectsAsync(CancellationToken cancellation) => run.EffectsAsync(cancellation);

    public Task<JsonElement?> SummaryAsync(string analysis, CancellationToken cancellation) =>
        run.SummaryAsync(analysis, cancellation);

    public Task<IReadOnlyList<string>> SampleColumnAsync(
        string column, IReadOnlyList<long> samples, CancellationToken cancellation) =>
        run.SampleColumnAsync(column, samples, cancellation);

    public Task<ChartMatrix> ActivationAsync(
        string tensor, long firstSample, int count, CancellationToken cancellation) =>
        run.ActivationAsync(tensor, firstSample, count, cancellation);

    public Task<(IReadOnlyList<long> Shape, ChartMatrix Values)> RecordAsync(
        string name, long sample, CancellationToken cancellation) =>
        run.RecordAsync(name, sample, cancellation);

    public bool IsReadByChannel(string tensor) => run.IsReadByChannel(tensor);

    public Task<ChartMatrix> WeightAsync(string name, CancellationToken cancellation) =>
        run.WeightAsync(name, cancellation);

    public Task<ChartMatrix?> RoleAsync(string role, CancellationToken cancellation) =>
        run.RoleAsync(role, cancellation);

    /// <inheritdoc/>
    public async Task<ChartMatrix> ChannelsAsync(
        string tensor, IReadOnlyList<int> features, CancellationToken cancellation)
    {
        if (Kept(tensor, features) is { } known)
        {
            return known;
        }

        // Several charts of a page want the same channel at once: the first reads it, the others find it here.
        await _reading.WaitAsync(cancellation);
        try
        {
            if (Kept(tensor, features) is { } meanwhile)
            {
                return meanwhile;
            }

            LargeGarbage.Collect(giveBack: false);
            var block = Block(tensor, features);
            var read = await run.ChannelsAsync(tensor, block, cancellation);
            if (read.Columns * (long)sizeof(float) * block.Count <= MostBytesInBlock
                && (block.Count == 1 || !run.IsReadByChannel(tensor)))
            {
                for (var i = 0; i < block.Count; i++)
                {
                    shelf.Put(KeyOf(tensor, block[i]), read.Values.Slice(i * read.Columns, read.Columns).ToArray());
                }
            }

            return ReferenceEquals(block, features)
                ? read
                : Kept(tensor, features) ?? await run.ChannelsAsync(tensor, features, cancellation);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>
    /// One channel brings its neighbours: as many as cost little memory, within one position of the value.
    /// </summary>
    private IReadOnlyList<int> Block(string tensor, IReadOnlyList<int> features)
    {
        if (features is not [var feature]
            || run.IsReadByChannel(tensor)
            || Activations.FirstOrDefault(value => value.Name == tensor) is not { Channels: > 0 } found)
        {
            return features;
        }

        var size = (int)Math.Clamp(MostBytesInBlock / Math.Max(1, SampleCount * sizeof(float)), 1, MostInBlock);
        var position = feature / found.Channels * found.Channels;
        var first = position + ((feature - position) / size * size);
        return [.. Enumerable.Range(first, Math.Min(size, position + found.Channels - first))];
    }

    private ChartMatrix? Kept(string tensor, IReadOnlyList<int> features)
    {
        var rows = features.Select(feature => shelf.TryGet(KeyOf(tensor, feature))).ToList();
        if (rows.Count == 0 || rows.Exists(row => row is null))
        {
            return null;
        }

        var columns = rows[0]!.Length;
        if (rows.Count == 1)
        {
            return new ChartMatrix(1, columns, rows[0]);
        }

        var values = new float[rows.Count * columns];
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i]!.CopyTo(values, i * columns);
        }

        return new ChartMatrix(rows.Count, columns, values);
    }

    private string KeyOf(string tensor, int feature) => $"{key}\n{tensor}\n{feature}";
}
