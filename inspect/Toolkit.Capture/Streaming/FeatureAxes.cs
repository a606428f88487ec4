using Toolkit.Capture.Planning;
using Toolkit.Formats.Onnx.Graphs;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Which axis of a value holds features: axis 1 where the value is an image (what convolutions and pools take and make,
/// and what operators that leave the axes where they are take for images and make of them), else the last.
/// </summary>
internal sealed class FeatureAxes
{
    private static readonly HashSet<string> ImageMakers = new(StringComparer.Ordinal)
    {
        "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "FusedConv", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool",
        "GlobalMaxPool", "GlobalLpPool", "LRN", "InstanceNormalization", "GroupNormalization", "BatchNormalization", "MaxUnpool", "RoiAlign",
        "DepthToSpace", "SpaceToDepth", "QLinearAveragePool", "QLinearGlobalAveragePool",
    };

    private static readonly HashSet<string> AxesKeepers = new(StringComparer.Ordinal)
    {
        "Relu", "LeakyRelu", "PRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Clip", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Mish",
        "Gelu", "Erf", "Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Sqrt", "Exp", "Log", "Neg", "Abs", "Concat", "Dropout", "Identity", "Cast",
        "Resize", "Upsample", "Pad", "QuantizeLinear", "DequantizeLinear", "Where", "Slice", "QLinearAdd", "QLinearMul",
        "Split", "Softmax", "LogSoftmax", "Sum", "Mean", "Reciprocal", "Sign", "Floor", "Ceil", "Round", "ThresholdedRelu", "Expand", "Tile",
    };

    private readonly HashSet<GraphValue> _images = [];
    private readonly IReadOnlyList<(string Pattern, int Axis)> _overrides;

    public FeatureAxes(ExposurePlan plan, IReadOnlyList<(string Pattern, int Axis)> overrides)
    {
        _overrides = overrides;
        foreach (var value in plan.Values.Reverse())
        {
            if (value.Value.Producer is { } node)
            {
                var taken = ImageMakers.Contains(value.OpType) ? 1
                    : AxesKeepers.Contains(value.OpType) && _images.Contains(value.Value) ? node.Inputs.Count : 0;
                _images.UnionWith(node.Inputs.Take(taken).OfType<GraphValue>());
            }
        }

        foreach (var value in plan.Values)
        {
            if (value.Value.Producer is { } node && (ImageMakers.Contains(value.OpType)
                || IsOutOfGroups(node)
                || (AxesKeepers.Contains(value.OpType)
                    && node.Inputs.Any(input => input is not null && _images.Contains(input)))))
            {
                _images.Add(value.Value);
            }
        }
    }

    /// <summary>
    /// A group normalisation is exported as an InstanceNormalization of the groups and a Reshape back to the image.
    /// </summary>
    private static bool IsOutOfGroups(GraphNode node) =>
        node.Is("Reshape") && node.Inputs[0]?.Producer?.Is("InstanceNormalization") == true;

    /// <summary>The feature axis of what arrives.</summary>
    /// <param name="value">The value.</param>
    /// <param name="rank">Axes of what arrives, iterations included.</param>
    /// <param name="iterations">Leading axes that count iterations.</param>
    /// <returns>The axis; null for scalars.</returns>
    public int? Of(PlannedValue value, int rank, int iterations)
    {
        if (rank == 0)
        {
            return null;
        }

        foreach (var (pattern, axis) in _overrides.Reverse())
        {
            if (Wildcard.Matches(pattern, value.Key) || Wildcard.Matches(pattern, value.Name))
            {
                return Math.Clamp(axis < 0 ? rank + axis : axis + iterations, 0, rank - 1);
            }
        }

        return rank - iterations >= 3 && _images.Contains(value.Value) ? iterations + 1 : rank - 1;
    }
}
