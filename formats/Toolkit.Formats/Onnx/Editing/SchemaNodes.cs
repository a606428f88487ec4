using Google.Protobuf;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>Makes the few nodes that edits need.</summary>
public static class SchemaNodes
{
    /// <summary>A node with attributes.</summary>
    /// <param name="opType">An operator of ONNX itself.</param>
    /// <param name="inputs">What it reads; an empty name leaves an argument out.</param>
    /// <param name="outputs">What it computes; the first with the operator behind it names the node, for producers are
    /// often called like their value and names are unique.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>The node.</returns>
    public static NodeProto Node(
        string opType, IEnumerable<string> inputs, IReadOnlyList<string> outputs, params AttributeProto[] attributes)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return new NodeProto
        {
            OpType = opType,
            Name = $"{outputs[0]}/{opType}",
            Input = { inputs },
            Output = { outputs },
            Attribute = { attributes },
        };
    }

    /// <summary>A cast to another element type.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="output">What it computes.</param>
    /// <param name="type">The new element type.</param>
    /// <returns>The node.</returns>
    public static NodeProto Cast(string input, string output, ElementType type) =>
        Node("Cast", [input], [output], Integer("to", (long)type));

    /// <summary>A tensor of a branch that is not taken: <see cref="ModelEdit.AbsentRank"/> extents of zero.</summary>
    /// <param name="output">What it computes.</param>
    /// <param name="type">The element type that the other branch has.</param>
    /// <returns>The node.</returns>
    public static NodeProto Absent(string output, ElementType type)
    {
        var tensor = new TensorProto { DataType = (int)type };
        if (type != ElementType.Text)
        {
            tensor.RawData = ByteString.Empty;
        }

        tensor.Dims.AddRange(new long[ModelEdit.AbsentRank]);
        return Node(
            "Constant",
            [],
            [output],
            new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = tensor });
    }

    /// <summary>An empty sequence of tensors.</summary>
    /// <param name="output">What it computes.</param>
    /// <param name="type">The element type of the tensors.</param>
    /// <returns>The node.</returns>
    public static NodeProto EmptySequence(string output, ElementType type) =>
        Node("SequenceEmpty", [], [output], Integer("dtype", (long)type));

    /// <summary>An attribute of one integer.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <param name="value">The value.</param>
    /// <returns>The attribute.</returns>
    public static AttributeProto Integer(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>An attribute of several integers.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <param name="values">The values.</param>
    /// <returns>The attribute.</returns>
    public static AttributeProto Integers(string name, params long[] values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };
}
