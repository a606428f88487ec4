using System.Buffers;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>Makes tensors out of views of storages: dense, row-major, little-endian.</summary>
/// <param name="name">What messages call the checkpoint.</param>
/// <param name="limits">What a tensor may ask for.</param>
internal sealed class TensorReader(string name, CheckpointLimits limits)
{
    private const int CopyBytes = 1 << 20;
    private const int BlockBytes = 16 << 20;

    /// <summary>What is as quickly read with the gaps between as piece by piece.</summary>
    private const int GapBytes = 1 << 16;

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
            CopyBlocks(tensor, destination);
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

    /// <summary>Block by block along the first axis, where blocks can be read without the rest.</summary>
    private void CopyBlocks(CheckpointTensor tensor, Stream destination)
    {
        if (tensor.SizeBytes <= BlockBytes || tensor.Storage.Access != StorageAccess.Random)
        {
            destination.Write(Read(tensor).Bytes.Span);
            return;
        }

        CheckExpansion(tensor);
        var rows = tensor.Shape[0];
        var step = Math.Max(1, BlockBytes / (tensor.SizeBytes / rows));
        for (var first = 0L; first < rows; first += step)
        {
            // A single row that is too large is divided along the next axis.
            var block = rows == 1 ? tensor.WithoutAxis(0) : tensor.Part(0, first, Math.Min(step, rows - first));
            CopyTo(block, destination);
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
        if (extentBytes <= Math.Max(GapBytes, 2 * tensor.SizeBytes) || tensor.Storage.Access == StorageAccess.Whole)
        {
            GatherWithGaps(tensor, extentBytes, destination);
        }
        else
        {
            GatherInFileOrder(tensor, destination);
        }
    }

    /// <summary>Reads all from the first element to the last at once.</summary>
    private void GatherWithGaps(CheckpointTensor tensor, long extentBytes, Span<byte> destination)
    {
        if (extentBytes > Array.MaxLength)
        {
            throw new BadInputException(
                $"{name}: '{tensor.Name}' spreads over {extentBytes} bytes with gaps between; views of at most 2 "
                    + "GiB are read.");
        }

        var extent = ArrayPool<byte>.Shared.Rent((int)extentBytes);
        var span = extent.AsSpan(0, (int)extentBytes);
        tensor.Storage.Read(StartByte(tensor), span);
        StridedLayout.Gather(span, tensor.Shape, tensor.Strides, tensor.Type.SizeBits() / 8, destination);
        ArrayPool<byte>.Shared.Return(extent);
    }

    /// <summary>
    /// A little of much, such as some samples of an array that counts them in its last axis: what lies together is read
    /// together, in the order of the file, and then turned.
    /// </summary>
    private void GatherInFileOrder(CheckpointTensor tensor, Span<byte> destination)
    {
        int[] order =
        [
            .. Enumerable.Range(0, tensor.Shape.Rank).OrderByDescending(axis => tensor.Strides[axis]),
        ];
        if (order.AsSpan().SequenceEqual(Enumerable.Range(0, order.Length).ToArray()))
        {
            GatherParts(tensor, destination);
            return;
        }

        var sorted = tensor.WithAxes(order);
        var buffer = ArrayPool<byte>.Shared.Rent((int)tensor.SizeBytes);
        var bytes = buffer.AsSpan(0, (int)tensor.SizeBytes);
        GatherParts(sorted, bytes);
        var sortedStrides = StridedLayout.RowMajor(sorted.Shape);
        var strides = new long[order.Length];
        for (var axis = 0; axis < order.Length; axis++)
        {
            strides[order[axis]] = sortedStrides[axis];
        }

        StridedLayout.Gather(bytes, tensor.Shape, [.. strides], tensor.Type.SizeBits() / 8, destination);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Gathers each position of the first axis by itself.</summary>
    private void GatherParts(CheckpointTensor tensor, Span<byte> destination)
    {
        var bytes = (int)(destination.Length / tensor.Shape[0]);
        for (var at = 0; at < tensor.Shape[0]; at++)
        {
            var part = tensor.Part(0, at, 1).WithoutAxis(0);
            var target = destination.Slice(at * bytes, bytes);
            if (part.IsContiguous)
            {
                part.Storage.Read(StartByte(part), target);
            }
            else
            {
                Gather(part, target);
            }
        }
    }
}
