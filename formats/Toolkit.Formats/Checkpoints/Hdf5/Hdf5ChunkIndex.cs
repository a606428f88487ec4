using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>The six ways in which HDF5 says where the chunks of a dataset lie.</summary>
/// <remarks>
/// Source: HDF5 File Format Specification 3.0, III.A.1 (version 1 B-trees), III.A.2 (version 2, records 10 and 11),
/// IV.A.2.i (layouts), VII.B (implicit), VII.C (fixed arrays), VII.D (extensible arrays).
/// </remarks>
internal sealed class Hdf5ChunkIndex(ByteSource source, Hdf5ChunkGrid grid, int chunkBytes, string where)
{
    private const int MaxDepth = 32;
    private const long Undefined = -1;
    private readonly List<Hdf5Chunk> _chunks = [];

    /// <summary>Chunks in a version 1 B-tree.</summary>
    public List<Hdf5Chunk> Tree(long address)
    {
        if (address != Undefined)
        {
            Node(address, [], depth: 0);
        }

        return _chunks;
    }

    /// <summary>Chunks in a version 2 B-tree.</summary>
    public List<Hdf5Chunk> Tree2(long address)
    {
        if (address == Undefined)
        {
            return _chunks;
        }

        var rank = grid.Extents.Length;
        var tree = Hdf5BTree2.Read(source, address, (int)Math.Min(int.MaxValue, source.Length));
        var isFiltered = tree.Type == 11;
        var sizeBytes = tree.RecordBytes - 8 - (8 * rank) - (isFiltered ? 4 : 0);
        if (tree.Type is not (10 or 11) || sizeBytes is < 0 or > 8 || (sizeBytes == 0) == isFiltered)
        {
            throw Damaged($"a B-tree of type {tree.Type} with records of {tree.RecordBytes} bytes");
        }

        foreach (var record in tree.Records)
        {
            var cursor = new Hdf5Cursor(source, record);
            var at = cursor.Int64();
            var bytes = isFiltered ? cursor.Number(sizeBytes) : chunkBytes;
            var mask = isFiltered ? cursor.UInt32() : 0;
            var corner = new long[rank];
            for (var axis = 0; axis < rank; axis++)
            {
                corner[axis] = checked(cursor.Int64() * grid.Chunk[axis]);
            }

            Add(at, bytes, mask, grid.Contains(corner) ? corner : null);
        }

        return _chunks;
    }

    /// <summary>The only chunk of a dataset that is one chunk large.</summary>
    public List<Hdf5Chunk> Single(long address, long bytes, uint mask)
    {
        Add(address, bytes, mask, new long[grid.Extents.Length]);
        return _chunks;
    }

    /// <summary>Chunks that lie one after the other.</summary>
    public List<Hdf5Chunk> Implicit(long address)
    {
        // Where dimensions may grow, chunks outside of the dataset lie between those inside.
        var last = grid.Extents.Length == 0 ? 0 : LargestNumber();
        for (var i = 0L; i <= last && address != Undefined; i++)
        {
            Add(checked(address + (i * chunkBytes)), chunkBytes, 0, grid.Corner(i));
        }

        return _chunks;
    }

    /// <summary>Chunks in a fixed array, without and with pages.</summary>
    public List<Hdf5Chunk> FixedArray(long address)
    {
        if (address == Undefined)
        {
            return _chunks;
        }

        var header = new Hdf5Cursor(source, address);
        header.Expect("FAHD"u8);
        header.Skip(1);
        var isFiltered = header.Byte() == 1;
        var entryBytes = header.Byte();
        var pageBits = header.Byte();
        var count = header.Int64();
        var data = header.Int64();
        CheckArray(count, entryBytes, isFiltered, pageBits);
        if (data == Undefined)
        {
            return _chunks;
        }

        var cursor = new Hdf5Cursor(source, data);
        cursor.Expect("FADB"u8);
        cursor.Skip(2 + 8);
        var perPage = 1L << pageBits;
        var pages = count > perPage ? Bitmap(ref cursor, (count + perPage - 1) / perPage) : null;
        cursor.Skip(pages is null ? 0 : 4);
        Elements(ref cursor, first: 0, count, perPage, pages, entryBytes, isFiltered);
        return _chunks;
    }

