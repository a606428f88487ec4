using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime;

/// <summary>What the runtime knows about an input or output before it runs.</summary>
/// <param name="Name">The value's ONNX name, unchanged.</param>
/// <param name="Kind">What it is made of.</param>
/// <param name="Type">The element type of a tensor; <see cref="ElementType.Undefined"/> of everything else.</param>
/// <param name="Dimensions">The extents of a tensor, slowest first; null where even the rank is not known.</param>
/// <param name="Item">What a sequence or optional value holds, or the values of a map; null of everything else.</param>
public sealed record ValueDescription(
    string Name, ValueKind Kind, ElementType Type, IReadOnlyList<Dimension>? Dimensions, ValueDescription? Item = null);
