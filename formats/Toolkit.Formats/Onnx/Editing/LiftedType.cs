using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>What must be known of a value before it can leave a branch or a loop.</summary>
/// <param name="Element">The element type of the tensor, or of the tensors of the sequence.</param>
/// <param name="IsSequence">True for a sequence of tensors.</param>
/// <param name="FixedShape">True where every iteration of a loop is known to give the same shape.</param>
public sealed record LiftedType(ElementType Element, bool IsSequence, bool FixedShape);
