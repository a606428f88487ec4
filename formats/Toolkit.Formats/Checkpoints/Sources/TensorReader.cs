using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>Makes tensors out of views of storages: dense, row-major, little-endian.</summary>
/// <param name="name">What messages call the checkpoint.</param>
/// <param name="limits">What a tensor may ask for.</param>
internal sealed class TensorReader(string name, CheckpointLimits limits)
{
    private const int CopyBytes = 1 << 20;

    public HostTensor Read(CheckpointTensor tensor)
    {
        CheckExpansion(tensor);
        var size = tensor.SizeBytes;
        if (size > Array.MaxLength)
        {
            throw new BadInputException(
                $"{name}: '{tensor.Name}' takes {size} bytes, more than one array holds (2 GiB). `inspect convert` "
                    + "streams it.");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)size);
        if (tensor.IsContiguous)
        {
            tensor.Storage.Read(StartByte(tensor), bytes);
        }
        else
        {
            Gather(tensor, bytes);
        }

        Finish(tensor, bytes);
        return new HostTensor(tensor.Type, tensor.Shape, bytes);
    }

    public void CopyTo(CheckpointTensor tensor, Stream destination)
    {
        if (!tensor.IsContiguous)
        {
            destination.Write(Read(tensor).Bytes.Span);
            return;
        }

        var buffer = new byte[(int)Math.Min(CopyBytes, tensor.SizeBytes)];
        var at = StartByte(tensor);
        for (var left = tensor.SizeBytes; left > 0;)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
            tensor.Storage.Read(at, piece);
            Finish(tensor, piece);
            destination.Write(piece);
            at += piece.Length;
            left -= piece.Length;
        }
    }

    private static long StartByte(CheckpointTensor tensor) =>
        tensor.SizeBytes == 0 ? 0 : tensor.Type.SizeBytes(tensor.Offset);

    private static void Finish(CheckpointTensor tensor, Span<byte> bytes)
    {
        if (tensor.Storage.IsBigEndian)
        {
            ElementBytes.ReverseEndianness(tensor.Type, bytes);
        }

        if (!tensor.Signs.IsPlain)
        {
            ElementBytes.TurnSigns(tensor.Type, tensor.Signs, bytes);
        }
    }

    private void CheckExpansion(CheckpointTensor tensor)
    {
        if (tensor.SizeBytes > tensor.StorageBytes && tensor.SizeBytes > limits.MaxExpandedBytes)
        {
            throw new BadInputException(
                $"{name}: '{tensor.Name}' {tensor.Shape} repeats a storage of {tensor.StorageBytes} bytes to "
                    + $"{tensor.SizeBytes}; at most {limits.MaxExpandedBytes} are expanded.");
        }
    }

    private void Gather(CheckpointTensor tensor, Span<byte> destination)
    {
        if (tensor.Type.SizeBits() < 8)
        {
            throw new BadInputException(
                $"{name}: '{tensor.Name}' {tensor.Type.DisplayName()} has packed elements and strides; only "
                    + "row-major ones are read.");
        }

        var extentBytes = tensor.Type.SizeBytes(StridedLayout.Extent(tensor.Shape, tensor.Strides));
        if (extentBytes > Array.MaxLength)
        {
            throw new BadInputException(
                $"{name}: '{tensor.Name}' spreads over {extentBytes} bytes with gaps between; views of at most 2 GiB "
                    + "are read.");
        }

        var span = GC.AllocateUninitializedArray<byte>((int)extentBytes);
        tensor.Storage.Read(StartByte(tensor), span);
        StridedLayout.Gather(span, tensor.Shape, tensor.Strides, tensor.Type.SizeBits() / 8, destination);
    }
}
