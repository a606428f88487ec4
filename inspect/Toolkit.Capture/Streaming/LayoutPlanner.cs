using Toolkit.Capture.Planning;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Decides how every value becomes rows, by what two small runs gave and by what the graph says of its shape.
/// </summary>
internal sealed class LayoutPlanner(ExposurePlan plan, CaptureOptions options, FeatureAxes features, long samples)
{
    private readonly HashSet<string> _constants = ConstantValues.Of(plan);

    /// <summary>What one small run gave of a value: shapes and types outlive the run.</summary>
    internal sealed record Seen(
        ValueKind Kind, ElementType Type, long[] Shape, bool IsAbsent, MapSeen? Map, FlattenedRows? Rows)
    {
        public static Seen Of(ExposedOutput output, NativeValue value, int samples)
        {
            var item = value.Kind != ValueKind.Sequence ? value : value.Items.Count > 0 ? value.Items[0] : null;
            var map = item?.Kind == ValueKind.Map ? new MapSeen(item.Items[0].Type, item.Items[1].Type) : null;
            return new Seen(
                value.Kind,
                item is { Kind: ValueKind.Tensor } ? item.Type : ElementType.Undefined,
                value.Shape.Dimensions.ToArray(),
                output.IsAbsent(value),
                map,
                FlattenedRows.Of(value, samples));
        }
    }

    /// <summary>The types of a map.</summary>
    internal sealed record MapSeen(ElementType Keys, ElementType Values);

    /// <summary>Decides for one value.</summary>
    /// <param name="firstId">The number of its first entry.</param>
    /// <param name="output">How it comes out of the runtime.</param>
    /// <param name="runs">What each small run gave, with its number of samples.</param>
    /// <param name="batch">Samples of one run of the capture.</param>
    /// <returns>One layout, or two for maps; the entry of a value that cannot be stored has its reason and no stored
    /// type.</returns>
    public IReadOnlyList<ValueLayout> Plan(
        int firstId, ExposedOutput output, IReadOnlyList<(int Samples, Seen Value)> runs, int batch)
    {
        var entry = Entry(firstId, output.Value);
        var first = runs.FirstOrDefault(run => !run.Value.IsAbsent).Value ?? runs[0].Value;
        if (first.Map is { } map)
        {
            return
            [
                Sequence(entry, output, map.Values, MapPart.Values),
                Sequence(entry with { Id = firstId + 1, Name = $"{entry.Name}.keys" }, output, map.Keys, MapPart.Keys),
            ];
        }

        if (first.Kind == ValueKind.Sequence)
        {
            return [Sequence(
                entry, output, first.Type == ElementType.Undefined ? output.Type : first.Type, MapPart.None)];
        }

        if (first.Kind != ValueKind.Tensor || StoredTypes.Of(first.Type) is not { } stored)
        {
            return [Refused(
                entry, output, $"it is a {first.Kind} of {first.Type.DisplayName()}, which has no stored form")];
        }

        return [Tensor(entry, output, stored, runs, batch)];
    }

    /// <summary>The row of a value in the table of tensors, before it is known how it is stored.</summary>
    public static TensorEntry Entry(int id, PlannedValue value) => new()
    {
        Id = id,
        Name = value.Key,
        Node = value.Node.Length == 0 ? null : value.Node,
        Operator = value.OpType.Length == 0 ? null : value.OpType,
        Scope = value.Scope,
        OriginalType = value.Type.DisplayName(),
        Dims = value.Shape is null ? null : string.Join(", ", value.Shape),
        Reason = value.Reason,
    };

    private static ValueLayout Refused(TensorEntry entry, ExposedOutput output, string reason) =>
        new(entry with { Reason = reason }, output, StoredType.Float32, null, 1, null, MapPart.None);

    private static ValueLayout Sequence(TensorEntry entry, ExposedOutput output, ElementType type, MapPart part)
    {
        if (StoredTypes.Of(type) is not { } stored)
        {
            return Refused(entry, output, $"its items are of type {type.DisplayName()}, which has no stored form");
        }

        return new ValueLayout(
            entry with
            {
                StoredType = stored.Element().DisplayName(),
                OriginalType = type.DisplayName(),
                Granularity = part == MapPart.None ? RowGranularity.Batch : RowGranularity.Sample,
                SampleShape = null,
                Reason = part == MapPart.None ? "a sequence: one row per item" : "a sequence of maps: one row per map",
            },
            output,
            stored,
            null,
            1,
            null,
            part)
        {
            IsSequence = true,
        };
    }

