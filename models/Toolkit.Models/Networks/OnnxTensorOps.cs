using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Tensors;

namespace Toolkit.Models.Networks;

/// <summary>
/// The back end that writes a network down as an ONNX graph, every position and every named value included.
/// </summary>
/// <param name="graph">Takes the nodes.</param>
/// <param name="parameters">The content of every parameter, by its checkpoint name.</param>
internal sealed class OnnxTensorOps(GraphBuilder graph, IReadOnlyDictionary<string, HostTensor> parameters)
    : ITensorOps<GraphValue>
{
    private readonly Dictionary<string, GraphValue> _initializers = new(StringComparer.Ordinal);

    public GraphValue Parameter(string name)
    {
        if (!_initializers.TryGetValue(name, out var value))
        {
            value = graph.Initializer(name, parameters[name]);
            _initializers.Add(name, value);
        }

        return value;
    }

    public GraphValue Named(GraphValue value, string name) => graph.Rename(value, name);

    public GraphValue Rows(GraphValue table, GraphValue indices) =>
        graph.Node("Gather", [table, indices], NodeAttributes.Int("axis", 0));

    public GraphValue ProjectPair(
        GraphValue a, GraphValue b, GraphValue xTable, GraphValue yTable, GraphValue weights, string stackName)
    {
        var x = Named(Rows(xTable, a), $"{stackName}.x");
        var y = Named(Rows(yTable, b), $"{stackName}.y");
        var stack = Named(graph.Node("Concat", [x, y], NodeAttributes.Int("axis", 1)), stackName);
        return MatMul(stack, weights);
    }

    public GraphValue Tokens(GraphValue a, GraphValue b, long last)
    {
        var axis = graph.Constant("axes", 1);
        var left = graph.Node("Unsqueeze", [a, axis]);
        var right = graph.Node("Unsqueeze", [b, axis]);
        // 0 · a + last: the batch's extent without a Shape node, whose values no profile could explain.
        var zero = graph.Node(
            "Mul", [left, graph.Constant("zero", HostTensor.Create<long>(ElementType.Int64, new TensorShape(), [0]))]);
        var equals = graph.Node(
            "Add",
            [zero, graph.Constant("equals_token", HostTensor.Create(ElementType.Int64, new TensorShape(), [last]))]);
        return graph.Node("Concat", [left, right, equals], NodeAttributes.Int("axis", 1));
    }

    public GraphValue MatMul(GraphValue left, GraphValue right) => graph.Node("MatMul", [left, right]);

    public GraphValue Add(GraphValue left, GraphValue right) => graph.Node("Add", [left, right]);

    public GraphValue Multiply(GraphValue left, GraphValue right) => graph.Node("Mul", [left, right]);

    public GraphValue Divide(GraphValue value, double divisor) =>
        graph.Node("Div", [value, graph.Constant("divisor", HostTensor.Float32(new TensorShape(), [(float)divisor]))]);

    public GraphValue Relu(GraphValue value) => graph.Node("Relu", [value]);

    public GraphValue Softmax(GraphValue value) => graph.Node("Softmax", [value], NodeAttributes.Int("axis", -1));

    public GraphValue Transpose(GraphValue value, params ReadOnlySpan<long> axes) =>
        graph.Node("Transpose", [value], NodeAttributes.Ints("perm", axes));

    public GraphValue Reshape(GraphValue value, params ReadOnlySpan<long> dimensions) =>
        graph.Node("Reshape", [value, graph.Constant("shape", dimensions)]);

    public GraphValue Mask(GraphValue scores, GraphValue mask, GraphValue ignore) =>
        graph.Node("Where", [mask, scores, ignore]);

    public GraphValue SkipUnneededPositions(GraphValue value) => value;

    public GraphValue LastPosition(GraphValue value) =>
        graph.Node(
            "Gather",
            [value, graph.Constant("last", HostTensor.Create<long>(ElementType.Int64, new TensorShape(), [-1]))],
            NodeAttributes.Int("axis", 1));
}
