using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Planning;

/// <summary>
/// For every value of a model, at any depth: how a run can give it, what it costs and what it blocks, or why it cannot be
/// had. The plan is proved by loading the model with everything exposed.
/// </summary>
public sealed class ExposurePlan
{
    private readonly Dictionary<string, PlannedValue> _byKey;

    internal ExposurePlan(ModelGraph graph, PlanOptions options, IReadOnlyList<PlannedValue> values, int nodes, int? optimizedNodes)
    {
        Graph = graph;
        Options = options;
        Values = values;
        NodeCount = nodes;
        OptimizedNodeCount = optimizedNodes;
        _byKey = values.ToDictionary(static value => value.Key, StringComparer.Ordinal);
    }

    /// <summary>What the plan was made for.</summary>
    public PlanOptions Options { get; }

    /// <summary>The model's file, as messages call it.</summary>
    public string ModelPath => Graph.ModelPath;

    /// <summary>Every value, in order of evaluation: inputs and constants first, inner scopes behind their own graphs.</summary>
    public IReadOnlyList<PlannedValue> Values { get; }

    /// <summary>Nodes of the model, in all graphs, functions inlined.</summary>
    public int NodeCount { get; }

    /// <summary>Nodes of the graph that the runtime makes of it; null where that was not measured.</summary>
    public int? OptimizedNodeCount { get; }

    /// <summary>The model's graphs, functions inlined.</summary>
    public ModelGraph Graph { get; }

    /// <summary>Plans the capture of a model file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What for; null for the defaults.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="BadInputException">The file is no sound model, or the runtime cannot load it.</exception>
    public static ExposurePlan Create(string path, PlanOptions? options = null) => Create(OnnxModelFile.Load(path), path, options);

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

    /// <summary>Exposes values in a model that is being edited for another reason as well, such as an intervention.</summary>
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

        edit.AddOutputs(outputs.Select(static output => output.OutputName));
        return new ExposedModel(edit.Model, ModelPath, Options.Mode.Optimization(), outputs);
    }

    /// <summary>Splits values into runs of the model that each keep within a memory budget.</summary>
    /// <param name="values">Exposable values.</param>
    /// <param name="batch">Samples in one run, at least 1.</param>
    /// <param name="budgetBytes">Bytes that the exposed values of one run may take; a value that is larger alone gets a run of its own.</param>
    /// <returns>The values of each run, in order of evaluation; a size that is not known counts as the largest known one.</returns>
    public static IReadOnlyList<IReadOnlyList<PlannedValue>> Split(IEnumerable<PlannedValue> values, long batch, long budgetBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var ordered = values.OrderBy(static value => value.Order).ToList();
        var unknown = ordered.Max(static value => value.BytesPerSample) ?? 1 << 20;
        var passes = new List<IReadOnlyList<PlannedValue>>();
        var pass = new List<PlannedValue>();
        var bytes = (Int128)0;
        foreach (var value in ordered)
        {
            var size = (Int128)(value.BytesPerSample ?? unknown) * batch;
            if (pass.Count > 0 && bytes + size > budgetBytes)
            {
                passes.Add(pass);
                (pass, bytes) = ([], 0);
            }

            pass.Add(value);
            bytes += size;
        }

        if (pass.Count > 0)
        {
            passes.Add(pass);
        }

        return passes;
    }

    /// <summary>Whether an output of the model has a type that the runtime's interface cannot name, so that no session loads with it.</summary>
    internal bool IsUnfetchableOutput(string name) =>
        _byKey.TryGetValue(name, out var planned) && planned.Depth == 0 && planned.Type != planned.ExposedType;

    private ExposedOutput ExposeOne(ModelEdit edit, PlannedValue planned)
    {
        if (!planned.IsExposable)
        {
            throw new ArgumentException($"'{planned.Key}' cannot be exposed: {planned.Reason ?? planned.Method.ToString()}.", nameof(planned));
        }

        // The edit has a view of its own; keys are the same.
        var value = edit.Graph[planned.Key];
        var name = planned.Type != planned.ExposedType ? edit.Cast(value, planned.ExposedType) : value.Name;
        if (value.Scope.Owner is null)
        {
            return new ExposedOutput(planned, name, planned.ExposedType, 0, IsList: false, MayBeAbsent: false);
        }

        var lifted = edit.Lift(value, name, ExposurePlanner.LiftedTypeOf(planned));
        return new ExposedOutput(planned, lifted.Name, planned.ExposedType, lifted.IterationAxes, lifted.IsList, lifted.MayBeAbsent);
    }
}
