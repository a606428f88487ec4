using System.Buffers;
using System.Runtime.InteropServices;
using Toolkit.Capture.Statistics;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Takes one value of batch after batch: brings it into stored order and type, measures it, writes it. One thread at a
/// time.
/// </summary>
internal sealed class ValueSink(ValueLayout layout, bool covariance)
{
    private readonly ChannelKernel _kernel = new();
    private long[] _samples = [];
    private int[] _positions = [];

    /// <summary>How the value becomes rows.</summary>
    public ValueLayout Layout => layout;

    /// <summary>Takes the value of one batch.</summary>
    /// <param name="segment">Where rows and statistics go.</param>
    /// <param name="value">What the run gave.</param>
    /// <param name="batch">Which batch of the run, from 0.</param>
    /// <param name="firstSample">Its first sample.</param>
    /// <param name="samples">Its samples.</param>
    public void Take(RunSegment segment, NativeValue value, long batch, long firstSample, int samples)
    {
        if (layout.Output.IsAbsent(value))
        {
            return;
        }

        if (layout.IsSequence)
        {
            TakeSequence(segment, value, batch, firstSample, samples);
        }
        else if (layout.Stored == StoredType.Text)
        {
            TakeText(segment, value, firstSample, samples);
        }
        else
        {
            TakeTensor(segment, value, batch, firstSample, samples);
        }
    }

    private static TensorStatistics Measure(
        ChannelKernel kernel,
        ReadOnlySpan<byte> stored,
        StoredType type,
        long? channels,
        CovarianceKernel? covariance = null)
    {
        if (stored.IsEmpty)
        {
            return TensorStatistics.OfNothing();
        }

        var (width, byChannel) = ((int)(channels ?? 1), channels is not null);
        if (type == StoredType.Float32)
        {
            var singles = MemoryMarshal.Cast<byte, float>(stored);
            covariance?.Add(singles);
            return kernel.Compute(singles, width, byChannel) with { Covariance = covariance?.Result() };
        }

        var count = stored.Length / type.SizeBytes();
        var doubles = ArrayPool<double>.Shared.Rent(count);
        try
        {
            var values = doubles.AsSpan(0, count);
            ToDoubles(stored, type, values);
            covariance?.Add(values);
            return ExactStatistics.Of(values, width, byChannel) with { Covariance = covariance?.Result() };
        }
        finally
        {
            ArrayPool<double>.Shared.Return(doubles);
        }
    }

