using Toolkit.Capture.Inputs;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Benchmarks;

/// <summary>A network of the size of the published S6 one with random weights, and its 720² pairs.</summary>
internal static class PairNetwork
{
    private const int Order = 720;

    /// <summary>
    /// Embeddings of two elements side by side, a hidden layer, logits: <c>embed_stack</c>, <c>pre_activation</c>,
    /// <c>hidden</c>, <c>logits</c>.
    /// </summary>
    public static ModelProto Model()
    {
        var random = new Random(1);
        var graph = new GraphProto { Name = "mlp" };
        foreach (var name in new[] { "a", "b" })
        {
            graph.Input.Add(Value(name, ElementType.Int64));
        }

        void Weights(string name, params long[] shape)
        {
            var tensor = new TensorShape(shape);
            var values = new float[tensor.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)((random.NextDouble() - 0.5) / 8);
            }

            graph.Initializer.Add(OnnxTensor.Write(name, HostTensor.Float32(tensor, values)));
        }

        Weights("W_x", Order, 256);
        Weights("W_y", Order, 256);
        Weights("W", 512, 128);
        Weights("W_U", 128, Order);
        graph.Node.Add(Node("Gather", ["W_x", "a"], "x"));
        graph.Node.Add(Node("Gather", ["W_y", "b"], "y"));
        var concat = Node("Concat", ["x", "y"], "embed_stack");
        concat.Attribute.Add(
            new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
        graph.Node.Add(concat);
        graph.Node.Add(Node("MatMul", ["embed_stack", "W"], "pre_activation"));
        graph.Node.Add(Node("Relu", ["pre_activation"], "hidden"));
        graph.Node.Add(Node("MatMul", ["hidden", "W_U"], "logits"));
        graph.Output.Add(new ValueInfoProto { Name = "logits" });
        var model = new ModelProto { IrVersion = 8, ProducerName = "benchmark", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    private static NodeProto Node(string op, string[] inputs, string output)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    private static ValueInfoProto Value(string name, ElementType type)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "batch" });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    /// <summary>All pairs, row-major.</summary>
    public sealed class Pairs : IInputSource
    {
        public string Source => "pairs";

        public string? Sha256 => null;

        public long Samples => Order * Order;

        public int? FixedBatch => null;

        public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples)
        {
            var (a, b) = (new long[samples], new long[samples]);
            for (var i = 0; i < samples; i++)
            {
                (a[i], b[i]) = Math.DivRem(firstSample + i, Order);
            }

            return new Dictionary<string, InputValue>(StringComparer.Ordinal)
            {
                ["a"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(samples), a),
                ["b"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(samples), b),
            };
        }

        public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => [];
    }
}
