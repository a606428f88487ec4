using System.Text.Json;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Import;

/// <summary>Writes layers of a <see cref="LayerChain"/> as ONNX nodes, with torch's meaning and torch's names of tensors.</summary>
internal sealed class LayerWriter(string source, GraphBuilder graph, Checkpoint checkpoint)
{
    private static readonly Dictionary<string, Func<LayerWriter, LayerDescription, GraphValue, GraphValue>> Writers = new(StringComparer.Ordinal)
    {
        ["linear"] = static (writer, layer, x) => writer.Linear(layer, x),
        ["conv"] = static (writer, layer, x) => writer.Convolution(layer, x),
        ["batch_norm"] = static (writer, layer, x) => writer.BatchNorm(layer, x),
        ["layer_norm"] = static (writer, layer, x) => writer.LayerNorm(layer, x),
        ["embedding"] = static (writer, layer, x) => writer._graph.Node("Gather", [writer.Weight(layer, "weight", rank: 2), x], NodeAttributes.Int("axis", 0)),
        ["attention"] = static (writer, layer, x) => writer.Attention(layer, x),
        ["flatten"] = static (writer, layer, x) => writer._graph.Node("Flatten", [x], NodeAttributes.Int("axis", writer.Number(layer, "axis", 1))),
        ["softmax"] = static (writer, layer, x) => writer._graph.Node("Softmax", [x], NodeAttributes.Int("axis", writer.Number(layer, "axis", -1))),
        ["log_softmax"] = static (writer, layer, x) => writer._graph.Node("LogSoftmax", [x], NodeAttributes.Int("axis", writer.Number(layer, "axis", -1))),
        ["max_pool"] = static (writer, layer, x) => writer.Pool(layer, x, "MaxPool"),
        ["average_pool"] = static (writer, layer, x) => writer.Pool(layer, x, "AveragePool"),
        ["global_average_pool"] = static (writer, _, x) => writer._graph.Node("GlobalAveragePool", [x]),
        ["mean"] = static (writer, layer, x) => writer._graph.Node(
            "ReduceMean", [x], NodeAttributes.Ints("axes", writer.Number(layer, "axis", 1)), NodeAttributes.Int("keepdims", 0)),
        ["relu"] = static (writer, _, x) => writer._graph.Node("Relu", [x]),
        ["leaky_relu"] = static (writer, layer, x) => writer._graph.Node("LeakyRelu", [x], Real("alpha", writer.RealOption(layer, "slope", 0.01))),
        ["tanh"] = static (writer, _, x) => writer._graph.Node("Tanh", [x]),
        ["sigmoid"] = static (writer, _, x) => writer._graph.Node("Sigmoid", [x]),
        ["silu"] = static (writer, _, x) => writer._graph.Node("Mul", [x, writer._graph.Node("Sigmoid", [x])]),
        ["gelu"] = static (writer, _, x) => writer.Gelu(x),
    };

    private readonly GraphBuilder _graph = graph;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>The kinds of layers there are.</summary>
    public static IEnumerable<string> Kinds => Writers.Keys.Order(StringComparer.Ordinal);

    /// <summary>Name and lineage of every tensor used so far.</summary>
    public Dictionary<string, TensorLineage> Used { get; } = new(StringComparer.Ordinal);

    public GraphValue Write(LayerDescription layer, GraphValue x)
    {
        if (!Writers.TryGetValue(layer.Kind, out var write))
        {
            throw Bad(layer, $"the kind '{layer.Kind}' is not known. Known: {string.Join(", ", Kinds)}");
        }

        _taken.Clear();
        var value = write(this, layer, x);
        foreach (var option in layer.Options.Keys.Where(option => !_taken.Contains(option)))
        {
            throw Bad(layer, $"the field '{option}' is not one of a {layer.Kind}");
        }

        return value;
    }

    /// <summary>y = x Wᵀ + b; the transposition stays in the graph, so that the initializer is the checkpoint's tensor.</summary>
    private GraphValue Linear(LayerDescription layer, GraphValue x)
    {
        var weight = _graph.Node("Transpose", [Weight(layer, "weight", rank: 2)], NodeAttributes.Ints("perm", 1, 0));
        var product = _graph.Node("MatMul", [x, weight]);
        return OptionalWeight(layer, "bias") is { } bias ? _graph.Node("Add", [product, bias]) : product;
    }

