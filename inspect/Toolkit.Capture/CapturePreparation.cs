using System.Security.Cryptography;
using Toolkit.Capture.Inputs;
using Toolkit.Capture.Interventions;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Runtime;

namespace Toolkit.Capture;

/// <summary>Everything that is decided before a capture begins: the plan of the run, and an engine that gives its values.</summary>
public sealed class CapturePreparation : IDisposable
{
    private const long LargestCopiedModel = 64 << 20;

    private CapturePreparation(
        CaptureOptions options, RunPlan plan, IInputSource source, InferenceEngine plain, InferenceEngine engine, ExposedModel exposed, IReadOnlyList<ValueLayout> layouts)
    {
        Options = options;
        Plan = plan;
        Source = source;
        Plain = plain;
        Engine = engine;
        Exposed = exposed;
        Layouts = layouts;
    }

    /// <summary>What was asked for.</summary>
    public CaptureOptions Options { get; }

    /// <summary>What the run will hold.</summary>
    public RunPlan Plan { get; }

    /// <summary>The samples.</summary>
    public IInputSource Source { get; }

    /// <summary>Bytes of values that the whole run computes, as far as the first samples tell.</summary>
    public long ValueBytes { get; private init; }

    /// <summary>Bytes of values that the whole run writes by channels too, before compression.</summary>
    public long ChannelBytes => ChannelBlockChoice.Bytes(Plan);

    /// <summary>The model without exposed values and interventions.</summary>
    internal InferenceEngine Plain { get; }

    internal InferenceEngine Engine { get; }

    internal ExposedModel Exposed { get; }

    internal IReadOnlyList<ValueLayout> Layouts { get; }

    /// <summary>Probes that measure values inside the graph; null where values are captured.</summary>
    internal ProbedCapture? Probes { get; private init; }

