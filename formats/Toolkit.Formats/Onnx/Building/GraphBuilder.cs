using Google.Protobuf;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Onnx.Building;

/// <summary>
/// Builds an ONNX model node by node, in topological order because a value exists only after its node. Not thread-safe.
/// </summary>
/// <remarks>
/// Opset 17 with IR version 8: the oldest pair that has everything used here, so that every runtime since 2022 reads
/// it. Constants become initializers, never Constant nodes.
/// </remarks>
public sealed class GraphBuilder
{
    /// <summary>The version of the default operator set that the nodes are written in.</summary>
    public const int Opset = 17;

    private const int IrVersion = 8;

    private readonly string _graphName;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counters = new(StringComparer.Ordinal);
    private readonly List<(string Type, GraphValue[] Inputs, GraphValue Output, AttributeProto[] Attributes)> _nodes = [];
    private readonly List<(GraphValue Value, HostTensor Tensor)> _initializers = [];
    private readonly List<(GraphValue Value, ElementType Type, GraphDimension[] Dimensions)> _inputs = [];
    private readonly List<(GraphValue Value, ElementType Type, GraphDimension[] Dimensions)> _outputs = [];

    /// <summary>Starts an empty graph.</summary>
    /// <param name="graphName">The graph's name; not empty.</param>
    public GraphBuilder(string graphName)
    {
        ArgumentException.ThrowIfNullOrEmpty(graphName);
        _graphName = graphName;
    }

    /// <summary>Adds an input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Its shape; dynamic extents by name.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GraphValue Input(string name, ElementType type, params GraphDimension[] dimensions)
    {
        var value = new GraphValue(Claim(name), isNamed: true);
        _inputs.Add((value, type, dimensions));
        return value;
    }

    /// <summary>Adds a constant tensor under a given name: a weight.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">Its content.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GraphValue Initializer(string name, HostTensor tensor)
    {
        var value = new GraphValue(Claim(name), isNamed: true);
        _initializers.Add((value, tensor));
        return value;
    }

    /// <summary>Adds a constant tensor under a name made from a hint: a shape, an axis, a factor.</summary>
    /// <param name="hint">What the constant is for; a number is appended.</param>
    /// <param name="tensor">Its content.</param>
    /// <returns>The value.</returns>
    public GraphValue Constant(string hint, HostTensor tensor) => Initializer(Invent(hint), tensor);

    /// <summary>Adds a constant list of int64, as Reshape, Slice and their kin take their arguments.</summary>
    /// <param name="hint">What the constant is for; a number is appended.</param>
    /// <param name="values">The elements.</param>
    /// <returns>The value, of shape [count].</returns>
    public GraphValue Constant(string hint, params ReadOnlySpan<long> values) =>
        Constant(hint, HostTensor.Create(ElementType.Int64, new TensorShape(values.Length), values));

    /// <summary>Adds a node with one output.</summary>
    /// <param name="type">The operator of the default domain, for example <c>MatMul</c>.</param>
    /// <param name="inputs">Its arguments, all of this graph.</param>
    /// <param name="attributes">Its attributes; see <see cref="NodeAttributes"/>.</param>
    /// <returns>The output, under an invented name; see <see cref="Rename"/>.</returns>
    public GraphValue Node(string type, GraphValue[] inputs, params AttributeProto[] attributes)
    {
        var output = new GraphValue(Claim(Invent(type)), isNamed: false);
        _nodes.Add((type, inputs, output, attributes));
        return output;
    }

    /// <summary>Gives a value the name that the literature, or the reader, knows it by.</summary>
    /// <param name="value">A node's output that has no chosen name yet; one that has gets an Identity node of the new
    /// name.</param>
    /// <param name="name">The name.</param>
    /// <returns>The value of that name.</returns>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public GraphValue Rename(GraphValue value, string name)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.IsNamed)
        {
            value = Node("Identity", [value]);
        }

        Claim(name);
        _names.Remove(value.Name);
        value.Name = name;
        value.IsNamed = true;
        return value;
    }

    /// <summary>Makes a value an output.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Its shape; dynamic extents by name.</param>
    public void Output(GraphValue value, ElementType type, params GraphDimension[] dimensions) =>
        _outputs.Add((value, type, dimensions));

    /// <summary>Finishes the model.</summary>
    /// <param name="producer">The program that made it, as the file will say.</param>
    /// <param name="version">That program's version.</param>
    /// <returns>The model; the builder can go on and build again.</returns>
    public ModelProto Build(string producer, string version)
    {
        var graph = new GraphProto { Name = _graphName };
        graph.Input.AddRange(_inputs.Select(ToValueInfo));
        graph.Output.AddRange(_outputs.Select(ToValueInfo));
        graph.Initializer.AddRange(
            _initializers.Select(initializer => ToTensor(initializer.Value.Name, initializer.Tensor)));
        foreach (var (type, inputs, output, attributes) in _nodes)
        {
            var node = new NodeProto { OpType = type, Name = output.Name };
            node.Input.AddRange(inputs.Select(input => input.Name));
            node.Output.Add(output.Name);
            node.Attribute.AddRange(attributes);
            graph.Node.Add(node);
        }

        return new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = producer,
            ProducerVersion = version,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = Opset } },
        };
    }

    private static ValueInfoProto ToValueInfo((GraphValue Value, ElementType Type, GraphDimension[] Dimensions) value)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(value.Dimensions.Select(dimension => dimension.Name is { } name
            ? new TensorShapeProto.Types.Dimension { DimParam = name }
            : new TensorShapeProto.Types.Dimension { DimValue = dimension.Size }));
        return new ValueInfoProto
        {
            Name = value.Value.Name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.Type, Shape = shape },
            },
        };
    }

    private static TensorProto ToTensor(string name, HostTensor tensor)
    {
        var proto = new TensorProto
        {
            Name = name,
            DataType = (int)tensor.Type,
            RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes),
        };
        proto.Dims.AddRange(tensor.Shape.Dimensions.ToArray());
        return proto;
    }

    private string Claim(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _names.Add(name)
            ? name
            : throw new ArgumentException($"The graph has a value '{name}' already.", nameof(name));
    }

    private string Invent(string hint)
    {
        string name;
        do
        {
            var next = _counters.GetValueOrDefault(hint);
            _counters[hint] = next + 1;
            name = $"{hint}_{next}";
        }
        while (_names.Contains(name));

        return name;
    }
}
