using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Runs;

/// <summary>
/// Writes a small run directory from tensors that are in memory: results of other programs, and test data. Captures of
/// models stream instead (<see cref="RunWriter"/>). Statistics are not made.
/// </summary>
public sealed class RunBuilder
{
    private readonly List<(TensorEntry Entry, HostTensor Values)> _tensors = [];
    private Table? _samples;
    private int? _channelBlockRows;

    /// <summary>Sets the columns that describe samples.</summary>
    /// <param name="samples">One row per sample; a column <c>sample_id</c> is added where missing.</param>
    /// <returns>This builder.</returns>
    public RunBuilder Samples(Table samples)
    {
        _samples = samples;
        return this;
    }

    /// <summary>Adds a tensor with one set of rows per sample.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="values">[samples, …, channels], any element type that can be stored without a change: float32,
    /// float64, int64, uint64, bool.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type is another, or there is no axis for samples.</exception>
    public RunBuilder Tensor(string name, HostTensor values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Shape.Rank == 0
            || StoredTypes.Of(values.Type)?.Element() != values.Type
            || values.Type == ElementType.Text)
        {
            throw new ArgumentException(
                $"'{name}': {values.Type.DisplayName()} {values.Shape} cannot be stored as it is.", nameof(values));
        }

        _tensors.Add((new TensorEntry
        {
            Id = _tensors.Count,
            Name = name,
            OriginalType = values.Type.DisplayName(),
            StoredType = values.Type.DisplayName(),
            Dims = $"batch{string.Concat(values.Shape.Dimensions[1..].ToArray().Select(d => $", {d}"))}",
            SampleShape = values.Shape.Dimensions[1..].ToArray(),
            BatchAxis = 0,
            FeatureAxis = values.Shape.Rank > 1 ? values.Shape.Rank - 1 : null,
        }, values));
        return this;
    }

    /// <summary>Has values written by channels too.</summary>
    /// <param name="rows">Rows of one row group.</param>
    /// <returns>This builder.</returns>
    public RunBuilder ByChannel(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        _channelBlockRows = rows;
        return this;
    }

    /// <summary>Writes the run.</summary>
    /// <param name="folder">The run directory: new or empty.</param>
    /// <param name="time">Gives the time of completion; null for the system's.</param>
    /// <returns>A reader of it.</returns>
    /// <exception cref="BadInputException">The folder holds something already.</exception>
    /// <exception cref="InvalidOperationException">Tensors and samples differ in number of samples, or there are
    /// none.</exception>
    public RunReader Write(string folder, TimeProvider? time = null)
    {
        long[] counts = [.. _tensors.Select(t => t.Values.Shape[0]), .. _samples is null
            ? []
            : new[] { (long)_samples.RowCount }];
        if (counts.Length == 0 || counts.Distinct().Count() > 1)
        {
            throw new InvalidOperationException(
                $"Tensors and samples must agree in the number of samples: {string.Join(", ", counts)}.");
        }

        var plan = new RunPlan
        {
            Samples = counts[0],
            Batch = (int)Math.Max(1, counts[0]),
            SegmentSamples = Math.Max(1, counts[0]),
            ChannelBlockRows = _channelBlockRows,
            Tensors = [.. _tensors.Select(t => t.Entry)],
        };
        using var run = RunWriter.Open(folder, plan);
        foreach (var (index, first, samples) in run.Remaining())
        {
            using var segment = run.Begin(index, first, samples);
            foreach (var (entry, values) in _tensors)
            {
                var rows = (int)entry.RowsPerSample!.Value;
                var ids = new long[samples * rows];
                var positions = new int[ids.Length];
                for (var i = 0; i < ids.Length; i++)
                {
                    (ids[i], positions[i]) = (i / rows, i % rows);
                }

                segment.Append(entry, ids, positions, values.Bytes.Span);
            }

            segment.Complete(SamplesTable((int)samples));
        }

        run.Complete(time ?? TimeProvider.System);
        return RunReader.Open(folder);
    }

    private Table SamplesTable(int count)
    {
        var ids = TableColumn.Create("sample_id", Enumerable.Range(0, count).Select(i => (long)i).ToArray());
        return _samples is null ? new Table(ids)
            : _samples.Contains("sample_id") ? _samples
            : new Table([ids, .. _samples.Columns]);
    }
}
