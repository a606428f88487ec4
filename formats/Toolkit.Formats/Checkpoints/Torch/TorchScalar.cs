using System.Buffers.Binary;
using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>A number that belongs to a tensor (the scale of a quantised one), kept as a tensor of rank 0.</summary>
internal sealed record TorchScalar(string Kind, object Value) : IPickledTensor
{
    public void AddTo(CheckpointContent content, string name)
    {
        var bytes = new byte[8];
        if (Value is double real)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, real);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)Value);
        }

        content.Add(new CheckpointTensor(
            name, Value is double ? ElementType.Float64 : ElementType.Int64, default, new LoadedStorage(
                name, 8, () => bytes))
        {
            SourceType = "number",
            Notes = [$"part of {Kind}"],
        });
    }
}