    /// <summary>Loads the model, opens the samples, runs a few of them, and decides how every value is stored.</summary>
    /// <param name="options">What to capture.</param>
    /// <returns>The preparation, which holds the loaded model.</returns>
    /// <exception cref="BadInputException">Model, samples and options do not fit together.</exception>
    public static CapturePreparation Create(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var model = OnnxModelFile.Load(options.ModelPath);
        var runtime = new InferenceOptions { Device = options.Device, Threads = options.Threads };
        var plain = InferenceEngine.Open(options.ModelPath, runtime with { Optimization = options.Mode.Optimization() });
        try
        {
            return Create(options, model, runtime, plain);
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }

    private static CapturePreparation Create(CaptureOptions options, ModelProto model, InferenceOptions runtime, InferenceEngine plain)
    {
        var source = options.Inputs(plain.Inputs);
        if (source.Samples <= 0)
        {
            throw new BadInputException($"{source.Source}: there are no samples.");
        }

        var exposure = ExposurePlan.Create(model, options.ModelPath, new PlanOptions { Mode = options.Mode, Dimensions = options.Dimensions });
        var selected = exposure.Select(options.Values.Count == 0 ? null : ValueSelection.Parse(options.Values));
        if (selected.Count == 0)
        {
            throw new BadInputException($"{options.ModelPath}: none of the selected values can be captured. See `inspect model` for the reasons.");
        }

        if (options is { StatisticsOnly: true, Interventions.Count: 0, Carry.Count: 0 })
        {
            return CreateProbed(options, source, exposure, selected, runtime, plain);
        }

        var edit = ModelEdit.Of(exposure.Graph.Model, options.ModelPath);
        if (options.Interventions.Count > 0)
        {
            var editor = new InterventionEditor(exposure, options, source);
            editor.Apply(edit);
            source = new PatchedInputs(source, editor.PerSample);
        }

        var exposed = exposure.Expose(edit, selected);
        var engine = exposed.Open(runtime);
        try
        {
            return Create(options, source, exposure, exposed, plain, engine);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        Plain.Dispose();
    }

    /// <summary>Copies the model and, where it lies beside it, the metrics of its training into the run directory.</summary>
    internal void CopyModel()
    {
        Directory.CreateDirectory(Options.Folder);
        if (Plan.Model.File is { } file && !File.Exists(Path.Combine(Options.Folder, file)))
        {
            Copy(Options.ModelPath, Path.Combine(Options.Folder, file));
        }

        var metrics = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Options.ModelPath))!, "metrics.parquet");
        if (File.Exists(metrics))
        {
            Copy(metrics, Path.Combine(Options.Folder, "results", "training.parquet"));
        }
    }

    private static void Copy(string from, string to) => AtomicFile.Write(to, target =>
    {
        using var stream = File.OpenRead(from);
        stream.CopyTo(target);
    });

    /// <summary>Statistics without values: probes inside the graph, in the memory of the plain model.</summary>
    private static CapturePreparation CreateProbed(
        CaptureOptions options, IInputSource source, ExposurePlan exposure, IReadOnlyList<PlannedValue> selected, InferenceOptions runtime, InferenceEngine plain)
    {
        var canBatch = CanBatch(options, source);
        var features = new FeatureAxes(exposure, options.FeatureAxes);
        var collector = new StatisticsCollector((value, rank) => features.Of(value, rank, 0));
        var probed = StatisticsProbes.Add(exposure, selected);
        var entries = ProbedCapture.Entries(exposure, probed);
        var bytes = selected.Sum(v => v.BytesPerSample ?? 0);
        var batch = !canBatch ? 1 : options.Batch ?? BatchSize.Batch(bytes, source.Samples);
        var plan = PlanOf(options, source, exposure, plain, batch, selected.Max(v => v.BytesPerSample ?? 0)) with { Tensors = entries };
        return new CapturePreparation(options, plan, source, plain, probed.Open(collector.Observe, runtime), exposure.Expose([]), [])
        {
            ValueBytes = checked(bytes * source.Samples),
            Probes = new ProbedCapture(collector, entries.ToDictionary(e => e.Name, StringComparer.Ordinal)),
        };
    }

    private static bool CanBatch(CaptureOptions options, IInputSource source)
    {
        var canBatch = source.FixedBatch is null && options.Carry.Count == 0;
        return canBatch || options.Batch is not > 1
            ? canBatch
            : throw new BadInputException(
                $"{source.Source}: --batch {options.Batch} is not possible: "
                + (options.Carry.Count > 0 ? "carried state goes from sample to sample." : "the model's shapes hold one sample.") + " Leave --batch out.");
    }

    private static RunPlan PlanOf(
        CaptureOptions options, IInputSource source, ExposurePlan exposure, InferenceEngine engine, int batch, long largestBytesPerSample)
    {
        var modelBytes = new FileInfo(options.ModelPath).Length;
        var isCopied = modelBytes <= LargestCopiedModel && !HasExternalData(exposure.Graph.Model);
        return new RunPlan
        {
            Tool = options.Tool,
            Model = new ModelReference(options.ModelPath, isCopied ? "model.onnx" : null, Hash(options.ModelPath), modelBytes),
            Runtime = new RuntimeReference(
                "ONNX Runtime", InferenceEngine.RuntimeVersion, engine.Device, options.Mode.Optimization().ToString().ToLowerInvariant()),
            Inputs = new InputsReference(source.Source, source.Sha256),
            Samples = source.Samples,
            Batch = batch,
            SegmentSamples = BatchSize.Segment(options.SegmentSamples, batch, largestBytesPerSample),
            Mode = options.Mode switch { ExposureMode.AsDeployed => "as-deployed", ExposureMode.Unfused => "unfused", _ => "all" },
            Encoding = options.ForSpeed ? "speed" : "size",
            StatsOnly = options.StatisticsOnly,
            Options = [.. options.Carry.Select(c => $"--carry {c.Output}={c.Input}"), .. options.Interventions.Select(i => i.Text)],
            PlainNodes = exposure.OptimizedNodeCount,
        };
    }

    private static CapturePreparation Create(
        CaptureOptions options, IInputSource source, ExposurePlan exposure, ExposedModel exposed, InferenceEngine plain, InferenceEngine engine)
    {
        var canBatch = CanBatch(options, source);

        int[] probes = !canBatch || options.Batch == 1 ? [1] : source.Samples switch { 1 => [1], 2 => [2, 1], _ => [3, 2] };
        var runs = new List<(int Samples, IReadOnlyList<LayoutPlanner.Seen> Values)>();
        double? difference = null;
        long bytes = 0;
        long largest = 0;
        foreach (var samples in probes)
        {
            var inputs = source.Read(0, samples);
            var state = CarriedState.Initial(options, engine, inputs);
            using var result = engine.Run(state.With(inputs), exposed.OutputNames);
            runs.Add((samples, [.. exposed.Outputs.Select((output, i) => LayoutPlanner.Seen.Of(output, result.Values[i]))]));
            if (bytes == 0)
            {
                bytes = result.Values.Sum(v => v.SizeBytes) / samples;
                largest = result.Values.Max(v => v.SizeBytes) / samples;
                difference = options.Interventions.Count > 0 ? null : OutputComparison.Difference(plain, state.With(inputs), exposed, result);
            }
        }

        var batch = !canBatch ? 1 : options.Batch ?? BatchSize.Batch(bytes, source.Samples);
        var (entries, layouts) = PlanEntries(options, source, exposure, exposed, runs, batch);
        var plan = PlanOf(options, source, exposure, engine, batch, largest) with { OutputDifference = difference, Tensors = entries };
        plan = plan with { ChannelBlockRows = plan.StatsOnly ? null : ChannelBlockChoice.Rows(options.ByChannel, plan) };
        return new CapturePreparation(options, plan, source, plain, engine, exposed, layouts) { ValueBytes = checked(bytes * source.Samples) };
    }

    /// <summary>One entry per value of the graph, in the order of evaluation; constants of the model are in its file.</summary>
    private static (IReadOnlyList<TensorEntry> Entries, IReadOnlyList<ValueLayout> Layouts) PlanEntries(
        CaptureOptions options,
        IInputSource source,
        ExposurePlan exposure,
        ExposedModel exposed,
        IReadOnlyList<(int Samples, IReadOnlyList<LayoutPlanner.Seen> Values)> runs,
        int batch)
    {
        var planner = new LayoutPlanner(exposure, options, new FeatureAxes(exposure, options.FeatureAxes), source.Samples);
        var places = exposed.Outputs.Select((output, index) => (output, index)).ToDictionary(p => p.output.Value.Key, p => p.index, StringComparer.Ordinal);
        var entries = new List<TensorEntry>();
        var layouts = new List<ValueLayout>();
        foreach (var value in exposure.Values.Where(v => v.Method != ExposureMethod.Constant))
        {
            if (!places.TryGetValue(value.Key, out var place))
            {
                entries.Add(LayoutPlanner.Entry(entries.Count, value) with { Reason = value.Reason ?? WhyNot(value, options) });
                continue;
            }

            foreach (var layout in planner.Plan(entries.Count, exposed.Outputs[place], [.. runs.Select(r => (r.Samples, r.Values[place]))], batch))
            {
                entries.Add(layout.Entry);
                if (layout.Entry.StoredType is not null)
                {
                    layouts.Add(layout);
                }
            }
        }

        return (entries, layouts);
    }

    private static string WhyNot(PlannedValue value, CaptureOptions options) => value.Method == ExposureMethod.Input
        ? "an input of the model: its values are in the source of the samples"
        : options.Mode == ExposureMode.AsDeployed && value.BlocksFusion
            ? $"not part of the model as deployed: exposing it would block {string.Join(", ", value.Blocks.DefaultIfEmpty("an optimisation"))}"
            : "not selected";

    private static bool HasExternalData(ModelProto model) =>
        OnnxTensors.All(model).Any(t => t.DataLocation == TensorProto.Types.DataLocation.External);

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
