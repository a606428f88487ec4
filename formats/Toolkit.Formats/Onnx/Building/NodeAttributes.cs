using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Building;

/// <summary>Attributes of nodes.</summary>
public static class NodeAttributes
{
    /// <summary>An integer attribute.</summary>
    /// <param name="name">Its name in the operator's definition.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The attribute.</returns>
    public static AttributeProto Int(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>A list of integers.</summary>
    /// <param name="name">Its name in the operator's definition.</param>
    /// <param name="values">Its values.</param>
    /// <returns>The attribute.</returns>
    public static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }
}
