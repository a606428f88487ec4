using Toolkit.Capture.Inputs;
using Toolkit.Capture.Interventions;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Runtime;

namespace Toolkit.Capture;

/// <summary>
/// Everything that is decided before a capture begins: the plan of the run, and an engine that gives its values.
/// </summary>
public sealed class CapturePreparation : IDisposable
{
    private const long LargestCopiedModel = 64 << 20;
    private const long MostCheckpointBytes = 64 << 20;
    private const int MostCheckpoints = 60;

    private CapturePreparation(
        CaptureOptions options,
        RunPlan plan,
        IInputSource source,
        InferenceEngine plain,
        IReadOnlyList<CapturePass> passes,
        Func<string, int, int?> outputFeatureAxis)
    {
        Options = options;
        Plan = plan;
        Source = source;
        Plain = plain;
        Passes = passes;
        OutputFeatureAxis = outputFeatureAxis;
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

    /// <summary>
    /// Bytes of memory that the process takes at most, as far as sizes are known: values by their lifetimes, batches
    /// under way, the model.
    /// </summary>
    public long EstimatedPeakBytes { get; private init; }

    /// <summary>How many values each pass gives: one pass, unless a memory budget asks for more.</summary>
    public IReadOnlyList<int> ValuesPerPass => [.. Passes.Select(static pass => pass.Exposed.Outputs.Count)];

    /// <summary>The model without exposed values and interventions.</summary>
    internal InferenceEngine Plain { get; }

    /// <summary>The models that every batch runs through, one after the other.</summary>
    internal IReadOnlyList<CapturePass> Passes { get; }

    /// <summary>The model of the first pass.</summary>
    internal InferenceEngine Engine => ProbedEngine ?? Passes[0].Engine;

    /// <summary>The model of the first pass and how to read it.</summary>
    internal ExposedModel Exposed => Passes[0].Exposed;

    /// <summary>Probes that measure values inside the graph; null where values are captured.</summary>
    internal ProbedCapture? Probes { get; private init; }

    /// <summary>The feature axis of an output of so many axes; null for scalars.</summary>
    internal Func<string, int, int?> OutputFeatureAxis { get; }

    private InferenceEngine? ProbedEngine { get; init; }

    /// <summary>
    /// Loads the model, opens the samples, runs a few of them, and decides how every value is stored.
    /// </summary>
    /// <param name="options">What to capture.</param>
    /// <returns>The preparation, which holds the loaded model.</returns>
    /// <exception cref="BadInputException">Model, samples and options do not fit together.</exception>
    public static CapturePreparation Create(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var model = OnnxModelFile.Load(options.ModelPath);

        // An unsound graph is named before the runtime sees it, in better words than its own.
        var planning = new PlanOptions
        {
            Mode = options.Mode,
            Dimensions = options.Dimensions,
            SampleAxes = options.SampleAxes,
            MeasureFusions = options is { CountNodes: true } or { MemoryBudgetBytes: not null }
                or { Mode: ExposureMode.AsDeployed },
            Progress = options.Planning,
        };
        var graph = ModelGraph.Of(model, options.ModelPath);
        options.Planning?.Report("the runtime loads the plain model");

        // The arena keeps up to twice of what it hands out.
        var runtime = new InferenceOptions
        {
            Device = options.Device,
            Threads = options.Threads,
            MemoryArena = options.MemoryBudgetBytes is null,
            Log = InferenceLog.Fatal,
        };

        // Of a large graph the plain model only tells its inputs, unless interventions are measured against it: its
        // optimisation takes minutes, and hours where 100,000 nodes share a weight.
        var isCompared = options is { Mode: ExposureMode.AsDeployed } or { Interventions.Count: > 0 }
            || !ExposurePlanner.IsLarge(graph);
        var optimization = isCompared ? options.Mode.Optimization() : GraphOptimization.None;
        var plain = InferenceEngine.Open(options.ModelPath, runtime with { Optimization = optimization });
        IInputSource? source = null;
        try
        {
            CarriedState.Check(options, plain);
            source = options.Inputs(plain.Inputs);
            return Create(options, model, planning, runtime, plain, isCompared, source);
        }
        catch
        {
            source?.Dispose();
            plain.Dispose();
            throw;
        }
    }

    private static CapturePreparation Create(
        CaptureOptions options,
        ModelProto model,
        PlanOptions planning,
        InferenceOptions runtime,
        InferenceEngine plain,
        bool isCompared,
        IInputSource source)
    {
        if (source.Samples <= 0)
        {
            throw new BadInputException($"{source.Source}: there are no samples.");
        }

        planning = planning with
        {
            SampleShapes = source.Read(0, 1).Where(static input => input.Value is TensorInput).ToDictionary(
                static input => input.Key,
                static input => ((TensorInput)input.Value).Tensor.Shape,
                StringComparer.Ordinal),
        };
        var exposure = ExposurePlan.Create(model, options.ModelPath, planning);
        options.Planning?.Report("the first samples run, to see what the values are like");
        DimensionNames.Check(exposure);
        ValueSelection.CheckNames(exposure, options.FeatureAxes.Select(static axis => axis.Pattern), "--feature-axis");
        ValueSelection.CheckNames(exposure, options.Ragged, "--ragged");
        if (options is { Batch: null, Carry.Count: 0 } && source.FixedBatch is null)
        {
            options = options with { Batch = BatchExtent(options, plain) };
        }

        var selected = exposure.Select(options.Values.Count == 0 ? null : ValueSelection.Parse(options.Values));
        if (selected.Count == 0)
        {
            throw new BadInputException(
                $"{options.ModelPath}: none of the selected values can be captured. See `inspect model` for the "
                    + "reasons.");
        }

        if (options.Interventions.Count == 0)
        {
            return Create(options, source, exposure, selected, exposure.Graph.Model, runtime, plain, isCompared);
        }

        var edit = ModelEdit.Of(exposure.Graph.Model, options.ModelPath);
        var measures = new ValueMeasures(exposure, options, source, runtime);
        var patched = new InterventionEditor(exposure, options, source, measures).Apply(edit);
        try
        {
            return Create(options, patched, exposure, selected, edit.Model, runtime, plain, isCompared);
        }
        catch
        {
            patched.ClosePatches();
            throw;
        }
    }

    /// <summary>Prepares the capture of a model that interventions have edited, if there are any.</summary>
    private static CapturePreparation Create(
        CaptureOptions options,
        IInputSource source,
        ExposurePlan exposure,
        IReadOnlyList<PlannedValue> selected,
        ModelProto edited,
        InferenceOptions runtime,
        InferenceEngine plain,
        bool isCompared)
    {
        if (options.StatisticsOnly)
        {
            return CreateProbed(options, source, exposure, selected, edited, runtime, plain);
        }

        var passes = new PassPreparation(options, source, exposure, selected, edited, runtime).Prepare(
            isCompared ? plain : null, CanBatch(options, source));
        var plan = PlanOf(options, source, exposure, plain, passes.Batch, passes.LargestBytes) with
        {
            OutputDifference = passes.OutputDifference,
            ExposedNodes = passes.Nodes,
            Tensors = passes.Entries,
            Covariance = CovarianceChoice.Of(options, exposure, passes.Entries),
        };
        plan = plan with
        {
            ChannelBlockRows = ChannelBlockChoice.Rows(options.ByChannel ?? (options.ForSpeed ? false : null), plan),
        };
        return new CapturePreparation(
            options,
            plan,
            source,
            plain,
            passes.Passes,
            OutputAxes(exposure, new FeatureAxes(exposure, options.FeatureAxes)))
        {
            ValueBytes = ByteSize.Of(passes.ValueBytes, source.Samples),
            EstimatedPeakBytes = passes.PeakBytes,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ProbedEngine?.Dispose();
        foreach (var pass in Passes)
        {
            pass.Dispose();
        }

        Plain.Dispose();
        Source.Dispose();
    }

    /// <summary>
    /// Copies the model and, where they lie beside it, the metrics and some checkpoints of its training into the run
    /// directory.
    /// </summary>
    internal void CopyModel()
    {
        AtomicFile.CreateFolder(Options.Folder);
        if (Plan.Model.File is { } file && !File.Exists(Path.Combine(Options.Folder, file)))
        {
            Copy(Options.ModelPath, Path.Combine(Options.Folder, file));
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(Options.ModelPath))!;
        var metrics = Path.Combine(folder, "metrics.parquet");
        if (File.Exists(metrics))
        {
            Copy(metrics, Path.Combine(Options.Folder, "results", "training.parquet"));
        }

        CopyCheckpoints(folder);
    }

    /// <summary>
    /// As many checkpoints as a slider needs and little space holds, evenly over the training: the viewer shows the
    /// network at each.
    /// </summary>
    private void CopyCheckpoints(string trainingFolder)
    {
        var all = CheckpointSeries.Find(trainingFolder);
        var largest = all.Count == 0 ? 0 : all.Max(checkpoint => new FileInfo(checkpoint.Path).Length);
        if (largest is 0 or > MostCheckpointBytes || CheckpointSeries.Find(Options.Folder).Count > 0)
        {
            return;
        }

        Directory.CreateDirectory(Path.Combine(Options.Folder, CheckpointSeries.FolderName));
        foreach (var (path, _) in CheckpointSeries.Evenly(
            all, (int)Math.Clamp(MostCheckpointBytes / largest, 1, MostCheckpoints)))
        {
            Copy(path, Path.Combine(Options.Folder, CheckpointSeries.FolderName, Path.GetFileName(path)));
        }
    }

    private static void Copy(string from, string to) => AtomicFile.Write(to, target =>
    {
        using var stream = File.OpenRead(from);
        stream.CopyTo(target);
    });

    /// <summary>Statistics without values: probes inside the graph, in the memory of the plain model.</summary>
    private static CapturePreparation CreateProbed(
        CaptureOptions options,
        IInputSource source,
        ExposurePlan exposure,
        IReadOnlyList<PlannedValue> selected,
        ModelProto edited,
        InferenceOptions runtime,
        InferenceEngine plain)
    {
        var canBatch = CanBatch(options, source);
        var features = new FeatureAxes(exposure, options.FeatureAxes);
        var probed = StatisticsProbes.Add(exposure, ModelEdit.Of(edited, options.ModelPath), selected);
        var look = new FirstLook();
        ValueObserver observe = look.Observe;
        var bytes = ByteSize.Sum(selected.Select(v => v.BytesPerSample ?? 0));
        var batch = !canBatch ? 1
            : options.Batch ?? BatchSize.Batch(bytes, exposure.PlainPeakBytes, source.Samples);
        var (engine, nodes) = OptimizedGraph.Open(
            path => probed.Open(
                (value, tensor) => observe(value, tensor), runtime with { OptimizedModelPath = path }),
            probed.Model.CalculateSize(),
            exposure.OptimizedNodeCount is not null);
        try
        {
            look.Run(
                engine,
                options,
                source,
                FirstLook.Runs(options, source.Samples, canBatch, batch),
                ProbedCapture.Outputs(engine, options, []));
            var planner = new LayoutPlanner(exposure, options, features, source.Samples);
            var (entries, layouts) = ProbedCapture.Plan(exposure, probed, planner, look, batch);
            var covariance = CovarianceChoice.OfProbed(options, exposure, entries, features);
            var wanted = (covariance ?? []).Select(id => entries[id].Name).ToHashSet(StringComparer.Ordinal);
            var collector = new StatisticsCollector(
                (value, shape) => layouts[value].Planes(shape.Dimensions), value => wanted.Contains(value.Key));
            var probes = new ProbedCapture(collector, entries.ToDictionary(e => e.Name, StringComparer.Ordinal));
            observe = probes.Observe;
            var plan = PlanOf(options, source, exposure, plain, batch, selected.Max(v => v.BytesPerSample ?? 0)) with
            {
                ExposedNodes = nodes,
                Tensors = entries,
                Covariance = covariance,
            };
            return new CapturePreparation(options, plan, source, plain, [], OutputAxes(exposure, features))
            {
                ValueBytes = ByteSize.Of(bytes, source.Samples),
                EstimatedPeakBytes = new MemoryBudget(exposure.Memory, static v => v.BytesPerSample ?? 0, static _ =>
                    0, static _ => 0, 0, PassPreparation.ModelBytes(exposure, options), 1).Bytes([], batch, 1),
                Probes = probes,
                ProbedEngine = engine,
            };
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private static Func<string, int, int?> OutputAxes(ExposurePlan exposure, FeatureAxes features) =>
        (output, rank) => features.Of(exposure[output], rank, 0);

    /// <summary>The extent that was said for the axis that counts samples.</summary>
    private static int? BatchExtent(CaptureOptions options, InferenceEngine plain)
    {
        var axes = SampleAxes.Of(plain.Inputs, options.SampleAxes);
        foreach (var input in plain.Inputs)
        {
            if (axes[input.Name] is { } axis
                && input.Dimensions is { } shape && shape[axis] is { Extent: null } counting
                && (options.Dimensions.TryGetValue($"{input.Name}.{axis}", out var extent)
                    || (counting.Name is { } name && options.Dimensions.TryGetValue(name, out extent))))
            {
                return extent is > 0 and <= int.MaxValue
                    ? (int)extent
                    : throw new BadInputException(
                        $"{options.ModelPath}: --dim {counting.Name ?? $"{input.Name}.{axis}"}={extent}: a run "
                            + "takes at least one sample.");
            }
        }

        return null;
    }

    private static bool CanBatch(CaptureOptions options, IInputSource source)
    {
        var canBatch = source.FixedBatch is null && options.Carry.Count == 0;
        return canBatch || options.Batch is not > 1
            ? canBatch
            : throw new BadInputException(
                $"{source.Source}: --batch {options.Batch} is not possible: "
                + (options.Carry.Count > 0
                    ? "carried state goes from sample to sample."
                    : "the model's shapes hold one sample.")
                + " Leave --batch out.");
    }

    private static RunPlan PlanOf(
        CaptureOptions options,
        IInputSource source,
        ExposurePlan exposure,
        InferenceEngine engine,
        int batch,
        long largestBytesPerSample)
    {
        var modelBytes = new FileInfo(options.ModelPath).Length;
        var isCopied = modelBytes <= LargestCopiedModel && !HasExternalData(exposure.Graph.Model);
        return new RunPlan
        {
            Tool = options.Tool,
            Model = new ModelReference(
                options.ModelPath, isCopied ? "model.onnx" : null, FileHash.Sha256(options.ModelPath), modelBytes),
            Runtime = new RuntimeReference(
                "ONNX Runtime",
                InferenceEngine.RuntimeVersion,
                engine.Device,
                options.Mode.Optimization().ToString().ToLowerInvariant()),
            Inputs = new InputsReference(source.Source, source.Sha256) { LabelsSha256 = source.LabelsSha256 },
            Samples = source.Samples,
            Batch = batch,
            SegmentSamples = BatchSize.Segment(options.SegmentSamples, batch, largestBytesPerSample),
            Mode = options.Mode switch
            {
                ExposureMode.AsDeployed => "as-deployed",
                ExposureMode.Unfused => "unfused",
                _ => "all",
            },
            Encoding = options.ForSpeed ? "speed" : "size",
            StatsOnly = options.StatisticsOnly,
            Options =
            [
                .. options.SampleAxes.OrderBy(static a => a.Key, StringComparer.Ordinal).Select(
                    static a => $"--sample-axis {a.Key}={a.Value}"),
                .. options.Carry.Select(static c => $"--carry {c.Output}={c.Input}"),
                .. options.Interventions.Select(static i => i.Text),
            ],
            PlainNodes = exposure.OptimizedNodeCount,
        };
    }

    private static bool HasExternalData(ModelProto model) =>
        OnnxTensors.All(model).Any(t => t.DataLocation == TensorProto.Types.DataLocation.External);
}
