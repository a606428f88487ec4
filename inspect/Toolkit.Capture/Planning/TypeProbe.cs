using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>
/// Asks the runtime for the type and shape of every value: a graph is loaded with all its values as outputs, and the
/// runtime's inference tells. Bodies and branches are loaded as graphs of their own, with what they read from outside
/// as inputs.
/// </summary>
/// <remarks>Where a load fails, the values are halved until those that cannot be fetched stand alone.</remarks>
internal sealed class TypeProbe(ModelGraph graph, IReadOnlyDictionary<string, long> dimensions)
{
    /// <summary>Larger constants become inputs of the probed model: their values decide no shape.</summary>
    private const int LargeConstantBytes = 16 << 10;

    /// <summary>
    /// Nodes of a part, where a graph is probed in parts. The runtime's load grows with nodes × outputs (all outputs of
    /// 10,000 nodes: 1.2 s, of 40,000: 16 s, of 100,000: minutes); parts make it linear. What is lost: shapes that
    /// depend on values computed in an earlier part.
    /// </summary>
    private const int PartNodes = 2_000;

    /// <summary>From here on the top graph is probed in parts.</summary>
    private const int LargeGraphNodes = 10_000;

    /// <summary>Loads that a plan may cost at most where values fail alone.</summary>
    private const int MaximumLoads = 400;

    private static readonly InferenceOptions Quiet = new()
    {
        Optimization = GraphOptimization.None,
        Threads = 1,
        Log = InferenceLog.Fatal,
    };

    private readonly Dictionary<GraphValue, InferredValue> _types = [];
    private readonly List<ValueInfoProto> _inputs = Inputs(graph.Model.Graph, dimensions);

    /// <summary>What the model itself declares as scalars: the runtime cannot tell.</summary>
    private readonly HashSet<string> _scalars = [.. graph.Model.Graph.Output.Concat(graph.Model.Graph.ValueInfo)
        .Where(static value => value.Type?.TensorType?.Shape is { Dim.Count: 0 })
        .Select(static value => value.Name)];

    private int _loads;
    private bool _isChecked;

    /// <summary>The inputs of a graph with their declared shapes; null where there is none.</summary>
    public static List<(string Name, IReadOnlyList<Dimension>? Shape)> Shapes(GraphProto graph) =>
        [.. graph.Input.Select(static input =>
            (input.Name, input.Type?.TensorType is { } type ? (IReadOnlyList<Dimension>?)ShapeOf(type) : null))];

    /// <summary>What was inferred for each value; constants and inputs are included.</summary>
    public IReadOnlyDictionary<GraphValue, InferredValue> Run()
    {
        foreach (var scope in graph.Scopes)
        {
            AddConstants(scope);
            if (scope.Owner is null && scope.Nodes.Count > LargeGraphNodes)
            {
                ProbeInParts(scope);
            }
            else if (scope.Owner is null)
            {
                Probe(scope, Slim());
            }
            else if (Body(scope) is { } body)
            {
                Probe(scope, body);
            }
            else
            {
                FailRest(scope.Values);
            }
        }

        return _types;
    }

    private void AddConstants(GraphScope scope)
    {
        foreach (var value in scope.Values.Where(static value => value.Source == GraphValueSource.Initializer))
        {
            var tensor = value.OutputIndex < scope.Graph.Initializer.Count
                ? scope.Graph.Initializer[value.OutputIndex]
                : scope.Graph.SparseInitializer[value.OutputIndex - scope.Graph.Initializer.Count].Values;
            var dims = value.OutputIndex < scope.Graph.Initializer.Count
                ? tensor.Dims
                : scope.Graph.SparseInitializer[value.OutputIndex - scope.Graph.Initializer.Count].Dims;
            _types[value] = new InferredValue(
                ValueKind.Tensor,
                (ElementType)tensor.DataType,
                null,
                Dimensions(dims));
        }
    }

