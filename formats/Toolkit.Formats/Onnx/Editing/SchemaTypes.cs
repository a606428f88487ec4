using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>Makes types of values.</summary>
public static class SchemaTypes
{
    /// <summary>A tensor.</summary>
    /// <param name="element">The element type.</param>
    /// <param name="shape">The shape; null leaves even the rank open.</param>
    /// <returns>The type.</returns>
    public static TypeProto Tensor(ElementType element, TensorShapeProto? shape = null) =>
        new() { TensorType = new TypeProto.Types.Tensor { ElemType = (int)element, Shape = shape } };

    /// <summary>A sequence of tensors.</summary>
    /// <param name="element">The element type of the tensors.</param>
    /// <returns>The type.</returns>
    public static TypeProto SequenceOf(ElementType element) =>
        new() { SequenceType = new TypeProto.Types.Sequence { ElemType = Tensor(element) } };
}
