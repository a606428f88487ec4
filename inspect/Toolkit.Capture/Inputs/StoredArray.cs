using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// An array of a file: .npz, .npy, .safetensors or another that keeps tensors. What cannot be read in parts (HDF5 in
/// chunks, or samples in a later axis of what numpy compressed) is held as a whole.
/// </summary>
/// <param name="source">What messages call the file.</param>
/// <param name="checkpoint">The file, disposed with the array.</param>
/// <param name="tensor">One of its tensors.</param>
internal sealed class StoredArray(string source, Checkpoint checkpoint, CheckpointTensor tensor) : ArraySource
{
    private HostTensor? _whole;

    public override string Name => source;

    public override ElementType Type => tensor.Type;

    public override TensorShape Shape => tensor.Shape;

    public override bool Fits(ElementType type)
    {
        if (type == Type || type == ElementType.Undefined)
        {
            return true;
        }

        if (Type.SizeBits() < 8)
        {
            return false;
        }

        using var check = new ConversionCheck(Type, type);
        checkpoint.CopyTo(tensor, check);
        return check.Fits;
    }

    public override HostTensor Read(int axis, long first, long count) => checkpoint.ReadsInParts(tensor, axis)
        ? checkpoint.Read(tensor, axis, first, count)
        : (_whole ??= checkpoint.Read(tensor)).Part(axis, first, count);

    public override void Dispose()
    {
        _whole = null;
        checkpoint.Dispose();
    }

    protected override HostTensor ReadScalar() => checkpoint.Read(tensor);

    /// <summary>Takes the elements piece by piece, each a whole number of them, and looks at a few at a time.</summary>
    private sealed class ConversionCheck(ElementType from, ElementType to) : WriteOnlyStream
    {
        private const int PieceBytes = 1 << 13;

        public bool Fits { get; private set; } = true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            for (; Fits && !buffer.IsEmpty; buffer = buffer[Math.Min(PieceBytes, buffer.Length)..])
            {
                var piece = buffer[..Math.Min(PieceBytes, buffer.Length)].ToArray();
                var elements = new TensorShape(piece.Length / (from.SizeBits() / 8));
                Fits = ArrayConversion.To(new HostTensor(from, elements, piece), to) is not null;
            }
        }
    }
}