    /// <summary>
    /// Chunks in an extensible array: some in the index block, the others in data blocks that double in size and
    /// number.
    /// </summary>
    public List<Hdf5Chunk> ExtensibleArray(long address)
    {
        if (address == Undefined)
        {
            return _chunks;
        }

        var header = new Hdf5Cursor(source, address);
        header.Expect("EAHD"u8);
        header.Skip(1);
        var isFiltered = header.Byte() == 1;
        var entryBytes = header.Byte();
        var bits = header.Byte();
        var direct = header.Byte();
        long smallest = header.Byte();
        long pointers = header.Byte();
        var pageBits = header.Byte();
        header.Skip(32);
        var count = header.Int64();
        header.Skip(8);
        var index = header.Int64();
        CheckArray(count, entryBytes, isFiltered, pageBits);
        if (bits > 64 || !long.IsPow2(smallest) || !long.IsPow2(pointers))
        {
            throw Damaged($"an extensible array with blocks of {smallest} chunks and {pointers} pointers");
        }

        if (index == Undefined)
        {
            return _chunks;
        }

        var cursor = new Hdf5Cursor(source, index);
        cursor.Expect("EAIB"u8);
        cursor.Skip(2 + 8);
        Elements(ref cursor, first: 0, Math.Min(count, direct), long.MaxValue, pages: null, entryBytes, isFiltered);
        cursor = new Hdf5Cursor(source, index + 14 + ((long)direct * entryBytes));

        // Super block u has 2^(u/2) data blocks of 2^((u+1)/2) times the smallest size; those of the first ones are
        // named by the index block itself.
        var perPage = 1L << pageBits;
        var offsetBytes = (bits + 7) / 8;
        var inIndex = 2 * long.Log2(pointers);
        long first = direct;
        for (var u = 0; first < count && u < 62; u++)
        {
            var blocks = 1L << (u / 2);
            var elements = checked((1L << ((u + 1) / 2)) * smallest);
            var pagesPerBlock = elements > perPage ? elements / perPage : 0;
            var names = cursor;
            byte[][]? bitmaps = null;
            if (u >= inIndex)
            {
                var super = cursor.Int64();
                if (super == Undefined)
                {
                    first += checked(blocks * elements);
                    continue;
                }

                names = new Hdf5Cursor(source, super);
                names.Expect("EASB"u8);
                names.Skip(2 + 8 + offsetBytes);
                if (pagesPerBlock > 0)
                {
                    bitmaps = new byte[Math.Min(blocks, count)][];
                    for (var block = 0; block < bitmaps.Length; block++)
                    {
                        bitmaps[block] = Bitmap(ref names, pagesPerBlock);
                    }

                    names = new Hdf5Cursor(source, super + 14 + offsetBytes + (blocks * ((pagesPerBlock + 7) / 8)));
                }
            }

            for (var block = 0L; block < blocks && first < count; block++, first += elements)
            {
                var at = names.Int64();
                if (at != Undefined)
                {
                    var data = new Hdf5Cursor(source, at);
                    data.Expect("EADB"u8);
                    data.Skip(2 + 8 + offsetBytes + (pagesPerBlock > 0 ? 4 : 0));
                    Elements(
                        ref data,
                        first,
                        Math.Min(elements, count - first),
                        perPage,
                        bitmaps?[block],
                        entryBytes,
                        isFiltered);
                }
            }

            if (u < inIndex)
            {
                cursor = names;
            }
        }

        return _chunks;
    }

    /// <summary>
    /// Elements of an array of chunks; with pages, each page ends with a checksum, and a bit says whether it was
    /// written.
    /// </summary>
    private void Elements(
        ref Hdf5Cursor cursor, long first, long count, long perPage, byte[]? pages, int entryBytes, bool isFiltered)
    {
        for (var i = 0L; i < count; i++)
        {
            if (pages is not null && i % perPage == 0)
            {
                cursor.Skip(i > 0 ? 4 : 0);
                var page = i / perPage;
                if ((pages[page / 8] & (0x80 >> (int)(page % 8))) == 0)
                {
                    cursor.Skip(perPage * entryBytes);
                    i += perPage - 1;
                    continue;
                }
            }

            var at = cursor.Int64();
            var bytes = isFiltered ? cursor.Number(entryBytes - 12) : chunkBytes;
            var mask = isFiltered ? cursor.UInt32() : 0;
            Add(at, bytes, mask, grid.Corner(first + i));
        }
    }

    private byte[] Bitmap(ref Hdf5Cursor cursor, long bits)
    {
        var bytes = source.ReadBytes(cursor.Position, (bits + 7) / 8);
        cursor.Skip(bytes.Length);
        return bytes;
    }

    private void CheckArray(long count, int entryBytes, bool isFiltered, int pageBits)
    {
        if (count < 0 || count > Math.Max(1_024, source.Length)
            || entryBytes < (isFiltered ? 13 : 8) || entryBytes > (isFiltered ? 20 : 8) || pageBits > 30)
        {
            throw Damaged($"an array of {count} chunks with entries of {entryBytes} bytes");
        }
    }

    private long LargestNumber()
    {
        var number = 0L;
        for (var axis = 0; axis < grid.Extents.Length; axis++)
        {
            var along = Math.Max(1, (grid.Maximum[axis] + grid.Chunk[axis] - 1) / grid.Chunk[axis]);
            number = checked((number * along) + ((grid.Extents[axis] - 1) / grid.Chunk[axis]));
        }

        return number <= source.Length ? number : throw Damaged($"{number} chunks one after the other");
    }

    private void Node(long address, HashSet<long> seen, int depth)
    {
        if (depth > MaxDepth || !seen.Add(address))
        {
            throw Damaged($"a B-tree at {address} that contains itself");
        }

        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect("TREE"u8);
        if (cursor.Byte() != 1)
        {
            throw Damaged($"a B-tree at {address} that is not one of chunks");
        }

        var level = cursor.Byte();
        var entries = cursor.UInt16();
        cursor.Skip(16);
        for (var i = 0; i < entries; i++)
        {
            var bytes = cursor.UInt32();
            var mask = cursor.UInt32();
            var corner = new long[grid.Extents.Length];
            for (var axis = 0; axis < corner.Length; axis++)
            {
                corner[axis] = cursor.Int64();
            }

            cursor.Skip(8); // the offset within an element
            var child = cursor.Int64();
            if (level > 0)
            {
                Node(child, seen, depth + 1);
            }
            else
            {
                Add(child, bytes, mask, grid.Contains(corner) ? corner : null);
            }
        }
    }

    /// <summary>Adds a chunk that was written and that lies inside the dataset.</summary>
    private void Add(long address, long bytes, uint mask, long[]? corner)
    {
        if (address == Undefined || corner is null)
        {
            return;
        }

        if (bytes < 0 || bytes > source.Length || _chunks.Count >= grid.Count)
        {
            throw Damaged($"a chunk of {bytes} bytes, or more chunks than the {grid.Count} of its shape");
        }

        _chunks.Add(new Hdf5Chunk(address, (int)Math.Min(bytes, int.MaxValue), mask, corner));
    }

    private BadInputException Damaged(string what) => new($"{where}: {what}: the file is damaged.");
}
