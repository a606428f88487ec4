using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.Spectra;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;

namespace Toolkit.Charts.Runs.Checkpoints;

/// <summary>
/// A run as it would be with the weights of a checkpoint: weights from the checkpoint, captured values computed anew
/// over all pairs, shares per irrep and singular values measured anew. What only an analysis can give stays the final
/// model's, and is told.
/// </summary>
internal sealed class CheckpointRun(RunDirectoryData run, CheckpointModel model, Action<string> ofFinalModel) : IRunData
{
    /// <summary>Groups beyond this order take seconds to analyse: too long for a slider.</summary>
    private const int LargestAnalysedOrder = 150;

    private static readonly string[] OverEpochs = ["training", "progress", "progress_irreps"];

    /// <inheritdoc/>
    public string Name => run.Name;

    public string? ModelSha256 => run.ModelSha256;

    public RunGroup? Group => run.Group;

    public IReadOnlyList<RunFact> Facts => run.Facts;

    public IReadOnlyList<RunValue> Values => run.Values;

    public IReadOnlyList<RunTensor> Activations => run.Activations;

    public IReadOnlyList<RunTensor> Weights => run.Weights;

    public IReadOnlyList<RunRecord> Records => run.Records;

    public long SampleCount => run.SampleCount;

    public IReadOnlyList<string> SampleColumns => run.SampleColumns;

    public IReadOnlySet<string> Results => run.Results;

    public IReadOnlyList<long> Checkpoints => run.Checkpoints;

    public Task<IRunData> AtCheckpointAsync(long epoch, Action<string> ofFinalModel, CancellationToken cancellation) =>
        run.AtCheckpointAsync(epoch, ofFinalModel, cancellation);

    /// <inheritdoc/>
    public async Task<Table> ResultAsync(string analysis, CancellationToken cancellation)
    {
        if (OverEpochs.Contains(analysis))
        {
            return await run.ResultAsync(analysis, cancellation);
        }

        switch (analysis)
        {
            case "group" when run.Group is { Order: <= LargestAnalysedOrder }:
                return await Task.Run(() => model.Shares, cancellation);
            case SpectraTables.Values when model.HasSmallWeights:
                return await Task.Run(() => SpectraTables.ValuesOf(model.Spectra), cancellation);
            case SpectraTables.Summaries when model.HasSmallWeights:
                return await Task.Run(() => SpectraTables.SummariesOf(model.Spectra), cancellation);
            default:
                ofFinalModel($"the results '{analysis}'");
                return await run.ResultAsync(analysis, cancellation);
        }
    }

    public Task<TensorStatistics?> StatisticsAsync(string tensor, CancellationToken cancellation)
    {
        ofFinalModel("the statistics of the capture");
        return run.StatisticsAsync(tensor, cancellation);
    }

    public Task<RunEffects?> EffectsAsync(CancellationToken cancellation)
    {
        ofFinalModel("the effects of interventions");
        return run.EffectsAsync(cancellation);
    }

    public Task<JsonElement?> SummaryAsync(string analysis, CancellationToken cancellation)
    {
        ofFinalModel($"the results '{analysis}'");
        return run.SummaryAsync(analysis, cancellation);
    }

    public Task<IReadOnlyList<string>> SampleColumnAsync(
        string column, IReadOnlyList<long> samples, CancellationToken cancellation) =>
        run.SampleColumnAsync(column, samples, cancellation);

    public Task<(IReadOnlyList<long> Shape, ChartMatrix Values)> RecordAsync(
        string name, long sample, CancellationToken cancellation)
    {
        ofFinalModel("captured values");
        return run.RecordAsync(name, sample, cancellation);
    }

    public bool IsReadByChannel(string tensor) => run.IsReadByChannel(tensor);

    public Task<ChartMatrix> ActivationAsync(string tensor, long firstSample, int count, CancellationToken cancellation)
    {
        if (Computable(tensor) is { } value)
        {
            return Task.Run(
                () => model.Compute(value, run.Group!.Order, firstSample, count, null, cancellation), cancellation);
        }

        ofFinalModel("captured values");
        return run.ActivationAsync(tensor, firstSample, count, cancellation);
    }

    public Task<ChartMatrix> ChannelsAsync(string tensor, IReadOnlyList<int> features, CancellationToken cancellation)
    {
        if (Computable(tensor) is { } value)
        {
            return Task.Run(
                () =>
                {
                    var rows = model.Compute(
                        value, run.Group!.Order, 0, checked((int)run.SampleCount), features, cancellation);
                    return ChartMatrix.Build(rows.Columns, rows.Rows, (feature, sample) => rows[sample, feature]);
                },
                cancellation);
        }

        ofFinalModel("captured values");
        return run.ChannelsAsync(tensor, features, cancellation);
    }

    public Task<ChartMatrix> WeightAsync(string name, CancellationToken cancellation) =>
        Task.Run(() => model.Model.Weight(name), cancellation);

    public Task<ChartMatrix?> RoleAsync(string role, CancellationToken cancellation) =>
        Task.Run(() => model.Model.Role(role), cancellation);

    /// <summary>
    /// The value, where the run's samples are all pairs, so that the model's inputs are known, and it is stored as the
    /// graph lays it out.
    /// </summary>
    private RunTensor? Computable(string tensor) =>
        run.Group is not null && run.IsStoredAsComputed(tensor)
            ? run.Activations.FirstOrDefault(value => value.Name == tensor && value.Type == "float32")
            : null;
}
