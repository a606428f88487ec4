using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Planning;

/// <summary>
/// For every value of a model, at any depth: how a run can give it, what it costs and what it blocks, or why it cannot
/// be had. The plan is proved by loading the model with everything exposed.
/// </summary>
public sealed class ExposurePlan
{
    private readonly Dictionary<string, PlannedValue> _byKey;

    internal ExposurePlan(
        ModelGraph graph, PlanOptions options, IReadOnlyList<PlannedValue> values, int nodes, int? optimizedNodes)
    {
        Graph = graph;
        Options = options;
        Values = values;
        NodeCount = nodes;
        OptimizedNodeCount = optimizedNodes;
        Memory = new MemoryEstimate(graph, values, static value => value.BytesPerSample ?? 0);
        _byKey = values.ToDictionary(static value => value.Key, StringComparer.Ordinal);
    }

    /// <summary>What the plan was made for.</summary>
    public PlanOptions Options { get; }

    /// <summary>The model's file, as messages call it.</summary>
    public string ModelPath => Graph.ModelPath;

    /// <summary>
    /// Every value, in order of evaluation: inputs and constants first, inner scopes behind their own graphs.
    /// </summary>
    public IReadOnlyList<PlannedValue> Values { get; }

    /// <summary>Nodes of the model, in all graphs, functions inlined.</summary>
    public int NodeCount { get; }

    /// <summary>Nodes of the graph that the runtime makes of it; null where that was not measured.</summary>
    public int? OptimizedNodeCount { get; }

    /// <summary>
    /// Nodes of the graph that the runtime makes of the model with all values of the plan exposed: measured as
    /// deployed, where it proves that the graph stays as it is; null in other modes.
    /// </summary>
    public int? ExposedNodeCount { get; init; }

    /// <summary>
    /// Tensors whose size is known only when the model runs, or when more dimensions are given; the estimates of memory
    /// leave them out.
    /// </summary>
    public int UnknownSizes => Values.Count(static value => value
        is { BytesPerSample: null, Kind: Runtime.ValueKind.Tensor, Method: not (ExposureMethod.Constant
            or ExposureMethod.None) });

    /// <summary>
    /// Bytes that the values of one run over one sample take at most where nothing is exposed, by their lifetimes;
    /// unknown sizes count as none.
    /// </summary>
    public long PlainPeakBytes => Memory.PlainBytes;

    /// <summary>How much memory runs take.</summary>
    internal MemoryEstimate Memory { get; }

    /// <summary>The model's graphs, functions inlined.</summary>
    public ModelGraph Graph { get; }

    /// <summary>Plans the capture of a model file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What for; null for the defaults.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="BadInputException">The file is no sound model, or the runtime cannot load it.</exception>
    public static ExposurePlan Create(string path, PlanOptions? options = null) =>
        Create(OnnxModelFile.Load(path), path, options);

    /// <summary>Plans the capture of a model.</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="path">Its file: messages name it, and its external data is looked for beside it.</param>
    /// <param name="options">What for; null for the defaults.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="BadInputException">The model is not sound, or the runtime cannot load it.</exception>
    public static ExposurePlan Create(ModelProto model, string path, PlanOptions? options = null) =>
        new ExposurePlanner(model, path, options ?? new PlanOptions()).Run();

    /// <summary>The value of a key.</summary>
    /// <param name="key">The value's <see cref="PlannedValue.Key"/>.</param>
    /// <returns>The value.</returns>
    /// <exception cref="BadInputException">There is none; the message names the nearest.</exception>
    public PlannedValue this[string key] => _byKey.GetValueOrDefault(key) ?? _byKey[Graph[key].Key];

    /// <summary>
    /// Bytes that the values of one run take at most where some of them are exposed, by their lifetimes; unknown sizes
    /// count as none.
    /// </summary>
    /// <param name="exposed">Values of this plan, exposed together.</param>
    /// <param name="samples">Samples of the run, at least 1.</param>
    /// <returns>An estimate: weights, scratch memory of kernels and what the runtime keeps in reserve are not in
    /// it.</returns>
    public long PeakBytes(IEnumerable<PlannedValue> exposed, long samples)
    {
        ArgumentNullException.ThrowIfNull(exposed);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        return checked(Memory.Bytes(exposed) * samples);
    }

    /// <summary>
    /// Bytes that the values of one run over one sample take at most where one value is exposed alone.
    /// </summary>
    /// <param name="value">A value of this plan.</param>
    /// <returns>An estimate, as <see cref="PeakBytes"/> gives it.</returns>
    public long PeakBytesAlone(PlannedValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Memory.AloneBytes(value);
    }

    /// <summary>The values that a selection names and the plan's mode allows, in order of evaluation.</summary>
    /// <param name="selection">Which values; null for all.</param>
    /// <returns>Values that a run can give.</returns>
    /// <exception cref="BadInputException">A pattern matches no value of the model.</exception>
    public IReadOnlyList<PlannedValue> Select(ValueSelection? selection = null) =>
    [
        .. (selection?.Apply(this) ?? Values).Where(value =>
            value.IsExposable && (Options.Mode != ExposureMode.AsDeployed || !value.BlocksFusion)),
    ];