    /// <summary>The model with its large constants as inputs, so that a load costs little memory.</summary>
    private ModelProto Slim()
    {
        var model = graph.Model.Clone();
        var top = model.Graph;
        top.ValueInfo.Clear();
        var declared = top.Input.Select(static input => input.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = top.Initializer.Count - 1; i >= 0; i--)
        {
            var tensor = top.Initializer[i];
            if (tensor.RawData.Length + (4L * tensor.FloatData.Count) < LargeConstantBytes
                && tensor.DataLocation != TensorProto.Types.DataLocation.External)
            {
                continue;
            }

            if (!declared.Contains(tensor.Name))
            {
                top.Input.Add(new ValueInfoProto
                {
                    Name = tensor.Name,
                    Type = SchemaTypes.Tensor((ElementType)tensor.DataType, Extents(tensor.Dims)),
                });
            }

            top.Initializer.RemoveAt(i);
        }

        for (var i = 0; i < _inputs.Count; i++)
        {
            top.Input[i] = _inputs[i].Clone();
        }

        if (dimensions.Count > 0)
        {
            // Declared shapes of outputs still carry the names; the runtime infers better ones.
            foreach (var tensor in top.Output
                .Select(static output => output.Type?.TensorType)
                .OfType<TypeProto.Types.Tensor>())
            {
                tensor.Shape = null;
            }
        }

        return model;
    }

    /// <summary>The declared inputs of the model, with the extents that are wanted in place of symbols.</summary>
    private static List<ValueInfoProto> Inputs(GraphProto top, IReadOnlyDictionary<string, long> dimensions)
    {
        var inputs = top.Input.Select(static input => input.Clone()).ToList();
        if (dimensions.Count == 0)
        {
            return inputs;
        }

        foreach (var input in inputs.Where(static input => input.Type?.TensorType?.Shape is not null))
        {
            var shape = input.Type.TensorType.Shape;
            for (var axis = 0; axis < shape.Dim.Count; axis++)
            {
                var dim = shape.Dim[axis];
                if (dim.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && dim.DimValue > 0)
                {
                    continue;
                }

                if ((dim.DimParam.Length > 0 && dimensions.TryGetValue(dim.DimParam, out var extent))
                    || dimensions.TryGetValue($"{input.Name}.{axis}", out extent))
                {
                    dim.DimValue = extent;
                }
                else if (axis == 0)
                {
                    dim.DimValue = 1;
                }
            }
        }

        return inputs;
    }

    /// <summary>
    /// Probes the top graph part after part, each a model of its own that reads what earlier parts computed as inputs.
    /// </summary>
    private void ProbeInParts(GraphScope scope)
    {
        foreach (var input in scope.Values.Where(static value => value.Source == GraphValueSource.Input))
        {
            _types[input] = Describe(_inputs[input.OutputIndex].Type ?? new TypeProto());
        }

        foreach (var nodes in scope.Nodes.Chunk(PartNodes))
        {
            var part = new GraphProto { Name = "part" };
            part.Node.AddRange(nodes.Select(static node => node.Proto));
            var inside = nodes.SelectMany(static node => node.Outputs).OfType<GraphValue>().ToHashSet();
            var outside = nodes
                .SelectMany(static node => node.Inputs.OfType<GraphValue>().Concat(node.Captured))
                .Where(value => !inside.Contains(value))
                .Distinct();
            var model = new ModelProto
            {
                IrVersion = graph.Model.IrVersion,
                OpsetImport = { graph.Model.OpsetImport.Clone() },
                Graph = part,
            };
            if (AddOutside(part, outside))
            {
                Ask(model, Wanted(nodes.SelectMany(static node => node.Outputs).OfType<GraphValue>()), []);
            }
            else
            {
                FailRest(inside);
            }
        }
    }

    private void FailRest(IEnumerable<GraphValue> values)
    {
        foreach (var value in values)
        {
            _types.TryAdd(
                value, InferredValue.Failed("the type of a value that its graph reads from outside is not known"));
        }
    }

    /// <summary>
    /// The graph of a branch or body as a model of its own; null where the type of something it reads is not known.
    /// </summary>
    private ModelProto? Body(GraphScope scope)
    {
        var model = new ModelProto
        {
            IrVersion = graph.Model.IrVersion,
            OpsetImport = { graph.Model.OpsetImport.Clone() },
            Graph = scope.Graph.Clone(),
        };
        var body = model.Graph;
        body.ValueInfo.Clear();
        body.Output.Clear();
        if (body.Name.Length == 0)
        {
            body.Name = "body";
        }

        if (!TypeInputs(scope, body))
        {
            return null;
        }

        var outside = scope.Nodes.SelectMany(static node => node.Inputs.OfType<GraphValue>().Concat(node.Captured))
            .Where(value => !value.Scope.IsWithin(scope)).Distinct();
        return AddOutside(body, outside) ? model : null;
    }

