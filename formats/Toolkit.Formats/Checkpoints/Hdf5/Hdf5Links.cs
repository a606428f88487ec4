using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>The links of a group: symbol tables of old files, link messages and fractal heaps of new ones.</summary>
/// <remarks>
/// Source: HDF5 File Format Specification 3.0, III (B-trees, symbol tables, heaps) and IV.A.2.g. Soft and external
/// links are not followed.
/// </remarks>
internal sealed class Hdf5Links(ByteSource source, CheckpointLimits limits)
{
    private const long Undefined = -1;
    private const int MaxDepth = 32;

    /// <summary>
    /// Name and object header of every hard link, as they were made where the group keeps that order, else by name:
    /// the indices of new groups are ordered by hashes. And the names of links to other files.
    /// </summary>
    public (List<(string Name, long Address)> Hard, List<string> External) Read(List<Hdf5Message> messages)
    {
        var hard = new List<HardLink>();
        var external = new List<string>();
        foreach (var message in messages)
        {
            var cursor = new Hdf5Cursor(source, message.Start);
            switch (message.Type)
            {
                case 0x11:
                    var tree = cursor.Int64();
                    SymbolTable(tree, NamesOf(cursor.Int64()), hard, new HashSet<long>(), depth: 0);
                    break;
                case 0x06:
                    Link(cursor, hard, external);
                    break;
                case 0x02:
                    cursor.Skip(1);
                    var flags = cursor.Byte();
                    cursor.Skip((flags & 1) != 0 ? 8 : 0);
                    var heap = cursor.Int64();
                    var index = cursor.Int64();
                    if (heap != Undefined && index != Undefined)
                    {
                        Dense(heap, index, hard, external);
                    }

                    break;
            }
        }

        var ordered = hard.TrueForAll(static link => link.Made is not null)
            ? hard.OrderBy(static link => link.Made)
            : hard.OrderBy(static link => link.Name, StringComparer.Ordinal);
        return ([.. ordered.Select(static link => (link.Name, link.Address))], external);
    }

    private void Count(int count)
    {
        if (count > limits.MaxTensors)
        {
            throw new BadInputException($"{source.Name}: more than {limits.MaxTensors} links in one group.");
        }
    }

    /// <summary>The data segment of a local heap, where names end with zero bytes.</summary>
    private long NamesOf(long heap)
    {
        var cursor = new Hdf5Cursor(source, heap);
        cursor.Expect("HEAP"u8);
        cursor.Skip(4 + 16);
        return cursor.Int64();
    }

    private void SymbolTable(
        long address, long names, List<HardLink> links, HashSet<long> seen, int depth)
    {
        if (depth > MaxDepth || !seen.Add(address))
        {
            throw new BadInputException(
                $"{source.Name}: a B-tree at {address} contains itself: the HDF5 file is damaged.");
        }

        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect("TREE"u8);
        var isGroup = cursor.Byte() == 0;
        var level = cursor.Byte();
        var entries = cursor.UInt16();
        cursor.Skip(16);
        if (!isGroup)
        {
            throw new BadInputException(
                $"{source.Name}: a B-tree at {address} is not one of a group: the HDF5 file is damaged.");
        }

        for (var i = 0; i < entries; i++)
        {
            cursor.Skip(8);
            var child = cursor.Int64();
            if (level > 0)
            {
                SymbolTable(child, names, links, seen, depth + 1);
            }
            else
            {
                SymbolNode(child, names, links);
            }
        }
    }

    private void SymbolNode(long address, long names, List<HardLink> links)
    {
        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect("SNOD"u8);
        cursor.Skip(2);
        var symbols = cursor.UInt16();
        for (var i = 0; i < symbols; i++)
        {
            var name = new Hdf5Cursor(source, checked(names + cursor.Int64())).TextToZero(limits.MaxNameBytes);
            var header = cursor.Int64();
            var cache = cursor.UInt32();
            cursor.Skip(20);
            if (cache != 2)
            {
                links.Add(new HardLink(name, header, Made: null)); // 2 is a soft link.
            }

            Count(links.Count);
        }
    }

    private void Link(Hdf5Cursor cursor, List<HardLink> hard, List<string> external)
    {
        cursor.Skip(1);
        var flags = cursor.Byte();
        var type = (flags & 0x08) != 0 ? cursor.Byte() : 0;
        long? made = (flags & 0x04) != 0 ? cursor.Int64() : null;
        cursor.Skip((flags & 0x10) != 0 ? 1 : 0);
        var length = cursor.Number(1 << (flags & 3));
        if (length < 0 || length > limits.MaxNameBytes)
        {
            throw new BadInputException(
                $"{source.Name}: a link name of {length} bytes at {cursor.Position}: the HDF5 file is damaged.");
        }

        var name = cursor.Text((int)length);
        if (type == 0)
        {
            hard.Add(new HardLink(name, cursor.Int64(), made));
        }
        else if (type == 64)
        {
            external.Add(name);
        }

        Count(hard.Count + external.Count);
    }

    private void Dense(long heapAddress, long indexAddress, List<HardLink> hard, List<string> external)
    {
        var heap = new Hdf5FractalHeap(source, heapAddress);
        foreach (var id in Hdf5BTree2.Read(source, indexAddress, limits.MaxTensors).Records)
        {
            // A record of the name index: a hash of 4 bytes, then the heap ID.
            var cursor = new Hdf5Cursor(source, id + 4);
            if (heap.Find(ref cursor) is { } place)
            {
                Link(new Hdf5Cursor(source, place), hard, external);
            }
        }
    }

    /// <summary>A name of an object in this file.</summary>
    /// <param name="Name">The name in the group.</param>
    /// <param name="Address">The object header.</param>
    /// <param name="Made">Where it stands in the order of creation; null where the group keeps none.</param>
    private readonly record struct HardLink(string Name, long Address, long? Made);
}