    private GraphValue Convolution(LayerDescription layer, GraphValue x)
    {
        var weight = Weight(layer, "weight", rank: null, out var tensor);
        var axes = tensor.Shape.Rank - 2;
        if (axes is < 1 or > 3)
        {
            throw Bad(layer, $"a convolution's weight has 3 to 5 dimensions, '{tensor.Name}' has {tensor.Shape}");
        }

        var padding = Numbers(layer, "padding", axes, 0);
        var inputs = OptionalWeight(layer, "bias") is { } bias ? new[] { x, weight, bias } : [x, weight];
        return _graph.Node(
            "Conv",
            inputs,
            NodeAttributes.Ints("kernel_shape", tensor.Shape.Dimensions[2..]),
            NodeAttributes.Ints("strides", Numbers(layer, "stride", axes, 1)),
            NodeAttributes.Ints("dilations", Numbers(layer, "dilation", axes, 1)),
            NodeAttributes.Ints("pads", [.. padding, .. padding]),
            NodeAttributes.Int("group", Number(layer, "groups", 1)));
    }

    private GraphValue BatchNorm(LayerDescription layer, GraphValue x) => _graph.Node(
        "BatchNormalization",
        [x, Weight(layer, "weight", 1), Weight(layer, "bias", 1), Weight(layer, "running_mean", 1), Weight(layer, "running_var", 1)],
        Real("epsilon", RealOption(layer, "epsilon", 1e-5)));

    private GraphValue LayerNorm(LayerDescription layer, GraphValue x)
    {
        var weight = Weight(layer, "weight", rank: null, out var tensor);
        var inputs = OptionalWeight(layer, "bias") is { } bias ? new[] { x, weight, bias } : [x, weight];
        return _graph.Node(
            "LayerNormalization", inputs, NodeAttributes.Int("axis", -tensor.Shape.Rank), Real("epsilon", RealOption(layer, "epsilon", 1e-5)));
    }

    private GraphValue Pool(LayerDescription layer, GraphValue x, string type)
    {
        var kernel = Numbers(layer, "kernel", 2, 2);
        var padding = Numbers(layer, "padding", kernel.Length, 0);
        return _graph.Node(
            type,
            [x],
            NodeAttributes.Ints("kernel_shape", kernel),
            NodeAttributes.Ints("strides", layer.Options.ContainsKey("stride") ? Numbers(layer, "stride", kernel.Length, 1) : kernel),
            NodeAttributes.Ints("pads", [.. padding, .. padding]));
    }

    /// <summary>x · ½ (1 + erf(x / √2)), torch's default.</summary>
    private GraphValue Gelu(GraphValue x)
    {
        var erf = _graph.Node("Erf", [_graph.Node("Mul", [x, Scalar("gelu", MathF.Sqrt(0.5f))])]);
        var gate = _graph.Node("Mul", [_graph.Node("Add", [erf, Scalar("gelu", 1)]), Scalar("gelu", 0.5f)]);
        return _graph.Node("Mul", [x, gate]);
    }

    /// <summary>torch's MultiheadAttention with query = key = value [batch, position, width], batch first.</summary>
    private GraphValue Attention(LayerDescription layer, GraphValue x)
    {
        var heads = Number(layer, "heads", 0);
        var weight = Weight(layer, "in_proj_weight", rank: null, out var tensor);
        if (tensor.Shape.Rank != 2 || tensor.Shape[0] != 3 * tensor.Shape[1] || heads < 1 || tensor.Shape[1] % heads != 0)
        {
            throw Bad(layer, $"attention needs 'heads' that divide its width, and in_proj_weight [3·width, width]; '{tensor.Name}' has {tensor.Shape}");
        }

        var width = tensor.Shape[1];
        var size = width / heads;
        var projected = _graph.Node("MatMul", [x, _graph.Node("Transpose", [weight], NodeAttributes.Ints("perm", 1, 0))]);
        projected = OptionalWeight(layer, "in_proj_bias") is { } bias ? _graph.Node("Add", [projected, bias]) : projected;

        // [batch, position, 3·width] → [3, batch, head, position, size]
        var split = _graph.Node("Reshape", [projected, _graph.Constant("attention", 0, 0, 3, heads, size)]);
        var parts = _graph.Node("Transpose", [split], NodeAttributes.Ints("perm", 2, 0, 3, 1, 4));
        GraphValue Part(long index) => _graph.Node("Gather", [parts, Index(index)], NodeAttributes.Int("axis", 0));

        var keys = _graph.Node("Transpose", [Part(1)], NodeAttributes.Ints("perm", 0, 1, 3, 2));
        var scores = _graph.Node("Mul", [_graph.Node("MatMul", [Part(0), keys]), Scalar("attention", 1 / MathF.Sqrt(size))]);
        if (Flag(layer, "causal"))
        {
            // Above the diagonal −1e9: Trilu keeps the upper triangle of a matrix of that number.
            var shape = _graph.Node("Shape", [scores]);
            var mask = _graph.Node("Expand", [Scalar("attention", -1e9f), shape]);
            scores = _graph.Node("Add", [scores, _graph.Node("Trilu", [mask, Index(1)], NodeAttributes.Int("upper", 1))]);
        }

        var pattern = _graph.Node("Softmax", [scores], NodeAttributes.Int("axis", -1));
        var mixed = _graph.Node("Transpose", [_graph.Node("MatMul", [pattern, Part(2)])], NodeAttributes.Ints("perm", 0, 2, 1, 3));
        var joined = _graph.Node("Reshape", [mixed, _graph.Constant("attention", 0, 0, width)]);
        var output = _graph.Node("Transpose", [Weight(layer, "out_proj.weight", 2)], NodeAttributes.Ints("perm", 1, 0));
        var result = _graph.Node("MatMul", [joined, output]);
        return OptionalWeight(layer, "out_proj.bias") is { } outputBias ? _graph.Node("Add", [result, outputBias]) : result;
    }

