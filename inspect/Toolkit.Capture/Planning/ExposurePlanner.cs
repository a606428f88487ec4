using System.Text.Json;
using System.Text.Json.Nodes;
using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>
/// Makes a plan: structure from the graph, types from the runtime, fusions from the optimised graph, proof from a load.
/// </summary>
internal sealed class ExposurePlanner
{
    /// <summary>Loads that the proof may cost where some values fail together.</summary>
    private const int MaximumProofLoads = 100;

    /// <summary>
    /// Above this, loads take the runtime so long (100,000 nodes: minutes; with everything exposed, time grows with
    /// nodes × outputs, and its optimisation with the readers of a shared weight, squared) that the plan does without
    /// proof and, but as deployed, without fusions.
    /// </summary>
    private const int LargeGraphNodes = 30_000;

    /// <summary>
    /// Loads that the search for values that leave the deployed graph as it is may cost; what is not tried by then is
    /// left out.
    /// </summary>
    private const int MaximumDeployedLoads = 200;

    private readonly ModelProto _model;
    private readonly string _path;
    private readonly PlanOptions _options;
    private int _proofLoads;

    public ExposurePlanner(ModelProto model, string path, PlanOptions options)
    {
        _model = model.Clone();
        _path = path;
        _options = options;
        FunctionInliner.Inline(_model, path);
    }

    /// <summary>Whether the runtime's work on a graph is kept to what a capture cannot do without.</summary>
    public static bool IsLarge(ModelGraph graph) => CountNodes(graph) > LargeGraphNodes;

    private static int CountNodes(ModelGraph graph) => graph.Scopes.Sum(static scope => scope.Nodes.Count);

    public ExposurePlan Run()
    {
        var graph = ModelGraph.Of(_model, _path);
        var nodes = CountNodes(graph);
        OptimizedGraph? optimized = null;
        if (_options.MeasureFusions && (nodes <= LargeGraphNodes || _options.Mode == ExposureMode.AsDeployed))
        {
            Say($"the runtime optimises the {nodes} nodes of the plain model");
            optimized = OptimizedGraph.Of(OnnxModelFile.ToBytes(_model, _path), _path);
        }

        Say($"the runtime infers the types of {graph.Values.Count} values");
        var types = new TypeProbe(graph, new Dictionary<string, long>()).Run();
        var sized = new TypeProbe(graph, SampleDimensions()).Run();
        var roles = Roles(graph);
        var values = graph.Values.Select((value, order) => Plan(value, order, types[value], sized[value], optimized)
            with { Role = roles.GetValueOrDefault(value.Key) }).ToList();
        var plan = new ExposurePlan(graph, _options, values, nodes, optimized?.NodeCount);
        Say("the runtime loads the model with every value exposed");
        plan = _options.Verify && nodes <= LargeGraphNodes ? Proved(plan) : plan;
        return _options is { Verify: true, Mode: ExposureMode.AsDeployed }
            && optimized is not null ? Deployed(plan, optimized) : plan;
    }

    private void Say(string step) => _options.Progress?.Report(step);

    /// <summary>
    /// Leaves out values that the deployed graph computes but that change the graph when they are exposed (a
    /// transposition that is moved, say): in the end, the model with all remaining values has as many nodes of every
    /// operator as the plain one.
    /// </summary>
    private ExposurePlan Deployed(ExposurePlan plan, OptimizedGraph deployed)
    {
        var kept = new List<PlannedValue>();
        var changes = new Dictionary<string, string>(StringComparer.Ordinal);
        var loads = 0;
        int? nodes = null;
        Keep([.. plan.Select()]);
        return new ExposurePlan(
            plan.Graph,
            _options,
            [.. plan.Values.Select(value => changes.TryGetValue(value.Key, out var change)
                ? value with { BlocksFusion = true, Blocks = [change] }
                : value)],
            plan.NodeCount,
            plan.OptimizedNodeCount) { ExposedNodeCount = nodes };

        void Keep(List<PlannedValue> values)
        {
            if (values.Count == 0)
            {
                return;
            }

            Say(
                $"finding values that leave the optimised graph as it is: {kept.Count} found, {changes.Count} left "
                    + $"out, {values.Count} being tried (load {loads + 1})");
            var graph = loads++ < MaximumDeployedLoads
                ? OptimizedGraph.Of(plan.Expose(kept.Concat(values)).ToBytes(), _path)
                : null;
            var difference = graph is not null ? deployed.Difference(graph)
                : loads <= MaximumDeployedLoads
                ? "what it changes could not be measured"
                : "not tried, too many values change the graph";
            if (difference.Length == 0)
            {
                kept.AddRange(values);
                nodes = graph!.NodeCount;
            }
            else if (values.Count == 1 || loads > MaximumDeployedLoads)
            {
                foreach (var value in values)
                {
                    changes[value.Key] = $"the graph as it is ({difference})";
                }
            }
            else
            {
                Keep(values[..(values.Count / 2)]);
                Keep(values[(values.Count / 2)..]);
            }
        }
    }

