using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Interventions;

/// <summary>
/// Cuts the graph at values and puts other values in their place. What needs the samples (means, principal directions)
/// is measured on the untouched model first.
/// </summary>
/// <param name="plan">The plan of the untouched model.</param>
/// <param name="options">The capture.</param>
/// <param name="source">The samples.</param>
/// <param name="measures">Measures what needs the samples.</param>
internal sealed class InterventionEditor(
    ExposurePlan plan, CaptureOptions options, IInputSource source, ValueMeasures measures)
{
    private const int LargestRankedWidth = 1024;
    private readonly Dictionary<string, Patch> _perSample = new(StringComparer.Ordinal);

    /// <summary>Edits the model. Where that fails, the files that were opened for it are closed.</summary>
    /// <param name="edit">An edit of the plan's model.</param>
    /// <returns>The samples, with what comes in per sample; disposing them closes its files.</returns>
    /// <exception cref="BadInputException">A value is not there, is no tensor of floats, or its replacement does not
    /// fit.</exception>
    public PatchedInputs Apply(ModelEdit edit)
    {
        var patched = new PatchedInputs(source, _perSample);
        try
        {
            ApplyAll(edit);
            return patched;
        }
        catch
        {
            patched.ClosePatches();
            throw;
        }
    }

    private void ApplyAll(ModelEdit edit)
    {
        if (edit.OperatorSetVersion < 7)
        {
            throw new BadInputException(
                $"{plan.ModelPath}: the model is of operator set {edit.OperatorSetVersion}; interventions need 7 or "
                    + "later, where operators broadcast. Convert it first.");
        }

        edit.NameNodes();
        var changed = new Dictionary<string, Intervention>(StringComparer.Ordinal);
        foreach (var intervention in options.Interventions)
        {
            var planned = Planned(intervention);
            if (!changed.TryAdd(planned.Key, intervention))
            {
                throw new BadInputException(
                    $"{plan.ModelPath}: {changed[planned.Key].Text} and {intervention.Text} change the same value, "
                        + "and which comes first is not said. Give one of them; several channels are "
                        + "--zero VALUE:0,3,8-15.");
            }

            switch (intervention)
            {
                case ZeroValue zero:
                    Zero(edit, planned, zero);
                    break;
                case SetValue set:
                    Set(edit, planned, set);
                    break;
                case MeanValue mean:
                    var (means, shape) = measures.Means(planned, mean);
                    Replace(edit, planned, Constant(edit, planned, shape, means));
                    break;
                case RankValue rank:
                    Project(edit, planned, rank);
                    break;
                default:
                    throw new InvalidOperationException(
                        $"{intervention.GetType().Name} is no intervention known here.");
            }
        }
    }

    private PlannedValue Planned(Intervention intervention)
    {
        var planned = plan[intervention.Value];
        return planned.Value.Producer is null
            ? throw new BadInputException(
                $"{plan.ModelPath}: {intervention.Text}: '{planned.Key}' is given, not computed. Change the inputs "
                    + "or the model instead.")
            : planned.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.Float64)
                ? throw new BadInputException(
                    $"{plan.ModelPath}: {intervention.Text}: '{planned.Key}' is {planned.Type.DisplayName()}; only "
                        + "values of floats can be changed.")
                : planned;
    }

    private void Zero(ModelEdit edit, PlannedValue planned, ZeroValue zero)
    {
        if (zero.Channels.Count == 0)
        {
            Replace(edit, planned, Constant(edit, planned, [], [0f]));
            return;
        }

        var shape = planned.Shape ?? throw new BadInputException(
            $"{plan.ModelPath}: {zero.Text}: the shape of '{planned.Key}' is not known, and so not its channels.");
        var axis = new FeatureAxes(plan, options.FeatureAxes).Of(planned, shape.Count, 0)
            ?? throw new BadInputException(
                $"{plan.ModelPath}: {zero.Text}: '{planned.Key}' is a scalar and has no channels.");
        var width = shape[axis].Extent ?? throw new BadInputException(
            $"{plan.ModelPath}: {zero.Text}: the number of channels of '{planned.Key}' is not fixed.");
        if (zero.Channels.Max() >= width)
        {
            throw new BadInputException(
                $"{plan.ModelPath}: --zero {zero.Value}:{zero.Channels.Max()}: '{planned.Key}' has channels 0 to "
                    + $"{width - 1}.");
        }

        var mask = new bool[width];
        foreach (var channel in zero.Channels)
        {
            mask[channel] = true;
        }

        Replace(edit, planned, Constant(edit, planned, [], [0f]), mask, [width, .. Enumerable.Repeat(
            1L, shape.Count - 1 - axis)]);
    }

    private void Set(ModelEdit edit, PlannedValue planned, SetValue set)
    {
        if (Directory.Exists(set.Source))
        {
            SetFromRun(edit, planned, set);
            return;
        }

        var array = OpenArray(planned, set);
        var isKept = false;
        try
        {
            CheckType(planned, set, array);
            var shape = ShapeOfOne(planned);
            var isPerSample = array.Shape.Rank > 0
                && array.Shape[0] == source.Samples
                && (shape is null || (shape.Count == array.Shape.Rank && shape[0].Extent is null or 1));
            if (isPerSample && HasExtents(array.Shape, shape, 0))
            {
                _perSample.Add(edit.Cut(edit.Graph[planned.Key], planned.Type), new Patch(array, planned.Type, null));
                isKept = true;
                return;
            }

            if (shape is not null && ((isPerSample && source.Samples > 1) || !Broadcasts(array.Shape, shape)))
            {
                throw new BadInputException(
                    $"{set.Source}: an array {array.Shape} cannot take the place of {HostileText.Quote(planned.Key)} "
                        + $"{Text(planned, shape)}. Give [{source.Samples}, …], one for each sample, where the "
                        + "value's first axis counts samples; or what broadcasts to the value; or a run that holds "
                        + "it.");
            }

            // One constant for all samples.
            SetConstant(edit, planned, array.ReadWhole(planned.Type));
        }
        finally
        {
            if (!isKept)
            {
                array.Dispose();
            }
        }
    }

    private static StoredArray OpenArray(PlannedValue planned, SetValue set)
    {
        var checkpoint = Checkpoint.Open(set.Source);
        if (checkpoint.TryFind(planned.Name, out var tensor) || checkpoint.Tensors.Length == 1)
        {
            return new StoredArray(set.Source, checkpoint, tensor ?? checkpoint.Tensors[0]);
        }

        using (checkpoint)
        {
            throw new BadInputException(
                $"{set.Source}: there is no array {HostileText.Quote(planned.Name)}. It holds: "
                    + $"{HostileText.List([.. checkpoint.Tensors.Select(t => t.Name)], ArrayInputs.MostNames)}.");
        }
    }

    /// <summary>Whether an array of the value's rank has its extents, as far as they are known.</summary>
    private static bool HasExtents(TensorShape array, IReadOnlyList<Dimension>? shape, int? samplesAxis) =>
        shape is null || Enumerable.Range(0, shape.Count).All(
            axis => axis == samplesAxis || shape[axis].Extent is not { } extent || extent == array[axis]);

    private static bool Broadcasts(TensorShape array, IReadOnlyList<Dimension> shape)
    {
        for (var i = 1; i <= array.Rank; i++)
        {
            var given = array[array.Rank - i];
            if (i > shape.Count || (given != 1 && shape[^i].Extent is { } extent && extent != given))
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckType(PlannedValue planned, SetValue set, ArraySource array)
    {
        if (!array.Fits(planned.Type))
        {
            throw OtherType(planned, set);
        }
    }

    private static BadInputException OtherType(PlannedValue planned, SetValue set) => new(
        $"{set.Source}: its values do not become {planned.Type.DisplayName()} without a change, which "
            + $"{HostileText.Quote(planned.Key)} is.");

    private static void SetConstant(ModelEdit edit, PlannedValue planned, HostTensor array)
    {
        var constant = edit.FreshName(planned.Name + "/replacement");
        edit.AddConstant(OnnxTensor.Write(constant, array));
        Replace(edit, planned, constant);
    }

    /// <summary>A run has the samples first and the features last: brings them back to the value's own axes.</summary>
    private void SetFromRun(ModelEdit edit, PlannedValue planned, SetValue set)
    {
        var run = RunReader.Open(set.Source);
        var tensor = run.Find(planned.Key);
        if (tensor.Granularity == RowGranularity.Constant)
        {
            var array = ArrayConversion.To(run.Read(tensor), planned.Type) ?? throw OtherType(planned, set);
            var constant = array.WithoutFirstAxis();
            SetConstant(edit, planned, Patch.Ordered(constant, Patch.Undo(
                StoredOrder.Axes(constant.Shape.Rank, null, tensor.FeatureAxis))));
            return;
        }

        if (tensor.Granularity == RowGranularity.Batch || run.Samples != source.Samples)
        {
            throw new BadInputException(
                $"{set.Source}: {HostileText.Quote(planned.Key)} is stored for "
                    + (tensor.Granularity == RowGranularity.Batch ? "whole batches" : $"{run.Samples} samples")
                    + $"; one for each of {source.Samples} samples was expected.");
        }

        var values = new RunArray(run, tensor);
        CheckType(planned, set, values);

        // Captured one sample at a time, a value whose axes do not count samples is all the sample's.
        var isWhole = tensor.BatchAxis is null;
        var rank = values.Shape.Rank - (isWhole ? 1 : 0);
        if ((planned.Shape is { } known && known.Count != rank)
            || (isWhole && source.FixedBatch != 1 && options.Batch != 1))
        {
            throw new BadInputException(
                $"{set.Source}: {HostileText.Quote(planned.Key)} is stored as {values.Shape}, and has no axis of "
                    + "its own for samples. Capture that run and this one with --batch 1, or set another value.");
        }

        var order = Patch.Undo(StoredOrder.Axes(rank, tensor.BatchAxis, tensor.FeatureAxis));
        var stored = values.Shape.Dimensions[(isWhole ? 1 : 0)..].ToArray();
        var shape = new TensorShape([.. order.Select(axis => stored[axis])]);
        var own = ShapeOfOne(planned);
        if (!HasExtents(shape, own, tensor.BatchAxis))
        {
            throw new BadInputException(
                $"{set.Source}: {HostileText.Quote(planned.Key)} is {shape} there, with the samples, and "
                    + $"{Text(planned, own!)} here. Take a run of a model in which it is as large.");
        }

        _perSample.Add(edit.Cut(edit.Graph[planned.Key], planned.Type), new Patch(values, planned.Type, order, isWhole));
    }

    private void Project(ModelEdit edit, PlannedValue planned, RankValue rank)
    {
        var axes = planned.Shape?.Count ?? 0;
        var axis = new FeatureAxes(plan, options.FeatureAxes).Of(planned, axes, 0) ?? 0;
        var width = axes > 0 && planned.Shape![axis].Extent is { } extent ? extent
            : throw new BadInputException(
                $"{plan.ModelPath}: {rank.Text}: the number of channels of '{planned.Key}' is not fixed.");
        if (rank.Rank < 1 || rank.Rank > width || width > LargestRankedWidth)
        {
            throw new BadInputException(
                $"{plan.ModelPath}: {rank.Text}: a rank from 1 to {width} was expected, of at most "
                    + $"{LargestRankedWidth} channels.");
        }

        int[] order = StoredOrder.Axes(axes, null, axis);
        var moments = measures.Channels(planned, rank, order, (int)width);
        var projector = Constant(edit, planned, [width, width], moments.Projector(rank.Rank));
        var mean = Constant(edit, planned, [width], moments.ChannelMeans());

        // v ← mean + (v − mean) · P
        var value = edit.Graph[planned.Key];
        var original = edit.Detach(value);
        var centred = edit.FreshName(planned.Name + "/centred");
        var projected = edit.FreshName(planned.Name + "/projected");
        if (StoredOrder.IsIdentity(order))
        {
            edit.AddNodesBehind(
                value,
                Node("Sub", [original, mean], centred),
                Node("MatMul", [centred, projector], projected),
                Node("Add", [projected, mean], value.Name));
            return;
        }

        var last = edit.FreshName(planned.Name + "/channels-last");
        var added = edit.FreshName(planned.Name + "/added");
        edit.AddNodesBehind(
            value,
            Transpose(original, order, last),
            Node("Sub", [last, mean], centred),
            Node("MatMul", [centred, projector], projected),
            Node("Add", [projected, mean], added),
            Transpose(added, [.. Enumerable.Range(0, axes).OrderBy(at => order[at])], value.Name));
    }

    private static NodeProto Transpose(string input, int[] order, string output)
    {
        var node = Node("Transpose", [input], output);
        node.Attribute.Add(new AttributeProto
        {
            Name = "perm",
            Type = AttributeProto.Types.AttributeType.Ints,
            Ints = { order.Select(static axis => (long)axis) },
        });
        return node;
    }

    /// <summary>v ← where(mask, replacement, v); without a mask, everywhere. The shape of v stays.</summary>
    /// <remarks>
    /// Where came with operator set 9; before, v · (1 − mask) + replacement, the replacement under a mask being 0, is
    /// the same where v is finite.
    /// </remarks>
    private static void Replace(
        ModelEdit edit, PlannedValue planned, string replacement, bool[]? mask = null, params long[] maskShape)
    {
        var value = edit.Graph[planned.Key];
        var marks = mask ?? [true];
        if (edit.OperatorSetVersion < 9)
        {
            var keep = Constant(
                edit, planned, maskShape, Array.ConvertAll(marks, static isReplaced => isReplaced ? 0f : 1f));
            var kept = edit.FreshName(planned.Name + "/kept");
            edit.AddNodesBehind(
                value, Node("Mul", [edit.Detach(value), keep], kept), Node("Add", [kept, replacement], value.Name));
            return;
        }

        var condition = edit.FreshName(planned.Name + "/replaced");
        edit.AddConstant(OnnxTensor.Write(
            condition, HostTensor.Create<bool>(ElementType.Boolean, new TensorShape(maskShape), marks)));
        edit.AddNodesBehind(value, Node("Where", [condition, replacement, edit.Detach(value)], value.Name));
    }

    private static NodeProto Node(string op, string[] inputs, string output)
    {
        var node = new NodeProto { OpType = op, Name = output + "/" + op };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    private static string Constant(ModelEdit edit, PlannedValue planned, long[] shape, float[] values)
    {
        var name = edit.FreshName(planned.Name + "/constant");
        var tensor = HostTensor.Float32(new TensorShape(shape), values);
        edit.AddConstant(OnnxTensor.Write(name, planned.Type switch
        {
            ElementType.Float64 =>
                HostTensor.Create<double>(ElementType.Float64, tensor.Shape, Array.ConvertAll(values, v => (double)v)),
            ElementType.Float16 =>
                HostTensor.Create<Half>(ElementType.Float16, tensor.Shape, Array.ConvertAll(values, v => (Half)v)),
            _ => tensor,
        }));
        return name;
    }

    /// <summary>
    /// The shape of a value for one sample: where the plan does not tell it, that of the first, if it can be had.
    /// </summary>
    private IReadOnlyList<Dimension>? ShapeOfOne(PlannedValue planned) =>
        IsKnown(planned.Shape) || options.Carry.Count > 0 ? planned.Shape
            : IsKnown(planned.SampleShape) ? planned.SampleShape
            : !planned.IsExposable || planned.Depth > 0 ? planned.Shape
            : [.. measures.ShapeOfFirst(planned).Select(static extent => new Dimension(extent, null))];

    private static bool IsKnown(IReadOnlyList<Dimension>? shape) =>
        shape?.All(static dimension => dimension.Extent is not null) == true;

    private static string Text(PlannedValue planned, IReadOnlyList<Dimension> ofOne)
    {
        var text = $"[{string.Join(", ", ofOne)}]";
        return planned.Shape is not { } shape ? $"{text} for one sample"
            : ofOne == shape ? text
            : $"[{string.Join(", ", shape)}] ({text} for one sample)";
    }
}
