using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture;

/// <summary>
/// Divides a capture into passes, runs a few samples through each, and decides how every value is stored.
/// </summary>
/// <param name="options">The capture.</param>
/// <param name="source">The samples.</param>
/// <param name="exposure">The plan of the model.</param>
/// <param name="selected">The values to capture.</param>
/// <param name="edited">The plan's model, with the interventions.</param>
/// <param name="runtime">How it runs.</param>
internal sealed class PassPreparation(
    CaptureOptions options,
    IInputSource source,
    ExposurePlan exposure,
    IReadOnlyList<PlannedValue> selected,
    ModelProto edited,
    InferenceOptions runtime)
{
    private readonly Dictionary<string, List<(int Samples, LayoutPlanner.Seen Value)>> _seen = new(
        StringComparer.Ordinal);
    private readonly Dictionary<string, long> _bytes = new(StringComparer.Ordinal);
    private readonly FeatureAxes _features = new(exposure, options.FeatureAxes);
    private double? _difference;
    private int? _nodes;

    /// <summary>The bytes of a model's file and its external data.</summary>
    public static long ModelBytes(ExposurePlan exposure, CaptureOptions options)
    {
        var external = OnnxTensors.All(exposure.Graph.Model)
            .Where(static t => t.DataLocation == TensorProto.Types.DataLocation.External)
                .Sum(static t =>
                    (double)t.Dims.Aggregate(1.0, static (a, b) => a * b) * ((ElementType)t.DataType).SizeBits() / 8);
        return new FileInfo(options.ModelPath).Length + (long)Math.Min(external, long.MaxValue / 8);
    }

    /// <summary>Prepares.</summary>
    /// <param name="plain">The model without exposed values; null where its outputs are not to be compared.</param>
    /// <param name="canBatch">False where it takes one sample at a time.</param>
    /// <exception cref="BadInputException">The memory budget is too small, or the model fails on a sample.</exception>
    public PreparedPasses Prepare(InferenceEngine? plain, bool canBatch)
    {
        // Sizes that only a run can tell count as the largest known one, until the samples have told them.
        var unknown = selected.Max(static value => value.BytesPerSample) ?? 1 << 20;
        var (guess, parts) = Choose(value => value.BytesPerSample ?? unknown, canBatch);
        var passes = Passes(parts);
        try
        {
            var probes = FirstLook.Runs(options, source.Samples, canBatch, guess);
            foreach (var pass in passes)
            {
                Look(pass, plain, probes);
                if (passes.Count > 1)
                {
                    pass.Close();
                }
            }

            var (batch, divided) = Choose(Size, canBatch);
            if (divided.Count != parts.Count
                || divided.Zip(parts).Any(static pair => pair.First.Count != pair.Second.Count))
            {
                Dispose(passes);
                passes = Passes(divided);
            }

            var entries = PlanEntries(passes, batch);
            return new PreparedPasses(
                passes, entries, batch, ByteSize.Sum(selected.Select(Size)), selected.Max(Size), _difference, _nodes)
            {
                PeakBytes = divided.Max(
                    part => Budget(Size).Bytes(part, batch, Math.Min(Segment(batch, Size), source.Samples))),
            };
        }
        catch
        {
            Dispose(passes);
            throw;
        }
    }

    private static void Dispose(IReadOnlyList<CapturePass> passes)
    {
        foreach (var pass in passes)
        {
            pass.Dispose();
        }
    }

    private long Size(PlannedValue value) => _bytes.GetValueOrDefault(value.Key, value.BytesPerSample ?? 0);

    private long Segment(int batch, Func<PlannedValue, long> size) =>
        BatchSize.Segment(options.SegmentSamples, batch, selected.Max(size));

    private (int Batch, IReadOnlyList<IReadOnlyList<PlannedValue>> Passes) Choose(
        Func<PlannedValue, long> size, bool canBatch) =>
        Budget(size).Choose(
            selected, options, canBatch, source.Samples, batch => Math.Min(Segment(batch, size), source.Samples));

    private MemoryBudget Budget(Func<PlannedValue, long> size)
    {
        var known = selected.Select(static value => value.Key).ToHashSet(StringComparer.Ordinal);
        var memory = new MemoryEstimate(
            exposure.Graph,
            exposure.Values,
            value => known.Contains(value.Key) ? size(value) : value.BytesPerSample ?? 0);
        return new MemoryBudget(
            memory,
            size,
            Rows,
            Copies,
            ChannelBlockChoice.Buffers(options.ByChannel, source.Samples),
            ModelBytes(exposure, options),
            options.Repeat);

        long Rows(PlannedValue value)
        {
            var rank = value.Shape?.Count ?? 0;
            var width = _features.Of(value, rank, 0) is { } axis ? value.Shape![axis].Extent ?? 1 : 1;
            return size(value) / Math.Max(1, Math.Max(1, value.ExposedType.SizeBits() / 8) * Math.Max(1, width));
        }

        int Copies(PlannedValue value)
        {
            var rank = value.Shape?.Count ?? 0;
            return (_features.Of(value, rank, 0) is { } axis && axis != rank - 1 ? 1 : 0)
                + (StoredOrder.IsSame(value.ExposedType) ? 0 : 1);
        }
    }

    private IReadOnlyList<CapturePass> Passes(IReadOnlyList<IReadOnlyList<PlannedValue>> parts)
    {
        if (parts.Count == 1)
        {
            return [new CapturePass(exposure.Expose(ModelEdit.Of(edited, options.ModelPath), parts[0]), runtime)];
        }

        var carried = options.Carry.Select(static carry => carry.Output).ToHashSet(StringComparer.Ordinal);

        // What interventions do to the outputs is measured in the first pass.
        var first = options.Interventions.Count == 0
            ? carried
            : edited.Graph.Output.Select(static output => output.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. parts.Select((part, i) => new CapturePass(
                exposure.ExposePart(ModelEdit.Of(edited, options.ModelPath), part, selected, i == 0 ? first : carried),
                runtime)),
        ];
    }

    /// <summary>Runs a few samples through a pass and remembers what they gave.</summary>
    private void Look(CapturePass pass, InferenceEngine? plain, int[] probes)
    {
        _nodes ??= pass.CountNodes(exposure.OptimizedNodeCount is not null);
        CarriedState? state = null;
        var carried = options.Carry.Select(static carry => carry.Output).ToList();
        for (var probe = 0; probe < probes.Length; probe++)
        {
            var samples = probes[probe];
            var read = source.Read(carried.Count > 0 ? probe : 0, samples);
            state ??= CarriedState.Initial(options, pass.Engine, read, source.Samples);
            var inputs = state.With(read);
            using var result = pass.Engine.Run(
                inputs, [.. pass.Exposed.OutputNames.Concat(carried).Distinct(StringComparer.Ordinal)]);
            for (var i = 0; i < pass.Exposed.Outputs.Count; i++)
            {
                var output = pass.Exposed.Outputs[i];
                var bytes = output.IsList
                    ? result.Values[i].Items.Sum(static item => item.SizeBytes)
                    : result.Values[i].SizeBytes;
                if (!_seen.TryGetValue(output.Value.Key, out var seen))
                {
                    _seen.Add(output.Value.Key, seen = []);
                    _bytes.Add(output.Value.Key, bytes / samples);
                }
                else if (carried.Count > 0
                    && bytes - _bytes[output.Value.Key] is > 0 and var growth)
                {
                    // As large as it will be in the end.
                    _bytes[output.Value.Key] += growth * (source.Samples - 1);
                }

                seen.Add((samples, LayoutPlanner.Seen.Of(output, result.Values[i], samples)));
            }

            if (samples == probes[0] && plain is not null && options.Interventions.Count == 0
                && OutputComparison.Difference(plain, inputs, pass.Exposed, result) is { } difference)
            {
                _difference = Math.Max(_difference ?? 0, difference);
            }

            state.Update(result);
        }
    }

    /// <summary>
    /// One entry per value of the graph, in the order of evaluation; constants of the model are in its file.
    /// </summary>
    private List<TensorEntry> PlanEntries(IReadOnlyList<CapturePass> passes, int batch)
    {
        var planner = new LayoutPlanner(exposure, options, _features, source.Samples);
        var places = passes.SelectMany(static pass => pass.Exposed.Outputs.Select(output => (pass, output)))
            .ToDictionary(static place => place.output.Value.Key, StringComparer.Ordinal);
        var entries = new List<TensorEntry>();
        var layouts = passes.ToDictionary(static pass => pass, static _ => new List<ValueLayout>());
        foreach (var value in exposure.Values.Where(static v => v.Method != ExposureMethod.Constant))
        {
            if (!places.TryGetValue(value.Key, out var place))
            {
                entries.Add(LayoutPlanner.Entry(entries.Count, value) with { Reason = value.Reason ?? WhyNot(value) });
                continue;
            }

            foreach (var layout in planner.Plan(entries.Count, place.output, _seen[value.Key], batch))
            {
                entries.Add(layout.Entry);
                if (layout.Entry.StoredType is not null)
                {
                    layouts[place.pass].Add(layout);
                }
            }
        }

        planner.CheckFeatureAxes();
        foreach (var pass in passes)
        {
            pass.Layouts = layouts[pass];
        }

        return entries;
    }

    private string WhyNot(PlannedValue value) => value.Method == ExposureMethod.Input
        ? "an input of the model: its values are in the source of the samples"
        : options.Mode == ExposureMode.AsDeployed && value.BlocksFusion
            ? "not part of the model as deployed: exposing it would block "
                + $"{string.Join(", ", value.Blocks.DefaultIfEmpty("an optimisation"))}"
            : "not selected";
}

/// <summary>The passes of a capture, and what a few samples told of them.</summary>
/// <param name="Passes">The models.</param>
/// <param name="Entries">One per value of the graph.</param>
/// <param name="Batch">Samples of one run.</param>
/// <param name="ValueBytes">Bytes of all captured values of one sample.</param>
/// <param name="LargestBytes">Bytes of the largest value of one sample.</param>
/// <param name="OutputDifference">Largest difference of the model's outputs with and without exposed values; null where
/// not measured.</param>
/// <param name="Nodes">Nodes that the runtime made of the model with exposed values; null where not measured.</param>
internal sealed record PreparedPasses(
    IReadOnlyList<CapturePass> Passes,
    IReadOnlyList<TensorEntry> Entries,
    int Batch,
    long ValueBytes,
    long LargestBytes,
    double? OutputDifference,
    int? Nodes)
{
    /// <summary>Bytes of memory that the process takes at most, as estimated.</summary>
    public long PeakBytes { get; init; }
}
