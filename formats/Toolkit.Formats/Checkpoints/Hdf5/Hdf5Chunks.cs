using System.Collections.Immutable;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>One chunk of a dataset: where its bytes lie and which corner of the dataset it covers.</summary>
internal readonly record struct Hdf5Chunk(long Address, int Bytes, uint FilterMask, long[] Corner);

/// <summary>A dataset in chunks: finds them and puts them together, row-major.</summary>
/// <remarks>Source: HDF5 File Format Specification 3.0, III.A.1 (version 1 B-trees), IV.A.2.i (layouts), VII.B (fixed arrays).</remarks>
internal sealed class Hdf5Chunks(ByteSource source, long[] extents, long[] chunk, int elementBytes, Hdf5Filters filters, string where)
{
    private const int MaxDepth = 32;
    private const long Undefined = -1;

    private int ChunkBytes { get; } = checked((int)(chunk.Aggregate(1L, static (product, extent) => checked(product * extent)) * elementBytes));

    /// <summary>How many chunks cover the dataset.</summary>
    public long Count { get; } = extents.Zip(chunk, static (extent, size) => checked((extent + size - 1) / size)).Aggregate(1L, static (product, count) => checked(product * count));

    public byte[] Load(IReadOnlyList<Hdf5Chunk> chunks, int sizeBytes)
    {
        if (chunks.Count != Count)
        {
            throw new BadInputException($"{where}: {chunks.Count} of {Count} chunks were written; a dataset with holes has no bytes of its own there.");
        }

        var result = new byte[sizeBytes];
        foreach (var piece in chunks)
        {
            var bytes = filters.IsEmpty && piece.Bytes != ChunkBytes
                ? throw new BadInputException($"{where}: a chunk of {piece.Bytes} bytes, {ChunkBytes} were expected: the file is damaged.")
                : filters.Undo(source.ReadBytes(piece.Address, piece.Bytes), piece.FilterMask, ChunkBytes, elementBytes, where);
            Place(bytes, piece.Corner, result);
        }

        return result;
    }

    /// <summary>Chunks of a version 1 B-tree.</summary>
    public List<Hdf5Chunk> Tree(long address)
    {
        var chunks = new List<Hdf5Chunk>();
        if (address != Undefined)
        {
            Node(address, chunks, [], depth: 0);
        }

        return chunks;
    }

    /// <summary>The only chunk of a dataset that is one chunk large.</summary>
    public List<Hdf5Chunk> Single(long address, long bytes, uint mask) =>
        address == Undefined ? [] : [new Hdf5Chunk(address, Checked(bytes), mask, new long[extents.Length])];

    /// <summary>Chunks that lie one after the other.</summary>
    public List<Hdf5Chunk> Implicit(long address)
    {
        var chunks = new List<Hdf5Chunk>();
        for (var i = 0L; i < Count && address != Undefined; i++)
        {
            chunks.Add(new Hdf5Chunk(checked(address + (i * ChunkBytes)), ChunkBytes, 0, Corner(i)));
        }

        return chunks;
    }

    /// <summary>Chunks of a fixed array, without and with pages.</summary>
    public List<Hdf5Chunk> FixedArray(long address)
    {
        var chunks = new List<Hdf5Chunk>();
        if (address == Undefined)
        {
            return chunks;
        }

        var header = new Hdf5Cursor(source, address);
        header.Expect("FAHD"u8);
        header.Skip(1);
        var isFiltered = header.Byte() == 1;
        var entryBytes = header.Byte();
        var pageBits = header.Byte();
        var entries = header.Int64();
        var data = header.Int64();
        if (data == Undefined)
        {
            return chunks;
        }

        if (entries != Count || entryBytes < (isFiltered ? 13 : 8) || entryBytes > 24 || pageBits > 30)
        {
            throw new BadInputException($"{where}: an array of {entries} chunks, {Count} were expected: the file is damaged.");
        }

        var cursor = new Hdf5Cursor(source, data);
        cursor.Expect("FADB"u8);
        cursor.Skip(2 + 8);
        var perPage = 1L << pageBits;
        var isPaged = entries > perPage;
        if (isPaged)
        {
            // A bit for every page, a checksum; each page ends with a checksum of its own.
            cursor.Skip((((entries + perPage - 1) / perPage) + 7) / 8 + 4);
        }

        for (var i = 0L; i < entries; i++)
        {
            if (isPaged && i > 0 && i % perPage == 0)
            {
                cursor.Skip(4);
            }

            var at = cursor.Int64();
            var bytes = isFiltered ? cursor.Number(entryBytes - 12) : ChunkBytes;
            var mask = isFiltered ? cursor.UInt32() : 0;
            if (at != Undefined)
            {
                chunks.Add(new Hdf5Chunk(at, Checked(bytes), mask, Corner(i)));
            }
        }

        return chunks;
    }

    private void Node(long address, List<Hdf5Chunk> chunks, HashSet<long> seen, int depth)
    {
        if (depth > MaxDepth || !seen.Add(address))
        {
            throw new BadInputException($"{where}: a B-tree at {address} contains itself: the file is damaged.");
        }

        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect("TREE"u8);
        if (cursor.Byte() != 1)
        {
            throw new BadInputException($"{where}: a B-tree at {address} is not one of chunks: the file is damaged.");
        }

        var level = cursor.Byte();
        var entries = cursor.UInt16();
        cursor.Skip(16);
        for (var i = 0; i < entries; i++)
        {
            var bytes = cursor.UInt32();
            var mask = cursor.UInt32();
            var corner = new long[extents.Length];
            for (var axis = 0; axis < corner.Length; axis++)
            {
                corner[axis] = cursor.Int64();
            }

            cursor.Skip(8); // the offset within an element
            var child = cursor.Int64();
            if (level > 0)
            {
                Node(child, chunks, seen, depth + 1);
            }
            else
            {
                chunks.Add(new Hdf5Chunk(child, Checked(bytes), mask, corner));
            }

            if (chunks.Count > Count)
            {
                throw new BadInputException($"{where}: more chunks than its shape has: the file is damaged.");
            }
        }
    }

    private long[] Corner(long index)
    {
        var corner = new long[extents.Length];
        for (var axis = extents.Length - 1; axis >= 0; axis--)
        {
            var along = (extents[axis] + chunk[axis] - 1) / chunk[axis];
            corner[axis] = index % along * chunk[axis];
            index /= along;
        }

        return corner;
    }

    private int Checked(long bytes) => bytes >= 0 && bytes <= source.Length
        ? (int)Math.Min(bytes, int.MaxValue)
        : throw new BadInputException($"{where}: a chunk of {bytes} bytes: the file is damaged.");

    /// <summary>Copies the part of a chunk that lies inside the dataset, one row of the last dimension at a time.</summary>
    private void Place(byte[] bytes, long[] corner, byte[] result)
    {
        var rank = extents.Length;
        for (var axis = 0; axis < rank; axis++)
        {
            if (corner[axis] < 0 || corner[axis] >= extents[axis] || corner[axis] % chunk[axis] != 0)
            {
                throw new BadInputException($"{where}: a chunk at [{string.Join(", ", corner)}] lies outside of the dataset: the file is damaged.");
            }
        }

        var rows = ChunkBytes / elementBytes / (int)chunk[rank - 1];
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
                bytes.AsSpan(i * (int)chunk[rank - 1] * elementBytes, row).CopyTo(result.AsSpan(checked((int)(target * elementBytes))));
            }

            for (var axis = rank - 2; axis >= 0 && ++index[axis] == chunk[axis]; axis--)
            {
                index[axis] = 0;
            }
        }
    }
}
