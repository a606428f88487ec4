using Google.Protobuf;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>Reads a value that ONNX's tools serialised: a TensorProto, or a SequenceProto of tensors.</summary>
internal static class OnnxInput
{
    /// <summary>Parses a value.</summary>
    /// <param name="bytes">The file's bytes.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="input">The input that it is for, where the place says so: its kind tells how to read.</param>
    /// <returns>The name that the file gives it (may be empty), and the value.</returns>
    /// <exception cref="BadInputException">It is neither.</exception>
    public static (string Name, InputValue Value) Parse(byte[] bytes, string path, ValueDescription? input)
    {
        try
        {
            if (input?.Kind == ValueKind.Sequence)
            {
                return Sequence(new CodedInputStream(bytes), path);
            }

            if (input?.Kind == ValueKind.Optional)
            {
                return Optional(new CodedInputStream(bytes), path);
            }

            var tensor = TensorProto.Parser.ParseFrom(bytes);
            return (tensor.Name, Tensor(tensor, path));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new BadInputException($"{path}: this is not an ONNX tensor: {e.Message}", e);
        }
    }

    /// <summary>SequenceProto of onnx-data.proto: name = 1, tensor_values = 3.</summary>
    private static (string Name, InputValue Value) Sequence(CodedInputStream stream, string path)
    {
        var name = string.Empty;
        var items = new List<InputValue>();
        while (stream.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    name = stream.ReadString();
                    break;
                case 3:
                    items.Add(Tensor(TensorProto.Parser.ParseFrom(stream.ReadBytes()), path));
                    break;
                default:
                    stream.SkipLastField();
                    break;
            }
        }

        return items.Count > 0
            ? (name, new SequenceInput(items))
            : throw new BadInputException(
                $"{path}: an empty sequence cannot be given to ONNX Runtime, which learns its type from the first item.");
    }

    /// <summary>OptionalProto of onnx-data.proto: name = 1, tensor_value = 3, sequence_value = 5.</summary>
    private static (string Name, InputValue Value) Optional(CodedInputStream stream, string path)
    {
        var name = string.Empty;
        InputValue? value = null;
        while (stream.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    name = stream.ReadString();
                    break;
                case 3:
                    value = Tensor(TensorProto.Parser.ParseFrom(stream.ReadBytes()), path);
                    break;
                case 5:
                    value = Sequence(stream.ReadBytes().CreateCodedInput(), path).Value;
                    break;
                default:
                    stream.SkipLastField();
                    break;
            }
        }

        return value is null
            ? throw new BadInputException($"{path}: an optional value that holds none cannot be given to ONNX Runtime.")
            : (name, value);
    }

    private static InputValue Tensor(TensorProto tensor, string path) =>
        OnnxTensor.ElementTypeOf(tensor, path) == ElementType.Text
            ? new TextInput(OnnxTensor.ShapeOf(tensor, path), OnnxTensor.ReadText(tensor, path))
            : InputValue.FromHostTensor(OnnxTensor.Read(tensor, Path.GetDirectoryName(Path.GetFullPath(path))!, path));
}
