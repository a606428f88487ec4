namespace Toolkit.Analysis.Charts.Runs;

/// <summary>A captured value or a weight, as charts need to know it.</summary>
/// <param name="Name">The ONNX name, unchanged; may be hostile text.</param>
/// <param name="Type">The element type as tables show it: "float32".</param>
/// <param name="Dimensions">The shape; of a captured value without the sample axis, the feature axis last.</param>
/// <param name="Role">The role that the model's metadata give it ("hidden", "logits" …), or null.</param>
/// <param name="Position">The position that plays the role, where the value has positions; else null.</param>
/// <param name="IsSpatial">True where the axes before the features are places of an image or a signal (convolutions),
/// not steps of a sequence.</param>
/// <param name="ModelAxes">For each dimension of a captured value, which axis it is in the model, from 0; null where
/// that is not known.</param>
public sealed record RunTensor(
    string Name,
    string Type,
    IReadOnlyList<long> Dimensions,
    string? Role,
    int? Position = null,
    bool IsSpatial = false,
    IReadOnlyList<int>? ModelAxes = null)
{
    /// <summary>The product of <see cref="Dimensions"/>: values per sample, or of the whole weight.</summary>
    public long Count => Dimensions.Aggregate(1L, (product, dimension) => product * dimension);

    /// <summary>The extent of the last axis: features (neurons, columns); 1 for a scalar.</summary>
    public int Channels => Dimensions.Count == 0 ? 1 : (int)Math.Min(Dimensions[^1], int.MaxValue);

    /// <summary>The product of all axes but the last: positions, or rows of a weight.</summary>
    public int Rows => Channels == 0 ? 0 : (int)Math.Min(Count / Channels, int.MaxValue);

    /// <summary>
    /// The place that is shown first on an axis before the features: the one that plays the role, the middle of an
    /// image, the end of a sequence.
    /// </summary>
    /// <param name="extent">The extent of the axis.</param>
    /// <returns>The place, from 0.</returns>
    public int FirstShown(int extent) => Position ?? (IsSpatial ? extent / 2 : extent - 1);

    /// <summary>
    /// What menus call an axis before the features: "axis 1", or "axis 2 of the model" where values are stored in
    /// another order than the model's.
    /// </summary>
    /// <param name="axis">The dimension, from 0.</param>
    /// <returns>The name.</returns>
    public string NameOf(int axis) => ModelAxes is { } axes && !axes.SequenceEqual(Enumerable.Range(1, axes.Count))
        ? $"axis {axes[axis]} of the model"
        : $"axis {axis + 1}";

    /// <summary>The shape as text: "[3, 512]".</summary>
    public string Shape => $"[{string.Join(", ", Dimensions)}]";
}
