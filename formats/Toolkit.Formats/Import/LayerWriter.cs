using System.Text.Json;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Import;

/// <summary>
/// Writes layers of a <see cref="LayerChain"/> as ONNX nodes, with torch's meaning and torch's names of tensors.
/// </summary>
internal sealed partial class LayerWriter(
    string source, GraphBuilder graph, Checkpoint checkpoint, Float32Rounding rounding, string prefix, int inputRank)
{
    private static readonly Dictionary<string, Func<LayerWriter, LayerDescription, GraphValue, GraphValue>> Writers = new(
        StringComparer.Ordinal)
    {
        ["linear"] = static (writer, layer, x) => writer.Linear(layer, x),
        ["conv"] = static (writer, layer, x) => writer.Convolution(layer, x),
        ["batch_norm"] = static (writer, layer, x) => writer.BatchNorm(layer, x),
        ["layer_norm"] = static (writer, layer, x) => writer.LayerNorm(layer, x),
        ["group_norm"] = static (writer, layer, x) => writer.GroupNorm(layer, x),
        ["rms_norm"] = static (writer, layer, x) => writer.RmsNorm(layer, x),
        ["embedding"] = static (writer, layer, x) => writer.Embedding(layer, x),
        ["attention"] = static (writer, layer, x) => writer.Attention(layer, x),
        ["flatten"] = static (writer, layer, x) => writer.Flatten(layer, x),
        ["softmax"] = static (writer, layer, x) => writer._graph.Node(
            "Softmax", [x], NodeAttributes.Int("axis", writer.Number(layer, "axis", -1))),
        ["log_softmax"] = static (writer, layer, x) => writer._graph.Node(
            "LogSoftmax", [x], NodeAttributes.Int("axis", writer.Number(layer, "axis", -1))),
        ["max_pool"] = static (writer, layer, x) => writer.Pool(layer, x, "MaxPool"),

        // torch counts the padding among what it averages, ONNX by default does not.
        ["average_pool"] = static (writer, layer, x) => writer.Pool(
            layer, x, "AveragePool", NodeAttributes.Int("count_include_pad", 1)),
        ["global_average_pool"] = static (writer, _, x) => writer._graph.Node("GlobalAveragePool", [x]),
        ["mean"] = static (writer, layer, x) => writer.Mean(layer, x),
        ["dropout"] = static (_, _, x) => x,
        ["relu"] = static (writer, _, x) => writer._graph.Node("Relu", [x]),
        ["relu6"] = static (writer, _, x) => writer._graph.Node(
            "Clip", [x, writer.Scalar("relu6", 0), writer.Scalar("relu6", 6)]),
        ["elu"] = static (writer, layer, x) => writer._graph.Node(
            "Elu", [x], Real("alpha", writer.RealOption(layer, "alpha", 1))),
        ["hard_swish"] = static (writer, _, x) => writer._graph.Node("HardSwish", [x]),
        ["prelu"] = static (writer, layer, x) => writer.Prelu(layer, x),
        ["leaky_relu"] = static (writer, layer, x) => writer._graph.Node(
            "LeakyRelu", [x], Real("alpha", writer.RealOption(layer, "slope", 0.01))),
        ["tanh"] = static (writer, _, x) => writer._graph.Node("Tanh", [x]),
        ["sigmoid"] = static (writer, _, x) => writer._graph.Node("Sigmoid", [x]),
        ["silu"] = static (writer, _, x) => writer._graph.Node("Mul", [x, writer._graph.Node("Sigmoid", [x])]),
        ["gelu"] = static (writer, layer, x) => writer.Flag(layer, "tanh") ? writer.TanhGelu(x) : writer.Gelu(x),
    };

    private readonly GraphBuilder _graph = graph;

    // How many axes the value has that the next layer takes: torch's layers count theirs from the left, ONNX broadcasts
    // from the right.
    private int _rank = inputRank;

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

    /// <summary>
    /// y = x Wᵀ + b; the transposition stays in the graph, so that the initializer is the checkpoint's tensor. Keras
    /// keeps Wᵀ: <c>"transposed": true</c>.
    /// </summary>
    private GraphValue Linear(LayerDescription layer, GraphValue x)
    {
        var weight = Weight(layer, "weight", rank: 2);
        var matrix = Flag(layer, "transposed")
            ? weight
            : _graph.Node("Transpose", [weight], NodeAttributes.Ints("perm", 1, 0));
        var product = _graph.Node("MatMul", [x, matrix]);
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

    private GraphValue Embedding(LayerDescription layer, GraphValue x)
    {
        _rank++;
        return _graph.Node("Gather", [Weight(layer, "weight", rank: 2), x], NodeAttributes.Int("axis", 0));
    }

    private GraphValue Flatten(LayerDescription layer, GraphValue x)
    {
        _rank = 2;
        return _graph.Node("Flatten", [x], NodeAttributes.Int("axis", Number(layer, "axis", 1)));
    }

    private GraphValue Mean(LayerDescription layer, GraphValue x)
    {
        _rank--;
        return _graph.Node("ReduceMean", [x], NodeAttributes.Ints("axes", Number(layer, "axis", 1)), NodeAttributes.Int(
            "keepdims", 0));
    }

    private GraphValue Pool(LayerDescription layer, GraphValue x, string type, params AttributeProto[] more)
    {
        var axes = Math.Max(0, _rank - 2);
        var kernel = Numbers(layer, "kernel", axes, 2);
        var padding = Numbers(layer, "padding", axes, 0);
        return _graph.Node(
            type,
            [x],
            [
                NodeAttributes.Ints("kernel_shape", kernel),
                NodeAttributes.Ints(
                    "strides", layer.Options.ContainsKey("stride") ? Numbers(layer, "stride", axes, 1) : kernel),
                NodeAttributes.Ints("pads", [.. padding, .. padding]),
                NodeAttributes.Int("ceil_mode", Flag(layer, "ceil") ? 1 : 0),
                .. more,
            ]);
    }

    /// <summary>torch's MultiheadAttention with query = key = value [batch, position, width], batch first.</summary>
    private GraphValue Attention(LayerDescription layer, GraphValue x)
    {
        var heads = Number(layer, "heads", 0);
        var weight = Weight(layer, "in_proj_weight", rank: null, out var tensor);
        if (tensor.Shape.Rank != 2
            || tensor.Shape[0] != 3 * tensor.Shape[1] || heads < 1 || tensor.Shape[1] % heads != 0)
        {
            throw Bad(
                layer,
                "attention needs 'heads' that divide its width, and in_proj_weight [3·width, width]; "
                    + $"'{tensor.Name}' has {tensor.Shape}");
        }

        var width = tensor.Shape[1];
        var size = width / heads;
        var projected = _graph.Node(
            "MatMul", [x, _graph.Node("Transpose", [weight], NodeAttributes.Ints("perm", 1, 0))]);
        projected = OptionalWeight(layer, "in_proj_bias") is { } bias
            ? _graph.Node("Add", [projected, bias])
            : projected;

        // [batch, position, 3·width] → [3, batch, head, position, size]
        var split = _graph.Node("Reshape", [projected, _graph.Constant("attention", 0, 0, 3, heads, size)]);
        var parts = _graph.Node("Transpose", [split], NodeAttributes.Ints("perm", 2, 0, 3, 1, 4));
        GraphValue Part(long index) => _graph.Node("Gather", [parts, Index(index)], NodeAttributes.Int("axis", 0));

        var keys = _graph.Node("Transpose", [Part(1)], NodeAttributes.Ints("perm", 0, 1, 3, 2));
        var scores = _graph.Node(
            "Mul", [_graph.Node("MatMul", [Part(0), keys]), Scalar("attention", 1 / MathF.Sqrt(size))]);
        if (Flag(layer, "causal"))
        {
            // Above the diagonal −1e9: Trilu keeps the upper triangle of a matrix of that number.
            var shape = _graph.Node("Shape", [scores]);
            var mask = _graph.Node("Expand", [Scalar("attention", -1e9f), shape]);
            scores = _graph.Node(
                "Add", [scores, _graph.Node("Trilu", [mask, Index(1)], NodeAttributes.Int("upper", 1))]);
        }

        var pattern = _graph.Node("Softmax", [scores], NodeAttributes.Int("axis", -1));
        var mixed = _graph.Node(
            "Transpose", [_graph.Node("MatMul", [pattern, Part(2)])], NodeAttributes.Ints("perm", 0, 2, 1, 3));
        var joined = _graph.Node("Reshape", [mixed, _graph.Constant("attention", 0, 0, width)]);
        var output = _graph.Node("Transpose", [Weight(layer, "out_proj.weight", 2)], NodeAttributes.Ints("perm", 1, 0));
        var result = _graph.Node("MatMul", [joined, output]);
        return OptionalWeight(layer, "out_proj.bias") is { } outputBias
            ? _graph.Node("Add", [result, outputBias])
            : result;
    }

    private GraphValue Scalar(string hint, float value) => _graph.Constant(hint, HostTensor.Float32(default, [value]));

    private GraphValue Index(long value) =>
        _graph.Constant("index", HostTensor.Create<long>(ElementType.Int64, default, [value]));

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
        if (!rounding.Takes(tensor.Type)
            || (rank is { } expected && tensor.Shape.Rank != expected))
        {
            throw Bad(
                layer,
                $"'{name}' is {tensor.Type.DisplayName()} {tensor.Shape}; float32 "
                    + $"{(rank is null ? string.Empty : $"with {rank} dimensions ")}is expected"
                    + rounding.HowTo(tensor.Type));
        }

        var content = rounding.Read(checkpoint, tensor);
        if (!Used.TryAdd(name, rounding.Lineage(checkpoint, tensor)))
        {
            throw Bad(layer, $"'{name}' is used by two layers");
        }

        return _graph.Initializer(name, content);
    }

    private GraphValue? OptionalWeight(LayerDescription layer, string part) =>
        checkpoint.TryFind(TensorName(layer, part), out _) ? Weight(layer, part, rank: null) : null;

    private string TensorName(LayerDescription layer, string part)
    {
        if (Take(layer, part) is { ValueKind: JsonValueKind.String } given)
        {
            return given.GetString()!;
        }

        return layer.Name.Length == 0 ? prefix + part : $"{prefix}{layer.Name}.{part}";
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
            if (list.GetArrayLength() != count)
            {
                throw Bad(
                    layer,
                    $"'{option}' has {list.GetArrayLength()} numbers; one, or one for each of the {count} spatial "
                        + "axes, is expected");
            }

            return [.. list.EnumerateArray().Select(item =>
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number)
                    ? number
                    : throw Bad(layer, $"'{option}' holds something that is no whole number"))];
        }

        var numbers = new long[count];
        Array.Fill(numbers, Number(layer, option, otherwise));
        return numbers;
    }

    private static AttributeProto Real(string name, double value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = (float)value };

    private BadInputException Bad(LayerDescription layer, string what) =>
        new(
            $"{source}: {layer.Place} ({layer.Kind}{(layer.Name.Length > 0 ? $" '{layer.Name}'" : string.Empty)}): "
                + $"{what.TrimEnd('.')}.");
}
