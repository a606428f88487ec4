using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>Puts the chunks of a dataset together, row-major; where none was written, the fill value stands.</summary>
internal sealed class Hdf5Chunks(
    ByteSource source,
    Hdf5ChunkGrid grid,
    int chunkBytes,
    Hdf5FillValue fill,
    int elementBytes,
    Hdf5Filters filters,
    string where)
{
    public byte[] Load(List<Hdf5Chunk> chunks, int sizeBytes)
    {
        var result = new byte[sizeBytes];
        if (chunks.Count < grid.Count)
        {
            fill.Fill(result);
        }

        foreach (var piece in chunks)
        {
            var bytes = filters.IsEmpty && piece.Bytes != chunkBytes
                ? throw new BadInputException(
                    $"{where}: a chunk of {piece.Bytes} bytes, {chunkBytes} were expected: the file is damaged.")
                : filters.Undo(
                    source.ReadBytes(piece.Address, piece.Bytes), piece.FilterMask, chunkBytes, elementBytes, where);
            Place(bytes, piece.Corner, result);
        }

        return result;
    }

    /// <summary>
    /// Copies the part of a chunk that lies inside the dataset, one row of the last dimension at a time.
    /// </summary>
    private void Place(byte[] bytes, long[] corner, byte[] result)
    {
        var (extents, chunk) = (grid.Extents, grid.Chunk);
        var rank = extents.Length;
        if (corner.Where((at, axis) => at % chunk[axis] != 0).Any())
        {
            throw new BadInputException(
                $"{where}: a chunk at [{string.Join(", ", corner)}], between those of its grid: the file is damaged.");
        }

        var rows = chunkBytes / elementBytes / (int)chunk[rank - 1];
        var row = checked((int)Math.Min(chunk[rank - 1], extents[rank - 1] - corner[rank - 1])) * elementBytes;
        var index = new long[rank];
        for (var i = 0; i < rows; i++)
        {
            long target = 0;
            var isInside = true;
            for (var axis = 0; axis < rank; axis++)
            {
                var at = corner[axis] + index[axis];
                isInside &= at < extents[axis];
                target = (target * extents[axis]) + at;
            }

            if (isInside)
            {
                bytes.AsSpan(i * (int)chunk[rank - 1] * elementBytes, row).CopyTo(
                    result.AsSpan(checked((int)(target * elementBytes))));
            }

            for (var axis = rank - 2; axis >= 0 && ++index[axis] == chunk[axis]; axis--)
            {
                index[axis] = 0;
            }
        }
    }
}
