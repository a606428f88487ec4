using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Runtime;

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
    /// <param name="samples">The axis that counts samples, which no option makes the feature axis; null where there is
    /// none or it is not known.</param>
    /// <returns>The axis; null for scalars.</returns>
    public int? Of(PlannedValue value, int rank, int iterations, int? samples = null)
    {
        if (rank == 0)
        {
            return null;
        }

        foreach (var (pattern, axis) in _overrides.Reverse())
        {
            if (IsMeant(pattern, value) && Resolve(axis, rank - iterations, samples - iterations) is { } own)
            {
                return own + iterations;
            }
        }

        return rank - iterations >= 3 && _images.Contains(value.Value) ? iterations + 1 : rank - 1;
    }

    /// <summary>Refuses options that no value can follow, or not the one that they name.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="captured">By key, how many axes captured values have, null where not known, and which of them
    /// counts samples.</param>
    /// <exception cref="BadInputException">A value that is named has no such axis, or none that a pattern
    /// fits.</exception>
    public void Check(ExposurePlan plan, IReadOnlyDictionary<string, (int? Rank, int? Samples)> captured)
    {
        foreach (var (pattern, axis) in _overrides)
        {
            var meant = plan.Values.Where(value => IsMeant(pattern, value))
                .GroupBy(value => captured.ContainsKey(value.Key)).MaxBy(group => group.Key)!.ToList();
            var misfits = meant.Where(value => Axes(value) is ({ } rank, var samples)
                && Resolve(axis, rank, samples) is null).ToList();
            var named = misfits.Find(value => value.Key == pattern);
            if (named is null && misfits.Count < meant.Count)
            {
                continue;
            }

            var refused = named ?? misfits[0];
            throw new BadInputException(
                $"{plan.ModelPath}: --feature-axis {pattern}={axis}: "
                    + Misfit(refused, Axes(refused).Rank!.Value, Axes(refused).Samples, axis)
                    + (named is null && misfits.Count > 1
                        ? $" None of the {misfits.Count} values that the pattern fits has it."
                        : ""));
        }

        (int? Rank, int? Samples) Axes(PlannedValue value) =>
            captured.TryGetValue(value.Key, out var axes) ? axes
                : value.Kind == ValueKind.Tensor ? (value.Shape?.Count, null)
                : (0, null);
    }

    private static string Misfit(PlannedValue value, int rank, int? samples, int axis)
    {
        var given = Enumerable.Range(0, rank).Where(a => a != samples).ToList();
        var shape = value.Kind != ValueKind.Tensor ? $"no tensor but of kind {value.Kind}"
            : value.Shape?.Count == rank ? $"[{string.Join(", ", value.Shape)}]" : $"of rank {rank}";
        return $"{HostileText.Quote(value.Key)} is {shape}"
            + ((axis < 0 ? rank + axis : axis) == samples
                ? $", and its axis {samples} counts samples."
                : $" and has no axis {axis}.")
            + (given.Count == 0
                ? " No axis of it can be given: leave the option out."
                : $" Axes that can be given: {string.Join(", ", given)}.");
    }

    private static bool IsMeant(string pattern, PlannedValue value) =>
        Wildcard.Matches(pattern, value.Key) || Wildcard.Matches(pattern, value.Name);

    /// <summary>The axis that an option means; null where a value has no such axis, or it counts samples.</summary>
    private static int? Resolve(int axis, int rank, int? samples)
    {
        var resolved = axis < 0 ? rank + axis : axis;
        return resolved >= 0 && resolved < rank && resolved != samples ? resolved : null;
    }
}