    private static void ToDoubles(ReadOnlySpan<byte> stored, StoredType type, Span<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                StoredType.Float64 => MemoryMarshal.Cast<byte, double>(stored)[i],
                StoredType.Int64 => MemoryMarshal.Cast<byte, long>(stored)[i],
                StoredType.UInt64 => MemoryMarshal.Cast<byte, ulong>(stored)[i],
                _ => stored[i],
            };
        }
    }

    private void TakeTensor(RunSegment segment, NativeValue value, long batch, long firstSample, int samples)
    {
        var shape = Unflattened(value.Shape.Dimensions, firstSample);
        var axes = StoredOrder.Axes(
            shape.Length, Valid(layout.BatchAxis, shape.Length), Valid(layout.FeatureAxis, shape.Length));
        var count = checked((int)value.Shape.Count);
        var size = value.Type.SizeBits() / 8;
        var storedSize = layout.Stored.SizeBytes();
        byte[]? ordered = null;
        byte[]? converted = null;
        try
        {
            ReadOnlySpan<byte> bytes = value.Bytes;
            if (!StoredOrder.IsIdentity(axes))
            {
                ordered = ArrayPool<byte>.Shared.Rent(count * size);
                StoredOrder.Permute(bytes, shape, axes, size, ordered.AsSpan(0, count * size));
                bytes = ordered.AsSpan(0, count * size);
            }

            if (!StoredOrder.IsSame(value.Type))
            {
                converted = ArrayPool<byte>.Shared.Rent(checked(count * storedSize));
                StoredOrder.Convert(bytes, value.Type, converted.AsSpan(0, count * storedSize));
                bytes = converted.AsSpan(0, count * storedSize);
            }

            long[] storedShape = [.. axes.Select(axis => shape[axis])];
            Store(segment, bytes, storedShape, firstSample, samples);
            AddStatistics(segment, bytes, value.Shape, batch);
        }
        finally
        {
            Return(ordered);
            Return(converted);
        }
    }

    /// <summary>The shape with positions and samples in axes of their own, where they were flattened so.</summary>
    private long[] Unflattened(ReadOnlySpan<long> shape, long firstSample) =>
        layout.PositionsFirst is not { } positions ? shape.ToArray()
        : shape[0] % positions == 0 ? [positions, shape[0] / positions, .. shape[1..]]
        : throw Changed(firstSample, $"{shape[0]} rows where a multiple of {positions} was expected");

    private static int? Valid(int? axis, int rank) => axis < rank ? axis : null;

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Statistics of elements in stored order and type.</summary>
    /// <param name="segment">Where they go.</param>
    /// <param name="bytes">The elements.</param>
    /// <param name="shape">The shape of what arrived.</param>
    /// <param name="batch">Which batch.</param>
    private void AddStatistics(RunSegment segment, ReadOnlySpan<byte> bytes, TensorShape shape, long batch)
    {
        // A loop without an iteration computes nothing.
        if (shape.Dimensions[..Math.Min(shape.Rank, layout.Output.IterationAxes)].Contains(0))
        {
            return;
        }

        var channels = layout.Planes(shape.Dimensions)?.Channels;
        var sums = covariance && !layout.IsRagged && bytes.Length > 0
            ? new CovarianceKernel((int)layout.Entry.Channels!.Value)
            : null;
        segment.AddStatistics(layout.Entry, new StatisticsNode<TensorStatistics>(
            0, batch, Measure(_kernel, bytes, layout.Stored, channels, sums)));
    }

    /// <summary>Rows of elements in stored order and type.</summary>
    private void Store(RunSegment segment, ReadOnlySpan<byte> bytes, long[] shape, long firstSample, int samples)
    {
        var records = layout.Entry.Granularity == RowGranularity.Sample && layout.BatchAxis is not null ? samples : 1;
        long[] sampleShape = layout.BatchAxis is null
            ? shape
            : [.. layout.Fold > 1 ? new[] { layout.Fold } : [], .. shape[1..]];
        var expected = layout.Entry.SampleShape;
        if (layout.BatchAxis is not null && shape[0] != samples * layout.Fold)
        {
            throw Changed(
                firstSample, $"{shape[0]} along the axis of samples where {samples * layout.Fold} were expected");
        }

        if (expected is not null && !sampleShape.SequenceEqual(expected))
        {
            throw Changed(
                firstSample, $"[{string.Join(", ", sampleShape)}] where [{string.Join(", ", expected)}] was expected");
        }

        if (expected is null)
        {
            StoreRagged(segment, bytes, sampleShape, records, firstSample);
            return;
        }

        var rowsPerRecord = (int)layout.Entry.RowsPerSample!.Value;
        var rows = checked(records * rowsPerRecord);
        Number(firstSample, rows, rowsPerRecord);
        segment.Append(layout.Entry, _samples.AsSpan(0, rows), _positions.AsSpan(0, rows), bytes);
    }

    private void StoreRagged(
        RunSegment segment, ReadOnlySpan<byte> bytes, long[] sampleShape, int records, long firstSample)
    {
        var writer = segment.Activations(layout.Entry);
        var recordBytes = records == 0 ? 0 : bytes.Length / records;
        var listBytes = (int)(sampleShape.Length == 0 ? 1 : sampleShape[^1]) * layout.Stored.SizeBytes();
        for (var record = 0; record < records; record++)
        {
            var slice = bytes.Slice(record * recordBytes, recordBytes);
            var rows = listBytes == 0 ? 0 : recordBytes / listBytes;

            // An empty value keeps its shape: one row with an empty list.
            for (var row = 0; row < Math.Max(rows, 1); row++)
            {
                writer.AppendRagged(
                    firstSample + record, row, rows == 0 ? [] : slice.Slice(row * listBytes, listBytes), sampleShape);
            }
        }
    }

    private void TakeText(RunSegment segment, NativeValue value, long firstSample, int samples)
    {
        var (texts, shape) = Ordered(value.ReadText(), value.Shape.Dimensions.ToArray());
        var bySample = layout.BatchAxis is not null && shape.Length > 0 && shape[0] == samples;
        var records = bySample ? samples : 1;
        long[] sampleShape = bySample ? shape[1..] : shape;
        var width = (int)(sampleShape.Length == 0 ? 1 : sampleShape[^1]);
        var rows = width == 0 ? 0 : texts.Length / width / records;
        var writer = segment.Activations(layout.Entry);
        for (var row = 0; row < records * rows; row++)
        {
            writer.AppendText(firstSample + (row / rows), row % rows, texts.AsSpan(row * width, width), sampleShape);
        }
    }

    /// <summary>Texts in stored order, and their shape in it.</summary>
    private (string[] Texts, long[] Shape) Ordered(string[] texts, long[] shape)
    {
        var axes = StoredOrder.Axes(
            shape.Length, Valid(layout.BatchAxis, shape.Length), Valid(layout.FeatureAxis, shape.Length));
        if (StoredOrder.IsIdentity(axes))
        {
            return (texts, shape);
        }

        int[] places = [.. Enumerable.Range(0, texts.Length)];
        var ordered = new int[texts.Length];
        StoredOrder.Permute(
            MemoryMarshal.AsBytes<int>(places), shape, axes, sizeof(int), MemoryMarshal.AsBytes(ordered.AsSpan()));
        return (Array.ConvertAll(ordered, place => texts[place]), [.. axes.Select(axis => shape[axis])]);
    }

    /// <summary>
    /// A list of tensors or maps: one row per item, the item's elements in one list, its shape beside.
    /// </summary>
    private void TakeSequence(RunSegment segment, NativeValue value, long batch, long firstSample, int samples)
    {
        // ZipMap and its kin make one map per sample; everything else belongs to the run of the batch.
        var bySample = layout.Part != MapPart.None && value.Kind == ValueKind.Sequence && value.Items.Count == samples;
        var items = value.Kind == ValueKind.Sequence ? value.Items : [value];
        TensorStatistics? measured = null;
        for (var i = 0; i < items.Count; i++)
        {
            var item = layout.Part switch
            {
                MapPart.Keys => items[i].Items[0],
                MapPart.Values => items[i].Items[1],
                _ => items[i],
            };
            if (item.Kind != ValueKind.Tensor || layout.Output.IsAbsent(item))
            {
                continue;
            }

            var (sample, position) = bySample ? (firstSample + i, 0) : (firstSample, i);
            if (TakeItem(segment, item, sample, position) is { } one)
            {
                measured = measured is null ? one : TensorStatistics.Merge(measured, one);
            }
        }

        if (measured is not null)
        {
            segment.AddStatistics(layout.Entry, new StatisticsNode<TensorStatistics>(0, batch, measured));
        }
    }

    private TensorStatistics? TakeItem(RunSegment segment, NativeValue item, long sample, int position)
    {
        var shape = item.Shape.Dimensions;
        if (layout.Stored == StoredType.Text)
        {
            segment.Activations(layout.Entry).AppendText(sample, position, item.ReadText(), shape);
            return null;
        }

        var stored = new byte[item.Shape.Count * layout.Stored.SizeBytes()];
        StoredOrder.Convert(item.Bytes, item.Type, stored);
        segment.Activations(layout.Entry).AppendRagged(sample, position, stored, shape);
        if (layout.Planes(shape) is not { } planes)
        {
            return Measure(_kernel, stored, layout.Stored, null);
        }

        // Channels side by side, as the statistics take them.
        var ordered = planes.Columns == 1 ? stored : new byte[stored.Length];
        if (ordered != stored)
        {
            StoredOrder.Permute(
                stored,
                [planes.Rows, planes.Channels, planes.Columns],
                [0, 2, 1],
                layout.Stored.SizeBytes(),
                ordered);
        }

        return Measure(_kernel, ordered, layout.Stored, planes.Channels);
    }

    private void Number(long firstSample, int rows, int rowsPerRecord)
    {
        if (_samples.Length < rows)
        {
            _samples = new long[rows];
            _positions = new int[rows];
            for (var row = 0; row < rows; row++)
            {
                _positions[row] = row % rowsPerRecord;
            }
        }

        var (sample, left) = (firstSample, rowsPerRecord);
        for (var row = 0; row < rows; row++)
        {
            _samples[row] = sample;
            if (--left == 0)
            {
                (sample, left) = (sample + 1, rowsPerRecord);
            }
        }
    }

    private BadInputException Changed(long firstSample, string what) => new(
        $"'{layout.Entry.Name}' has another shape from sample {firstSample} on: {what}. "
        + $"Its shape depends on the values: leave it out, or capture with --ragged '{layout.Entry.Name}'.");
}