    /// <summary>What must be known of a value before it can leave a branch or a loop.</summary>
    public static LiftedType LiftedTypeOf(PlannedValue value) =>
        new(value.ExposedType, value.Kind == ValueKind.Sequence, value.Shape is { } shape
            && shape.All(static dimension => dimension.Extent is not null));

    private Dictionary<string, long> SampleDimensions()
    {
        var dimensions = new Dictionary<string, long>(_options.Dimensions, StringComparer.Ordinal);
        var inputs = TypeProbe.Shapes(_model.Graph);
        var axes = new SampleAxes(inputs, _options.SampleAxes);
        foreach (var (name, shape) in inputs)
        {
            if (_options.SampleShapes.TryGetValue(name, out var given) && shape?.Count == given.Rank)
            {
                for (var i = 0; i < given.Rank; i++)
                {
                    dimensions[$"{name}.{i}"] = dimensions[shape[i].Name ?? $"{name}.{i}"] = given[i];
                }
            }

            if (axes[name] is { } axis && shape is not null)
            {
                // One sample, whatever extent was given for the batch.
                dimensions[$"{name}.{axis}"] = 1;
                dimensions[shape[axis].Name ?? ""] = 1;
            }
        }

        // Unnamed first dimensions are one sample, too: an entry that no name matches says that sizes are wanted.
        dimensions[""] = 1;
        return dimensions;
    }

    private PlannedValue Plan(
        GraphValue value, int order, InferredValue type, InferredValue sized, OptimizedGraph? optimized)
    {
        var exposed = type.CastFirst ? ElementType.Float32 : type.Type;
        var planned = new PlannedValue
        {
            Key = value.Key,
            Name = value.Name,
            Scope = value.Scope.Path,
            Depth = value.Scope.Depth,
            Order = order,
            OpType = value.Producer?.Proto.OpType ?? "",
            Domain = value.Producer?.Proto.Domain ?? "",
            Node = value.Producer?.Name ?? "",
            Kind = type.Kind,
            ItemKind = type.ItemKind,
            Type = type.Type,
            ExposedType = exposed,
            Shape = type.Shape,
            SampleShape = sized.Shape,
            BytesPerSample = Bytes(sized, exposed) ?? Bytes(type, exposed),
            Method = ExposureMethod.None,
            Value = value,
        };
        if (value.Source == GraphValueSource.Initializer)
        {
            return planned with { Method = ExposureMethod.Constant };
        }

        if (value is { Source: GraphValueSource.Input, Scope.Owner: null })
        {
            return planned with { Method = ExposureMethod.Input };
        }

        if (Refusal(value, type) is { } reason)
        {
            return planned with { Reason = reason };
        }

        var vanished = optimized is not null && value.Source == GraphValueSource.Node && !optimized.Computes(value);
        var isObserved = type.Kind == ValueKind.Tensor
            && IterationShapes.MayDiffer(value, LiftedTypeOf(planned), OperatorSet ?? 1);
        if (isObserved && type.Type == ElementType.Text)
        {
            const string reasonOfText = "it is text whose shape may differ between iterations of the loops around it";
            return planned with { Reason = reasonOfText };
        }

        return planned with
        {
            Method = isObserved ? ExposureMethod.Observed : MethodOf(value),
            Steps = isObserved ? Observation(type) : Steps(value, type),
            BlocksFusion = vanished,
            Blocks = vanished ? optimized!.SwallowedBy(value) : [],
        };
    }

    private static ExposureMethod MethodOf(GraphValue value)
    {
        if (value.Scope.Owner is null)
        {
            return value.IsOutput ? ExposureMethod.Output : ExposureMethod.AddedOutput;
        }

        for (var scope = value.Scope; scope.Owner is { } owner; scope = scope.Parent!)
        {
            if (!owner.Is("If"))
            {
                return ExposureMethod.ScanOutput;
            }
        }

        return ExposureMethod.BranchOutput;
    }

