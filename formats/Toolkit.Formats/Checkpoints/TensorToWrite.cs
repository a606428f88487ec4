using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints;

/// <summary>A tensor on its way into a file: described first, its bytes produced when their turn comes.</summary>
/// <param name="Name">The name in the new file.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The shape.</param>
/// <param name="WriteBytes">Writes exactly the dense row-major little-endian bytes.</param>
public sealed record TensorToWrite(string Name, ElementType Type, TensorShape Shape, Action<Stream> WriteBytes)
{
    /// <summary>Bytes that <see cref="WriteBytes"/> writes.</summary>
    public long SizeBytes => Type.SizeBytes(Shape.Count);

    /// <summary>A tensor that is in memory.</summary>
    /// <param name="name">The name in the new file.</param>
    /// <param name="tensor">The tensor.</param>
    /// <returns>The same, to be written.</returns>
    public static TensorToWrite From(string name, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new TensorToWrite(name, tensor.Type, tensor.Shape, stream => stream.Write(tensor.Bytes.Span));
    }

    /// <summary>A tensor of a checkpoint, streamed.</summary>
    /// <param name="checkpoint">The checkpoint, which stays open until the file is written.</param>
    /// <param name="tensor">One of its tensors.</param>
    /// <returns>The same, to be written under the same name.</returns>
    public static TensorToWrite From(Checkpoint checkpoint, CheckpointTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(tensor);
        return new TensorToWrite(tensor.Name, tensor.Type, tensor.Shape, stream => checkpoint.CopyTo(tensor, stream));
    }
}
