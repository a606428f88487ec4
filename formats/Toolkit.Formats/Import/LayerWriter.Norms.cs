using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Import;

/// <content>Normalisations.</content>
internal sealed partial class LayerWriter
{
    private GraphValue BatchNorm(LayerDescription layer, GraphValue x) => _graph.Node(
        "BatchNormalization",
        [x, Weight(layer, "weight", 1), Weight(layer, "bias", 1), Weight(layer, "running_mean", 1), Weight(
            layer, "running_var", 1)],
        Real("epsilon", RealOption(layer, "epsilon", 1e-5)));

    private GraphValue LayerNorm(LayerDescription layer, GraphValue x)
    {
        var weight = Weight(layer, "weight", rank: null, out var tensor);
        var inputs = OptionalWeight(layer, "bias") is { } bias ? new[] { x, weight, bias } : [x, weight];
        return _graph.Node(
            "LayerNormalization",
            inputs,
            NodeAttributes.Int("axis", -tensor.Shape.Rank),
            Real("epsilon", RealOption(layer, "epsilon", 1e-5)));
    }

    /// <summary>
    /// Each group of channels, with all its positions, brought to mean 0 and variance 1, then scaled and shifted by
    /// channel (Y. Wu, K. He, arXiv 1803.08494).
    /// </summary>
    private GraphValue GroupNorm(LayerDescription layer, GraphValue x)
    {
        var weight = Weight(layer, "weight", 1, out var tensor);
        var groups = Number(layer, "groups", 0);
        if (groups < 1 || tensor.Shape[0] % groups != 0)
        {
            throw Bad(layer, $"a group_norm needs 'groups' that divide its {tensor.Shape[0]} channels");
        }

        var grouped = _graph.Node("Reshape", [x, _graph.Constant("group_norm", 0, groups, -1)]);
        var ones = _graph.Constant(
            "ones", HostTensor.Float32(new TensorShape(groups), [.. Enumerable.Repeat(1f, (int)groups)]));
        var zeros = _graph.Constant("zeros", HostTensor.Float32(new TensorShape(groups), new float[groups]));
        var normal = _graph.Node(
            "InstanceNormalization", [grouped, ones, zeros], Real("epsilon", RealOption(layer, "epsilon", 1e-5)));
        var scaled = _graph.Node(
            "Mul", [_graph.Node("Reshape", [normal, _graph.Node("Shape", [x])]), ByChannel(weight)]);
        return OptionalWeight(layer, "bias") is { } bias ? _graph.Node("Add", [scaled, ByChannel(bias)]) : scaled;
    }

    /// <summary>x / √(mean x² + ε) · weight over the last axis (B. Zhang, R. Sennrich, arXiv 1910.07467).</summary>
    private GraphValue RmsNorm(LayerDescription layer, GraphValue x)
    {
        var square = _graph.Node(
            "ReduceMean",
            [_graph.Node("Mul", [x, x])],
            NodeAttributes.Ints("axes", -1),
            NodeAttributes.Int("keepdims", 1));
        var size = _graph.Node(
            "Sqrt", [_graph.Node("Add", [square, Scalar("epsilon", (float)RealOption(layer, "epsilon", 1e-6))])]);
        return _graph.Node("Mul", [_graph.Node("Div", [x, size]), Weight(layer, "weight", 1)]);
    }

    /// <summary>[channels] as [channels, 1 …], so that it lies along axis 1 of the value.</summary>
    private GraphValue ByChannel(GraphValue vector) =>
        _graph.Node(
            "Reshape", [vector, _graph.Constant("by_channel", [-1, .. Enumerable.Repeat(1L, Math.Max(0, _rank - 2))])]);
}