    /// <summary>Why a value cannot come out, as far as the graph and the types tell; null where it can.</summary>
    private string? Refusal(GraphValue value, InferredValue type)
    {
        if (type.Failure is { } failure)
        {
            return $"the runtime cannot hand it out: {failure}";
        }

        if (type.Kind is ValueKind.Optional)
        {
            return "it is optional: fetching none would end the process inside ONNX Runtime";
        }

        if (type.Kind is ValueKind.SparseTensor or ValueKind.Opaque)
        {
            return $"it is a {type.Kind}, which the runtime's managed interface cannot read";
        }

        for (var scope = value.Scope; scope.Owner is { } owner; scope = scope.Parent!)
        {
            if (!(owner.Is("If") || owner.Is("Loop") || owner.Is("Scan")))
            {
                return $"it is inside {owner.Proto.OpType} '{owner.Name}', which hands out nothing from within";
            }

            if (owner.Is("Scan") && OperatorSet < 9)
            {
                return $"'{owner.Name}' is a Scan of operator set 8, which has batches of sequences; later versions can be captured";
            }

            if (!owner.Is("If") && type.Kind != ValueKind.Tensor)
            {
                return $"a {type.Kind} cannot leave the {owner.Proto.OpType} '{owner.Name}'";
            }

            if (owner.Is("If") && (type.Kind == ValueKind.Map
                || (type.Kind == ValueKind.Sequence && type.ItemKind != ValueKind.Tensor)))
            {
                return $"a {type.Kind} cannot leave a branch of '{owner.Name}': the other branch has none to give";
            }

            if (type is { Type: ElementType.Undefined, CastFirst: false })
            {
                return $"its type is not known, and '{owner.Name}' needs it";
            }
        }

        return null;
    }

    private long? OperatorSet =>
        _model.OpsetImport.FirstOrDefault(static set => set.Domain is "" or "ai.onnx")?.Version;

    private static List<string> Observation(InferredValue type) =>
        [.. type.CastFirst ? ["cast to float32"] : Array.Empty<string>(), "copied in every iteration"];

    private static List<string> Steps(GraphValue value, InferredValue type)
    {
        var steps = new List<string>();
        if (type.CastFirst)
        {
            steps.Add("cast to float32");
        }

        for (var scope = value.Scope; scope.Owner is { } owner; scope = scope.Parent!)
        {
            steps.Add(owner.Is("If")
                ? $"output of both branches of {HostileText.Quote(owner.Name)}"
                : $"one more output per iteration of {owner.Proto.OpType} {HostileText.Quote(owner.Name)}");
        }

        if (value.Scope.Owner is not null || !value.IsOutput || type.CastFirst)
        {
            steps.Add("output of the model");
        }

        return steps;
    }

    private static long? Bytes(InferredValue sized, ElementType exposed)
    {
        if (sized.Shape is not { } shape
            || exposed.SizeBits() == 0
            || shape.Any(static dimension => dimension.Extent is null))
        {
            return null;
        }

        try
        {
            return exposed.SizeBytes(
                new TensorShape([.. shape.Select(static dimension => dimension.Extent!.Value)]).Count);
        }
        catch (Exception fault) when (fault is OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>
    /// Keys of values that the metadata gives a role: an array of objects with the role's name and, where it is no
    /// product of weights, its value.
    /// </summary>
    private Dictionary<string, string> Roles(ModelGraph graph)
    {
        var roles = new Dictionary<string, string>(StringComparer.Ordinal);
        if (OnnxModelFile.Metadata(_model, "toolkit.roles") is not { } text)
        {
            return roles;
        }

        try
        {
            foreach (var role in (JsonNode.Parse(text) as JsonArray ?? []).OfType<JsonObject>())
            {
                if (Text(role, "name") is { } name
                    && Text(role, "value") is { } value
                    && graph.Find(value) is { } found)
                {
                    roles.TryAdd(found.Key, name);
                }
            }
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            // Metadata is anybody's: text that is no role table, or names a field twice, names no roles.
        }

        return roles;

        static string? Text(JsonObject role, string field) =>
            role[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    /// <summary>
    /// Loads the model with everything exposed; what fails is halved until the values that fail stand alone.
    /// </summary>
    private ExposurePlan Proved(ExposurePlan plan)
    {
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        Prove(plan, [.. plan.Values.Where(static value => value.IsExposable)], failures);
        if (failures.Count == 0)
        {
            return plan;
        }

        var values = plan.Values.Select(value => failures.TryGetValue(value.Key, out var reason)
            ? value
                with { Method = ExposureMethod.None, Steps = [], Reason = reason, BlocksFusion = false, Blocks = [] }
            : value).ToList();
        return new ExposurePlan(plan.Graph, _options, values, plan.NodeCount, plan.OptimizedNodeCount);
    }

    private void Prove(ExposurePlan plan, List<PlannedValue> values, Dictionary<string, string> failures)
    {
        if (values.Count == 0)
        {
            return;
        }

        try
        {
            using var engine = plan.Expose(values).Open(new InferenceOptions { Log = InferenceLog.Fatal, Threads = 1 });
            return;
        }
        catch (Exception failure) when (failure is BadInputException or NotSupportedException)
        {
            if (values.Count == 1 || ++_proofLoads > MaximumProofLoads)
            {
                foreach (var value in values)
                {
                    failures[value.Key] = $"the model does not load with it: {failure.Message}";
                }

                return;
            }
        }

        Prove(plan, values[..(values.Count / 2)], failures);
        Prove(plan, values[(values.Count / 2)..], failures);
    }
}
