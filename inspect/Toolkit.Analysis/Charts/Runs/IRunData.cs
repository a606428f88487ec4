using System.Text.Json;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>
/// What charts see of a run directory: descriptions at once, data on request. Charts touch no file themselves.
/// </summary>
/// <remarks>
/// Thread-safe; what was read once may be kept. Damaged data throw <see cref="Formats.BadInputException"/>.
/// </remarks>
public interface IRunData
{
    /// <summary>The run's name: the last part of its folder.</summary>
    string Name { get; }

    /// <summary>SHA-256 of the model, lower-case hexadecimal, or null.</summary>
    string? ModelSha256 { get; }

    /// <summary>The group, where the run is of a network on group composition over all pairs; else null.</summary>
    RunGroup? Group { get; }

    /// <summary>What produced the run and from what: model file, runtime, inputs, date, configuration.</summary>
    IReadOnlyList<RunFact> Facts { get; }

    /// <summary>Every value of the graph in topological order, stored or not.</summary>
    IReadOnlyList<RunValue> Values { get; }

    /// <summary>The captured values that are numbers of one shape, in topological order.</summary>
    IReadOnlyList<RunTensor> Activations { get; }

    /// <summary>The model's weights of rank 1 and more, in the file's order.</summary>
    IReadOnlyList<RunTensor> Weights { get; }

    /// <summary>How many samples were captured.</summary>
    long SampleCount { get; }

    /// <summary>Names of the columns that describe samples.</summary>
    IReadOnlyList<string> SampleColumns { get; }

    /// <summary>Names of the result tables: "training", "spectra" …</summary>
    IReadOnlySet<string> Results { get; }

    /// <summary>The epochs of training whose weights the run keeps, ascending; empty where it keeps none.</summary>
    IReadOnlyList<long> Checkpoints => [];

    /// <summary>The run with the weights of a checkpoint in place of its model's, and what follows from them.</summary>
    /// <param name="epoch">One of <see cref="Checkpoints"/>.</param>
    /// <param name="ofFinalModel">Told in a word whatever is read that does not follow: it is the final
    /// model's.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The run as its charts are to see it.</returns>
    /// <exception cref="Formats.BadInputException">There is no such checkpoint, or it does not fit the
    /// model.</exception>
    Task<IRunData> AtCheckpointAsync(long epoch, Action<string> ofFinalModel, CancellationToken cancellation) =>
        throw new Formats.BadInputException(
            $"{Name}: the run keeps no checkpoints. Capture a model in the folder that `train run` left.");

    /// <summary>The whole table of an analysis.</summary>
    /// <param name="analysis">One of <see cref="Results"/>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The table.</returns>
    Task<Table> ResultAsync(string analysis, CancellationToken cancellation);

    /// <summary>Some rows of the table of an analysis, for tables that may be large.</summary>
    /// <param name="analysis">One of <see cref="Results"/>.</param>
    /// <param name="columns">The columns wanted.</param>
    /// <param name="keep">Called with the table's parts in turn: gives the rows to keep of each.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The rows kept.</returns>
    async Task<Table> ResultAsync(
        string analysis, IReadOnlyList<string> columns, Func<Table, Table> keep, CancellationToken cancellation)
    {
        var table = await ResultAsync(analysis, cancellation);
        return keep(new Table([.. columns.Select(name => table[name])]));
    }

    /// <summary>The statistics of a captured value over the whole run.</summary>
    /// <param name="tensor">The value's ONNX name.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The statistics, or null where none were kept (text).</returns>
    Task<TensorStatistics?> StatisticsAsync(string tensor, CancellationToken cancellation);

    /// <summary>What interventions did to the model's outputs.</summary>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The effects, or null where the run is of the model as it is.</returns>
    Task<RunEffects?> EffectsAsync(CancellationToken cancellation) => Task.FromResult<RunEffects?>(null);

    /// <summary>The JSON summary of an analysis.</summary>
    /// <param name="analysis">The name, as in results/NAME.json.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The document's root, or null where there is none.</returns>
    Task<JsonElement?> SummaryAsync(string analysis, CancellationToken cancellation);

    /// <summary>What one column says of some samples, as text.</summary>
    /// <param name="column">One of <see cref="SampleColumns"/>.</param>
    /// <param name="samples">The samples, from 0, in any order: those that are drawn.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>One text for each of <paramref name="samples"/>.</returns>
    Task<IReadOnlyList<string>> SampleColumnAsync(
        string column, IReadOnlyList<long> samples, CancellationToken cancellation);

    /// <summary>Some samples of a captured value, its other axes flattened row-major.</summary>
    /// <param name="tensor">The value's ONNX name.</param>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="count">How many samples.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>[count, features]; numbers of other types are converted to float32.</returns>
    Task<ChartMatrix> ActivationAsync(string tensor, long firstSample, int count, CancellationToken cancellation);

    /// <summary>
    /// Constants of the graph and values whose samples differ in shape, as far as they are stored as numbers.
    /// </summary>
    IReadOnlyList<RunRecord> Records => [];

    /// <summary>One sample of a value of <see cref="Records"/>.</summary>
    /// <param name="name">The value.</param>
    /// <param name="sample">The sample, from 0; a constant has one value for all.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>Its shape in stored order, and its numbers: [all other axes together, last axis].</returns>
    /// <exception cref="Formats.BadInputException">There is no such value, it has none for this sample, or the files
    /// are damaged.</exception>
    Task<(IReadOnlyList<long> Shape, ChartMatrix Values)> RecordAsync(
        string name, long sample, CancellationToken cancellation) =>
        throw new Formats.BadInputException($"{Name}: there is no constant and no value of differing shape.");

    /// <summary>True where one feature of all samples is read without reading the others.</summary>
    /// <param name="tensor">The value's ONNX name.</param>
    /// <returns>False where samples are stored whole.</returns>
    bool IsReadByChannel(string tensor) => false;

    /// <summary>Some features of a captured value for all samples.</summary>
    /// <param name="tensor">The value's ONNX name.</param>
    /// <param name="features">Positions in the flattened other axes.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>[features.Count, samples]: one row per feature.</returns>
    Task<ChartMatrix> ChannelsAsync(string tensor, IReadOnlyList<int> features, CancellationToken cancellation);

    /// <summary>
    /// A weight as a matrix: leading axes flattened to rows, the last axis as columns; a vector is one row.
    /// </summary>
    /// <param name="name">The initializer's name.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The weight as float32.</returns>
    Task<ChartMatrix> WeightAsync(string name, CancellationToken cancellation);

    /// <summary>
    /// The matrix that plays a role in the network: "embed_x" and "embed_y" [n, h], "unembed" [h, n].
    /// </summary>
    /// <param name="role">The role.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The product of the weights that play it, or null where the model does not say or the run holds no
    /// model.</returns>
    Task<ChartMatrix?> RoleAsync(string role, CancellationToken cancellation) => Task.FromResult<ChartMatrix?>(null);
}
