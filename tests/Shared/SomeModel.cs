#if TOOLKIT_ONNX_TESTS
using Google.Protobuf;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Testing;

/// <summary>Small models for tests, written by hand.</summary>
internal static class SomeModel
{
    /// <summary>A model of opset 21 around a graph.</summary>
    public static ModelProto Of(GraphProto graph, params FunctionProto[] functions)
    {
        var model = new ModelProto { IrVersion = 10, ProducerName = "test", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        foreach (var function in functions)
        {
            if (model.OpsetImport.All(set => set.Domain != function.Domain))
            {
                model.OpsetImport.Add(new OperatorSetIdProto { Domain = function.Domain, Version = 1 });
            }

            model.Functions.Add(function);
        }

        return model;
    }

    /// <summary>A graph of nodes; values written as <c>name:shape</c> are float32 ("x:batch,4"), a bare name has no type.</summary>
    public static GraphProto Graph(string[] inputs, string[] outputs, params NodeProto[] nodes)
    {
        var graph = new GraphProto { Name = "graph" };
        graph.Input.AddRange(inputs.Select(text => Value(text)));
        graph.Output.AddRange(outputs.Select(text => Value(text)));
        graph.Node.AddRange(nodes);
        return graph;
    }

    /// <summary>A node: <c>Node("Add", "a b", "c")</c>; names are parted by spaces, <c>_</c> is an argument left out.</summary>
    public static NodeProto Node(string op, string inputs, string outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = $"{op}_{outputs.Split(' ')[0]}" };
        node.Input.AddRange(inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name == "_" ? "" : name));
        node.Output.AddRange(outputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name == "_" ? "" : name));
        node.Attribute.AddRange(attributes);
        return node;
    }

    public static ValueInfoProto Value(string text, ElementType type = ElementType.Float32)
    {
        var at = text.LastIndexOf(':');
        if (at < 0)
        {
            return new ValueInfoProto { Name = text };
        }

        var shape = new TensorShapeProto();
        foreach (var extent in text[(at + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            shape.Dim.Add(long.TryParse(extent, out var number)
                ? new TensorShapeProto.Types.Dimension { DimValue = number }
                : new TensorShapeProto.Types.Dimension { DimParam = extent });
        }

        return new ValueInfoProto
        {
            Name = text[..at],
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    /// <summary>
    /// A Loop's body that goes on to the end and carries one value: from <c>state</c>, written as <c>state:shape</c>, the
    /// nodes compute <c>state_out</c>.
    /// </summary>
    public static GraphProto LoopBody(string iteration, string state, params NodeProto[] nodes)
    {
        var (goes, at) = ($"{iteration}_goes", state.LastIndexOf(':'));
        var body = Graph([], [], [Node("Identity", goes, $"{goes}_on"), .. nodes]);
        body.Input.Add(Value($"{iteration}:", ElementType.Int64));
        body.Input.Add(Value($"{goes}:", ElementType.Boolean));
        body.Input.Add(Value(state));
        body.Output.Add(Value($"{goes}_on:", ElementType.Boolean));
        body.Output.Add(Value($"{state[..at]}_out{state[at..]}"));
        return body;
    }

    public static AttributeProto Attribute(string name, GraphProto graph) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = graph };

    public static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Attribute(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static TensorProto Constant(string name, TensorShape shape, params float[] values) =>
        OnnxTensor.Write(name, HostTensor.Float32(shape, values));

    public static TensorProto Constant(string name, TensorShape shape, params long[] values) =>
        OnnxTensor.Write(name, HostTensor.Create<long>(ElementType.Int64, shape, values));

    /// <summary>y = Relu(x · W + b), with the values <c>product</c> and <c>sum</c> inside; x [batch, 3], y [batch, 2].</summary>
    public static ModelProto Linear()
    {
        var graph = Graph(["x:batch,3"], ["y:batch,2"], Node("MatMul", "x W", "product"), Node("Add", "product b", "sum"), Node("Relu", "sum", "y"));
        graph.Initializer.Add(Constant("W", new TensorShape(3, 2), 1f, -1f, 2f, -2f, 3f, -3f));
        graph.Initializer.Add(Constant("b", new TensorShape(2), 0.5f, 0.25f));
        return Of(graph);
    }
}
#endif