    /// <summary>
    /// Gives a graph what it reads from outside, as small constants or inputs; false where a type is not known.
    /// </summary>
    private bool AddOutside(GraphProto body, IEnumerable<GraphValue> outside)
    {
        foreach (var value in outside)
        {
            if (TypeOf(value) is not { } type)
            {
                return false;
            }

            if (value.Source == GraphValueSource.Initializer && value.OutputIndex < value.Scope.Graph.Initializer.Count
                && value.Scope.Graph.Initializer[value.OutputIndex]
                    is { DataLocation: not TensorProto.Types.DataLocation.External } tensor
                && tensor.RawData.Length < LargeConstantBytes)
            {
                body.Initializer.Add(tensor);
            }
            else
            {
                body.Input.Add(new ValueInfoProto { Name = value.Name, Type = type });
            }
        }

        return true;
    }

    /// <summary>Gives the inputs of a loop's body their types, from the node that runs it.</summary>
    private bool TypeInputs(GraphScope scope, GraphProto body)
    {
        var owner = scope.Owner!;
        for (var i = 0; i < body.Input.Count; i++)
        {
            var input = body.Input[i];
            var declared = input.Type is { ValueCase: not TypeProto.ValueOneofCase.None } ? input.Type : null;
            input.Type = owner switch
            {
                _ when owner.Is("Loop") && i == 0 => SchemaTypes.Tensor(ElementType.Int64, new TensorShapeProto()),
                _ when owner.Is("Loop") && i == 1 => SchemaTypes.Tensor(ElementType.Boolean, new TensorShapeProto()),
                _ when owner.Is("Loop") || owner.Is("Scan") => WithoutShape(Given(owner, i) ?? declared),
                _ => declared,
            };
            if (input.Type is null)
            {
                return false;
            }

            if (scope.Find(input.Name) is { } value && value.Scope == scope)
            {
                _types[value] = Describe(input.Type);
            }
        }

        return true;

        TypeProto? Given(GraphNode node, int index) =>
            index < node.Inputs.Count && node.Inputs[index] is { } value ? TypeOf(value) : null;
    }

    private static TypeProto? WithoutShape(TypeProto? type)
    {
        // The shape of a carried value may change from one iteration to the next.
        if (type?.TensorType is { } tensor)
        {
            tensor.Shape = null;
        }

        return type;
    }

    private static InferredValue Describe(TypeProto type) => type.ValueCase switch
    {
        TypeProto.ValueOneofCase.TensorType =>
            new InferredValue(ValueKind.Tensor, (ElementType)type.TensorType.ElemType, null, ShapeOf(type.TensorType)),
        TypeProto.ValueOneofCase.SequenceType => new InferredValue(
            ValueKind.Sequence,
            (ElementType)(type.SequenceType.ElemType?.TensorType?.ElemType ?? 0),
            ValueKind.Tensor,
            null),
        TypeProto.ValueOneofCase.OptionalType =>
            new InferredValue(ValueKind.Optional, ElementType.Undefined, null, null),
        TypeProto.ValueOneofCase.MapType => new InferredValue(ValueKind.Map, ElementType.Undefined, null, null),
        _ => new InferredValue(ValueKind.Opaque, ElementType.Undefined, null, null),
    };

    private static List<Dimension>? ShapeOf(TypeProto.Types.Tensor type) => type.Shape?.Dim
        .Select(static dim => new Dimension(
            dim.HasDimValue ? dim.DimValue : null, dim.HasDimParam ? dim.DimParam : null))
        .ToList();

    /// <summary>A value's type as an input of another graph; null where not known.</summary>
    private TypeProto? TypeOf(GraphValue value)
    {
        if (value.Scope == graph.Top && value.Source == GraphValueSource.Input)
        {
            return _inputs[value.OutputIndex].Type?.Clone();
        }

        var known = _types.GetValueOrDefault(value);
        var type = known is { Type: not ElementType.Undefined, CastFirst: false } ? known.Type : StaticTypes.Of(value);
        return known switch
        {
            null or { Type: ElementType.Undefined } when type == ElementType.Undefined => null,
            { Kind: ValueKind.Sequence, ItemKind: ValueKind.Tensor } => SchemaTypes.SequenceOf(type),
            { Kind: ValueKind.Tensor } or null => SchemaTypes.Tensor(type, Shape(known?.Shape)),
            _ => null,
        };
    }

    private static TensorShapeProto? Shape(IReadOnlyList<Dimension>? shape)
    {
        // The runtime tells an unknown rank and a scalar by the same empty list: leave it open.
        if (shape is null or { Count: 0 })
        {
            return null;
        }

        var result = new TensorShapeProto();
        foreach (var dimension in shape)
        {
            var dim = new TensorShapeProto.Types.Dimension();
            if (dimension.Extent is { } extent)
            {
                dim.DimValue = extent;
            }
            else if (dimension.Name is { } name)
            {
                dim.DimParam = name;
            }

            result.Dim.Add(dim);
        }

        return result;
    }

