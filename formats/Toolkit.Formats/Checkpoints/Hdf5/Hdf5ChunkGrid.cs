namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>How a dataset is cut into chunks, and in which order its indexes number them.</summary>
/// <param name="Extents">The dataset now.</param>
/// <param name="Maximum">How far each dimension may grow, -1 without end. The numbers of the chunks follow from this,
/// not from the extents.</param>
/// <param name="Chunk">One chunk.</param>
internal sealed record Hdf5ChunkGrid(long[] Extents, long[] Maximum, long[] Chunk)
{
    // A dimension that grows without end counts slowest, whatever its place.
    private readonly int[] _order = [.. Enumerable.Range(0, Extents.Length).OrderBy(axis => Maximum[axis] >= 0)];

    /// <summary>How many chunks cover the dataset now.</summary>
    public long Count { get; } = Extents.Zip(Chunk, CountAlong).Aggregate(
        1L, static (product, count) => checked(product * count));

    /// <summary>The first element of the chunk of a number; null where the dataset does not reach it.</summary>
    public long[]? Corner(long number)
    {
        var corner = new long[Extents.Length];
        for (var i = corner.Length - 1; i >= 0; i--)
        {
            var axis = _order[i];
            var along = i == 0 ? long.MaxValue : CountAlong(Maximum[axis], Chunk[axis]);
            corner[axis] = checked(number % along * Chunk[axis]);
            number /= along;
        }

        return Contains(corner) ? corner : null;
    }

    public bool Contains(long[] corner)
    {
        for (var axis = 0; axis < corner.Length; axis++)
        {
            if (corner[axis] < 0 || corner[axis] >= Extents[axis])
            {
                return false;
            }
        }

        return true;
    }

    private static long CountAlong(long extent, long chunk) => Math.Max(1, checked(extent + chunk - 1) / chunk);
}
