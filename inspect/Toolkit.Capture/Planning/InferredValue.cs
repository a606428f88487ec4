using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>What the runtime inferred for a value.</summary>
/// <param name="Kind">What it is made of.</param>
/// <param name="Type">The element type of the tensor, or of the tensors of a sequence; undefined where not
/// known.</param>
/// <param name="ItemKind">What a sequence or optional value holds.</param>
/// <param name="Shape">The extents of a tensor; null where not even the rank is known.</param>
/// <param name="CastFirst">True where only a cast to float32 can be fetched.</param>
/// <param name="Failure">Why it cannot be fetched at all; null where it can.</param>
internal sealed record InferredValue(
    ValueKind Kind,
    ElementType Type,
    ValueKind? ItemKind,
    IReadOnlyList<Dimension>? Shape,
    bool CastFirst = false,
    string? Failure = null)
{
    public static InferredValue Of(ValueDescription description) => new(
        description.Kind,
        description.Item?.Type ?? description.Type,
        description.Item?.Kind,
        // The runtime tells a scalar and an unknown rank by the same empty list.
        description.Dimensions is { Count: 0 } ? null : description.Dimensions);

    public static InferredValue Failed(string reason) =>
        new(ValueKind.Tensor, ElementType.Undefined, null, null, Failure: reason);
}