    private static List<Dimension> Dimensions(IEnumerable<long> extents) =>
        [.. extents.Select(static extent => new Dimension(extent, null))];

    private static TensorShapeProto Extents(IEnumerable<long> extents)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(extents.Select(static extent => new TensorShapeProto.Types.Dimension { DimValue = extent }));
        return shape;
    }

    private void Probe(GraphScope scope, ModelProto model)
    {
        if (scope.Owner is null)
        {
            foreach (var input in scope.Values.Where(static value => value.Source == GraphValueSource.Input))
            {
                _types[input] = Describe(_inputs[input.OutputIndex].Type ?? new TypeProto());
            }
        }

        var declaredOutputs = model.Graph.Output.ToDictionary(static output => output.Name, StringComparer.Ordinal);
        Ask(model, Wanted(scope.Values.Where(static value => value.Source == GraphValueSource.Node)), declaredOutputs);
    }

    /// <summary>
    /// The values to ask the runtime for; those that its interface cannot name are known by the graph alone.
    /// </summary>
    private List<GraphValue> Wanted(IEnumerable<GraphValue> values)
    {
        var wanted = new List<GraphValue>();
        foreach (var value in values)
        {
            if (StaticTypes.Of(value) is var type && type != ElementType.Undefined && !StaticTypes.IsFetchable(type))
            {
                _types[value] = new InferredValue(ValueKind.Tensor, type, null, null, CastFirst: true);
            }
            else
            {
                wanted.Add(value);
            }
        }

        return wanted;
    }

    private void Ask(ModelProto model, List<GraphValue> wanted, Dictionary<string, ValueInfoProto> declared)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        if (_loads++ >= MaximumLoads)
        {
            foreach (var value in wanted)
            {
                _types[value] = InferredValue.Failed("too many values of this model fail to load; it was not tried");
            }

            return;
        }

        try
        {
            foreach (var (value, description) in wanted.Zip(Load(model, wanted, declared)))
            {
                var inferred = InferredValue.Of(description);
                _types[value] = inferred.Shape is not null ? inferred
                    : value.Producer is { } node && node.Is("Constant") && node.Attribute("value")?.T is { } constant
                        ? inferred with { Shape = Dimensions(constant.Dims) }
                    : value.Scope.Owner is null && _scalars.Contains(value.Name) ? inferred with { Shape = [] }
                    : inferred;
            }
        }
        catch (BadInputException failure) when (wanted.Count == 1)
        {
            CheckModel();
            _types[wanted[0]] = AskForCast(model, wanted[0]) ?? InferredValue.Failed(failure.Message);
        }
        catch (BadInputException)
        {
            CheckModel();
            Ask(model, wanted[..(wanted.Count / 2)], declared);
            Ask(model, wanted[(wanted.Count / 2)..], declared);
        }
    }

    /// <summary>
    /// Once, where something fails: a model that does not load at all is bad input, not a model of values that fail.
    /// </summary>
    private void CheckModel()
    {
        if (!_isChecked)
        {
            using var engine = InferenceEngine.Open(graph.Model, graph.ModelPath, Quiet);
            _isChecked = true;
        }
    }

    private InferredValue? AskForCast(ModelProto model, GraphValue value)
    {
        const string name = "toolkit/cast";
        var cast = SchemaNodes.Cast(value.Name, name, ElementType.Float32);
        model.Graph.Node.Add(cast);
        try
        {
            model.Graph.Output.Clear();
            model.Graph.Output.Add(new ValueInfoProto { Name = name });
            using var engine = InferenceEngine.Open(model, graph.ModelPath, Quiet);
            return new InferredValue(
                ValueKind.Tensor, StaticTypes.Of(value), null, engine.Outputs[0].Dimensions, CastFirst: true);
        }
        catch (BadInputException)
        {
            return null;
        }
        finally
        {
            model.Graph.Node.Remove(cast);
        }
    }

    private IReadOnlyList<ValueDescription> Load(
        ModelProto model, List<GraphValue> wanted, Dictionary<string, ValueInfoProto> declared)
    {
        model.Graph.Output.Clear();
        model.Graph.Output.AddRange(
            wanted.Select(value => declared.GetValueOrDefault(value.Name) ?? new ValueInfoProto { Name = value.Name }));
        using var engine = InferenceEngine.Open(model, graph.ModelPath, Quiet);
        return engine.Outputs;
    }
}