    /// <summary>Edits the model so that a run gives values.</summary>
    /// <param name="values">Exposable values of this plan.</param>
    /// <returns>The edited model and how to read it.</returns>
    /// <exception cref="ArgumentException">A value cannot be exposed.</exception>
    public ExposedModel Expose(IEnumerable<PlannedValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var edit = ModelEdit.Of(Graph.Model, ModelPath);
        return Expose(edit, values);
    }

    /// <summary>
    /// Exposes values in a model that is being edited for another reason as well, such as an intervention.
    /// </summary>
    /// <param name="edit">An edit of this plan's model.</param>
    /// <param name="values">Exposable values of this plan.</param>
    /// <returns>The edited model and how to read it.</returns>
    /// <exception cref="ArgumentException">A value cannot be exposed.</exception>
    public ExposedModel Expose(ModelEdit edit, IEnumerable<PlannedValue> values)
    {
        ArgumentNullException.ThrowIfNull(edit);
        ArgumentNullException.ThrowIfNull(values);
        var outputs = new List<ExposedOutput>();
        foreach (var value in values.OrderBy(static value => value.Order))
        {
            outputs.Add(ExposeOne(edit, value));
        }

        // Outputs that the runtime's interface cannot name would fail the load of any model, ours or not.
        foreach (var output in edit.Model.Graph.Output.Where(output => IsUnfetchableOutput(output.Name)).ToList())
        {
            edit.Model.Graph.Output.Remove(output);
        }

        edit.AddOutputs(outputs
            .Where(static output => output.Value.Method != ExposureMethod.Observed)
            .Select(static output => output.OutputName));
        return new ExposedModel(edit.Model, ModelPath, Options.Mode.Optimization(), outputs);
    }

    /// <summary>
    /// Exposes some of the values of a capture. Those that other passes expose are shown to a probe where they are
    /// computed: no fusion swallows them, so that every pass computes the same bits as one pass would, and they are
    /// freed as in the plain model.
    /// </summary>
    /// <param name="edit">An edit of this plan's model.</param>
    /// <param name="values">The values of this pass.</param>
    /// <param name="selected">The values of all passes.</param>
    /// <param name="kept">Outputs of the model that every pass needs.</param>
    /// <returns>The edited model and how to read it.</returns>
    internal ExposedModel ExposePart(
        ModelEdit edit,
        IReadOnlyCollection<PlannedValue> values,
        IReadOnlyCollection<PlannedValue> selected,
        IReadOnlySet<string> kept)
    {
        var own = values.Select(static value => value.Key).ToHashSet(StringComparer.Ordinal);
        var probed = selected.ToDictionary(static value => value.Key, StringComparer.Ordinal);

        // The model's own outputs would be kept to the end of the run: what this pass does not need is no output of it.
        foreach (var output in edit.Model.Graph.Output
            .Where(output => !own.Contains(output.Name) && !kept.Contains(output.Name))
            .ToList())
        {
            // A pass of observed values has no outputs of its own, and a model needs one.
            if ((edit.Model.Graph.Output.Count > 1 || values.Any(static v => v.Method != ExposureMethod.Observed))
                && _byKey.TryGetValue(output.Name, out var planned)
                && planned is { Depth: 0, Kind: Runtime.ValueKind.Tensor }
                && planned.Value.Producer is not null)
            {
                edit.Model.Graph.Output.Remove(output);
                probed.TryAdd(planned.Key, planned);
            }
        }

        // Those of this pass, too: where one is the end of its path, the runtime would run that whole path before any
        // probe along it.
        Probes.StatisticsProbes.Append(edit, probed.Values);
        return Expose(edit, values);
    }

    /// <summary>
    /// Whether an output of the model has a type that the runtime's interface cannot name, so that no session loads
    /// with it.
    /// </summary>
    internal bool IsUnfetchableOutput(string name) =>
        _byKey.TryGetValue(name, out var planned) && planned.Depth == 0 && planned.Type != planned.ExposedType;

    private ExposedOutput ExposeOne(ModelEdit edit, PlannedValue planned)
    {
        if (!planned.IsExposable)
        {
            throw new ArgumentException(
                $"'{planned.Key}' cannot be exposed: {planned.Reason ?? planned.Method.ToString()}.", nameof(planned));
        }

        // The edit has a view of its own; keys are the same.
        var value = edit.Graph[planned.Key];
        var name = planned.Type != planned.ExposedType ? edit.Cast(value, planned.ExposedType) : value.Name;
        if (value.Scope.Owner is null)
        {
            return new ExposedOutput(planned, name, planned.ExposedType, 0, IsList: false, MayBeAbsent: false);
        }

        if (planned.Method == ExposureMethod.Observed)
        {
            var observed = edit.FreshName(planned.Key);
            ObserveOperator.Import(edit.Model);
            edit.AddNode(
                value.Scope,
                ObserveOperator.Node(name, edit.FreshName("observed"), ExposedModel.NumberOf(planned)));
            return new ExposedOutput(planned, observed, planned.ExposedType, 0, IsList: true, MayBeAbsent: false);
        }

        var lifted = edit.Lift(value, name, ExposurePlanner.LiftedTypeOf(planned));
        return new ExposedOutput(
            planned, lifted.Name, planned.ExposedType, lifted.IterationAxes, lifted.IsList, lifted.MayBeAbsent);
    }
}