    private ValueLayout Tensor(
        TensorEntry entry,
        ExposedOutput output,
        StoredType stored,
        IReadOnlyList<(int Samples, Seen Value)> runs,
        int batch)
    {
        var present = runs.Where(run => !run.Value.IsAbsent).ToList();
        var isConstant = _constants.Contains(output.Value.Key);
        var (axis, fold, order) = isConstant || present.Count == 0
            ? (null, 1L, RowOrder.SamplesFirst)
            : BatchAxis(present, batch);
        var shape = present.Count == 0 ? null : present[0].Value.Shape;
        var rank = shape?.Length ?? output.Value.Shape?.Count ?? 0;
        var feature = features.Of(output.Value, rank, output.IterationAxes);
        if (feature is not null && feature == axis)
        {
            // A value with one number per sample: every list has one element.
            feature = fold > 1 || rank == 1 ? null : Enumerable.Range(0, rank).Reverse().FirstOrDefault(a => a != axis);
        }

        var axes = StoredOrder.Axes(rank, axis, feature);
        var isRagged = shape is null || output.MayBeAbsent
            || (!isConstant && samples > 1 && IsRagged(output.Value, present, axis, output.IterationAxes));
        long[]? sampleShape = isRagged ? null
            : axis is null ? [.. axes.Select(a => shape![a])]
            : [.. fold > 1 ? new[] { fold } : [], .. axes.Skip(1).Select(a => shape![a])];
        var granularity = isConstant ? RowGranularity.Constant
            : axis is not null || batch == 1 ? RowGranularity.Sample : RowGranularity.Batch;

        // A batch of one sample has an axis of extent 1 in front, which says nothing.
        if (axis is null && granularity == RowGranularity.Sample && !isRagged && sampleShape is [1, _, ..])
        {
            sampleShape = sampleShape[1..];
            axis = 0;
            if (feature == 0)
            {
                feature = null;
            }
        }

        var positions = order == RowOrder.PositionsFirst ? fold : (long?)null;
        var (rowAxis, rows, channel) = positions is null ? (axis, fold, feature) : (1, 1, feature + 1);
        return new ValueLayout(
            entry with
            {
                StoredType = stored.Element().DisplayName(),
                Granularity = granularity,
                SampleShape = sampleShape,
                BatchAxis = axis - output.IterationAxes < 0 ? null : axis - output.IterationAxes,
                FeatureAxis = feature - output.IterationAxes < 0 ? null : feature - output.IterationAxes,
                Reason = Remark(output),
            },
            output,
            stored,
            rowAxis,
            rows,
            channel,
            MapPart.None)
        {
            PositionsFirst = positions,
        };
    }

    private static string? Remark(ExposedOutput output) => (output.IterationAxes, output.MayBeAbsent) switch
    {
        (0, false) => null,
        (0, true) => "rows only where its branch was taken",
        (_, false) => $"its first {output.IterationAxes} axes count iterations",
        _ => $"rows only where its branch was taken; its first {output.IterationAxes} axes count iterations",
    };

    /// <summary>
    /// The axis whose extent follows the number of samples, how many of its rows one sample has, and in what order.
    /// </summary>
    private static (int? Axis, long Fold, RowOrder Order) BatchAxis(List<(int Samples, Seen Value)> runs, int batch)
    {
        if (batch == 1)
        {
            return (null, 1, RowOrder.SamplesFirst);
        }

        var rank = runs[0].Value.Shape.Length;
        if (runs.Any(run => run.Value.Shape.Length != rank))
        {
            return (null, 1, RowOrder.SamplesFirst);
        }

        for (var axis = 0; axis < rank; axis++)
        {
            if (runs.All(run => run.Value.Shape[axis] == run.Samples))
            {
                return (axis, 1, RowOrder.SamplesFirst);
            }
        }

        // Samples and positions flattened into one axis: [samples · positions, features], or the other way round.
        if (rank == 0
            || runs.Select(run => run.Samples).Distinct().Count() < 2
            || runs[0].Value.Rows is not { } rows
            || runs[1].Value.Rows is not { } others)
        {
            return (null, 1, RowOrder.SamplesFirst);
        }

        var order = rows.OrderOf(others);
        return order == RowOrder.Unknown
            ? (null, 1, RowOrder.SamplesFirst)
            : (0, rows.Positions, order);
    }

    /// <summary>
    /// Whether samples may differ in shape: two runs did, or the graph does not promise that they never do.
    /// </summary>
    private bool IsRagged(PlannedValue value, List<(int Samples, Seen Value)> runs, int? axis, int iterations)
    {
        if (options.AsksForRagged(value) || iterations > 0)
        {
            return true;
        }

        var shapes = runs.Select(run => run.Value.Shape.Where((_, a) => a != axis)).ToList();
        if (axis is not null
            ? shapes.Any(s => !s.SequenceEqual(shapes[0]))
            : runs.Any(r => !r.Value.Shape.SequenceEqual(runs[0].Value.Shape)))
        {
            return true;
        }

        if (value.BytesPerSample is not null)
        {
            return false;
        }

        // Symbols of the inputs are the same in every run, for arrays have one shape; only the batch varies.
        var known = plan.Graph.Model.Graph.Input.SelectMany(i => i.Type?.TensorType?.Shape?.Dim ?? [])
            .Select(d => d.DimParam).Where(name => name.Length > 0).ToHashSet(StringComparer.Ordinal);
        return value.Shape is null
            || value.Shape
                .Where((_, a) => a != axis)
                .Any(d => d.Extent is null && (d.Name is null || !known.Contains(d.Name)));
    }
}
