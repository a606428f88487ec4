using Toolkit.Formats.Onnx.Building;

namespace Toolkit.Formats.Import;

/// <content>Activations that are more than one node.</content>
internal sealed partial class LayerWriter
{
    /// <summary>x · ½ (1 + erf(x / √2)), torch's default.</summary>
    private GraphValue Gelu(GraphValue x)
    {
        var erf = _graph.Node("Erf", [_graph.Node("Mul", [x, Scalar("gelu", MathF.Sqrt(0.5f))])]);
        var gate = _graph.Node("Mul", [_graph.Node("Add", [erf, Scalar("gelu", 1)]), Scalar("gelu", 0.5f)]);
        return _graph.Node("Mul", [x, gate]);
    }

    /// <summary>x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), the form of GPT-2.</summary>
    private GraphValue TanhGelu(GraphValue x)
    {
        var cube = _graph.Node("Mul", [_graph.Node("Mul", [x, x]), x]);
        var sum = _graph.Node("Add", [x, _graph.Node("Mul", [cube, Scalar("gelu", 0.044715f)])]);
        var tanh = _graph.Node("Tanh", [_graph.Node("Mul", [sum, Scalar("gelu", MathF.Sqrt(2 / MathF.PI))])]);
        var gate = _graph.Node("Mul", [_graph.Node("Add", [tanh, Scalar("gelu", 1)]), Scalar("gelu", 0.5f)]);
        return _graph.Node("Mul", [x, gate]);
    }

    /// <summary>
    /// x where it is positive, else its channel's slope times x; one slope may stand for all channels.
    /// </summary>
    private GraphValue Prelu(LayerDescription layer, GraphValue x)
    {
        var slope = Weight(layer, "weight", 1, out var tensor);
        return _graph.Node("PRelu", [x, tensor.Shape[0] == 1 ? slope : ByChannel(slope)]);
    }
}