    private GraphValue Scalar(string hint, float value) => _graph.Constant(hint, HostTensor.Float32(default, [value]));

    private GraphValue Index(long value) => _graph.Constant("index", HostTensor.Create<long>(ElementType.Int64, default, [value]));

    private GraphValue Weight(LayerDescription layer, string part, int? rank) => Weight(layer, part, rank, out _);

    private GraphValue Weight(LayerDescription layer, string part, int? rank, out CheckpointTensor tensor)
    {
        var name = TensorName(layer, part);
        if (!checkpoint.TryFind(name, out var found))
        {
            try
            {
                checkpoint.Find(name);
            }
            catch (BadInputException missing)
            {
                throw Bad(layer, missing.Message);
            }
        }

        tensor = found!;
        if (tensor.Type != ElementType.Float32 || (rank is { } expected && tensor.Shape.Rank != expected))
        {
            throw Bad(layer, $"'{name}' is {tensor.Type.DisplayName()} {tensor.Shape}; float32 {(rank is null ? string.Empty : $"with {rank} dimensions ")}is expected");
        }

        if (!Used.TryAdd(name, checkpoint.Lineage(tensor)))
        {
            throw Bad(layer, $"'{name}' is used by two layers");
        }

        return _graph.Initializer(name, checkpoint.Read(tensor));
    }

    private GraphValue? OptionalWeight(LayerDescription layer, string part) =>
        checkpoint.TryFind(TensorName(layer, part), out _) ? Weight(layer, part, rank: null) : null;

    private string TensorName(LayerDescription layer, string part)
    {
        if (Take(layer, part) is { ValueKind: JsonValueKind.String } given)
        {
            return given.GetString()!;
        }

        return layer.Name.Length == 0 ? part : $"{layer.Name}.{part}";
    }

    private JsonElement? Take(LayerDescription layer, string option)
    {
        _taken.Add(option);
        return layer.Options.TryGetValue(option, out var value) ? value : null;
    }

    private long Number(LayerDescription layer, string option, long otherwise) =>
        Take(layer, option) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
        : throw Bad(layer, $"'{option}' is no whole number");

    private double RealOption(LayerDescription layer, string option, double otherwise) =>
        Take(layer, option) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : throw Bad(layer, $"'{option}' is no number");

    private bool Flag(LayerDescription layer, string option) =>
        Take(layer, option) is { } value && (value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Bad(layer, $"'{option}' is neither true nor false"));

    /// <summary>One number for each spatial axis; a single number stands for all.</summary>
    private long[] Numbers(LayerDescription layer, string option, int count, long otherwise)
    {
        if (Take(layer, option) is { ValueKind: JsonValueKind.Array } list)
        {
            return [.. list.EnumerateArray().Select(item =>
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : throw Bad(layer, $"'{option}' holds something that is no whole number"))];
        }

        var numbers = new long[count];
        Array.Fill(numbers, Number(layer, option, otherwise));
        return numbers;
    }

    private static AttributeProto Real(string name, double value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = (float)value };

    private BadInputException Bad(LayerDescription layer, string what) =>
        new($"{source}: {layer.Place} ({layer.Kind}{(layer.Name.Length > 0 ? $" '{layer.Name}'" : string.Empty)}): {what}.");
}
