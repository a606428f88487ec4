using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Decides how every value becomes rows, by what two small runs gave and by what the graph says of its shape.
/// </summary>
internal sealed class LayoutPlanner(ExposurePlan plan, CaptureOptions options, FeatureAxes features, long samples)
{
    private readonly HashSet<string> _constants = ConstantValues.Of(plan);
    private readonly Dictionary<string, (int? Rank, int? BatchAxis)> _ranks = new(StringComparer.Ordinal);

    /// <summary>What one small run gave of a value: shapes and types outlive the run.</summary>
    internal sealed record Seen(
        ValueKind Kind, ElementType Type, long[] Shape, bool IsAbsent, MapSeen? Map, FlattenedRows? Rows)
    {
        public static Seen Of(ExposedOutput output, NativeValue value, int samples)
        {
            var item = value.Kind != ValueKind.Sequence ? value : value.Items.FirstOrDefault(i => !output.IsAbsent(i));
            var map = item?.Kind == ValueKind.Map ? new MapSeen(item.Items[0].Type, item.Items[1].Type) : null;
            return new Seen(
                value.Kind,
                item is { Kind: ValueKind.Tensor } ? item.Type : ElementType.Undefined,
                (output.IsList && item is not null ? item : value).Shape.Dimensions.ToArray(),
                output.IsAbsent(value),
                map,
                FlattenedRows.Of(value, samples));
        }

        /// <summary>What a run showed of a value where it was computed; of its first iteration in loops.</summary>
        public static Seen Of(PlannedValue value, ObservedTensor tensor, int samples) => new(
            ValueKind.Tensor,
            tensor.Type,
            tensor.Shape.Dimensions.ToArray(),
            IsAbsent: false,
            null,
            value.IsInLoop || tensor.SizeBytes > int.MaxValue
                ? null
                : FlattenedRows.Of(tensor.Bytes(0, (int)tensor.SizeBytes), tensor.Type, tensor.Shape, samples));

        /// <summary>A value that the first samples did not compute.</summary>
        public static Seen Nothing(PlannedValue value) =>
            new(ValueKind.Tensor, value.ExposedType, [], IsAbsent: true, null, null);
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
            var type = first.Type == ElementType.Undefined ? output.Type : first.Type;
            var list = Sequence(entry, output, type, MapPart.None);
            return [output.IsList && list.IsSequence ? WithAxes(list, runs, batch) : list];
        }

        if (first.Kind != ValueKind.Tensor || StoredTypes.Of(first.Type) is not { } stored)
        {
            return [Refused(
                entry, output, $"it is a {first.Kind} of {first.Type.DisplayName()}, which has no stored form")];
        }

        return [Tensor(entry, output, stored, runs, batch)];
    }

    /// <summary>Whether no input reaches a value, so that it is the same in every run.</summary>
    public bool IsConstant(PlannedValue value) => _constants.Contains(value.Key);

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
        var isConstant = IsConstant(output.Value);
        var (axis, fold, order) = isConstant || present.Count == 0
            ? (null, 1L, RowOrder.SamplesFirst)
            : BatchAxis(present, batch);
        var shape = present.Count == 0 ? null : present[0].Value.Shape;
        var isShownByIteration = output.Value.IsInLoop && output.IterationAxes == 0;
        var isRagged = shape is null || output.MayBeAbsent || isShownByIteration
            || (!isConstant && samples > 1 && IsRagged(output.Value, present, axis));
        var granularity = isConstant ? RowGranularity.Constant
            : axis is not null || batch == 1 ? RowGranularity.Sample : RowGranularity.Batch;

        // A batch of one sample has an axis of extent 1 in front, which says nothing.
        if (axis is null && granularity == RowGranularity.Sample && !isRagged && shape is [1, _, ..])
        {
            axis = 0;
        }

        var rank = shape?.Length ?? (output.Value.Shape?.Count + output.IterationAxes);
        var feature = FeatureAxis(output, rank, axis, fold);
        var axes = StoredOrder.Axes(rank ?? 0, axis, feature);
        long[]? sampleShape = isRagged ? null
            : axis is null ? [.. axes.Select(a => shape![a])]
            : [.. fold > 1 ? new[] { fold } : [], .. axes.Skip(1).Select(a => shape![a])];
        var positions = order == RowOrder.PositionsFirst ? fold : (long?)null;
        var (rowAxis, rows, channel) = positions is null ? (axis, fold, feature) : (1, 1, feature + 1);
        return new ValueLayout(
            entry with
            {
                StoredType = stored.Element().DisplayName(),
                Granularity = granularity,
                SampleShape = sampleShape,
                BatchAxis = InGraph(axis, output),
                FeatureAxis = InGraph(feature, output),
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
            Rank = rank,
        };
    }

    /// <summary>
    /// Refuses feature axes that the values planned so far do not have; where an option means none of them, others by
    /// their shapes.
    /// </summary>
    /// <exception cref="BadInputException">A value that is named has no such axis, or none that a pattern
    /// fits.</exception>
    public void CheckFeatureAxes() => features.Check(plan, _ranks);

    /// <summary>The axes of the items of a list, one per iteration of a loop.</summary>
    private ValueLayout WithAxes(ValueLayout list, IReadOnlyList<(int Samples, Seen Value)> runs, int batch)
    {
        var present = runs.Where(run => run.Value is { IsAbsent: false, Type: not ElementType.Undefined }).ToList();
        var axis = present.Count == 0 ? null : BatchAxis(present, batch).Axis;
        var rank = present.Count == 0 ? list.Output.Value.Shape?.Count : present[0].Value.Shape.Length;
        var feature = FeatureAxis(list.Output, rank, axis, 1);
        return list with
        {
            Entry = list.Entry with { BatchAxis = axis, FeatureAxis = feature },
            BatchAxis = axis,
            FeatureAxis = feature,
            Rank = rank,
        };
    }

    private int? FeatureAxis(ExposedOutput output, int? axes, int? batch, long fold)
    {
        _ranks[output.Value.Key] = (axes - output.IterationAxes, InGraph(batch, output));
        if (axes is not { } rank || features.Of(output.Value, rank, output.IterationAxes, batch) is not { } feature)
        {
            return null;
        }

        // A value with one number per sample: every list has one element.
        return feature != batch ? feature
            : fold > 1 || rank == 1 ? null
            : Enumerable.Range(0, rank).Reverse().FirstOrDefault(a => a != batch);
    }

    /// <summary>An axis of what arrives as the graph counts it; null for one that counts iterations.</summary>
    private static int? InGraph(int? axis, ExposedOutput output) =>
        axis >= output.IterationAxes ? axis - output.IterationAxes : null;

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
    private bool IsRagged(PlannedValue value, List<(int Samples, Seen Value)> runs, int? axis)
    {
        if (options.AsksForRagged(value) || value.IsInLoop)
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
