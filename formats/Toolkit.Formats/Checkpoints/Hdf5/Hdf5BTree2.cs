using System.Numerics;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>A version 2 B-tree: where its records lie.</summary>
/// <param name="Type">What the records are: 5 links by name, 10 and 11 chunks.</param>
/// <param name="RecordBytes">Bytes of one record.</param>
/// <param name="Records">The position of every record.</param>
/// <remarks>Source: HDF5 File Format Specification 3.0, III.A.2.</remarks>
internal sealed record Hdf5BTree2(int Type, int RecordBytes, List<long> Records)
{
    private const int MaxDepth = 16;

    public static Hdf5BTree2 Read(ByteSource source, long address, int limit)
    {
        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect("BTHD"u8);
        cursor.Skip(1);
        var type = cursor.Byte();
        var nodeBytes = cursor.UInt32();
        var recordBytes = cursor.UInt16();
        var depth = cursor.UInt16();
        cursor.Skip(2);
        var root = cursor.Int64();
        var count = cursor.UInt16();
        if (depth > MaxDepth || recordBytes == 0 || nodeBytes < 16 || nodeBytes > source.Length)
        {
            throw new BadInputException(
                $"{source.Name}: a B-tree at {address} is {depth} levels deep with records of {recordBytes} bytes: "
                    + "the HDF5 file is damaged.");
        }

        var records = new List<long>();
        if (root != -1)
        {
            Node(source, root, count, depth, nodeBytes, recordBytes, records, limit, []);
        }

        return new Hdf5BTree2(type, recordBytes, records);
    }

    private static void Node(
        ByteSource source,
        long address,
        int count,
        int depth,
        long nodeBytes,
        int recordBytes,
        List<long> records,
        int limit,
        HashSet<long> seen)
    {
        if (!seen.Add(address) || (long)count * recordBytes > nodeBytes || records.Count + count > limit)
        {
            throw new BadInputException(
                $"{source.Name}: a B-tree node at {address} holds too much or occurs twice: the HDF5 file is damaged.");
        }

        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect(depth == 0 ? "BTLF"u8 : "BTIN"u8);
        cursor.Skip(2);
        for (var i = 0; i < count; i++)
        {
            records.Add(cursor.Position);
            cursor.Skip(recordBytes);
        }

        if (depth == 0)
        {
            return;
        }

        // Child pointers: address, records in the child, and above the lowest level the records below it. The numbers
        // are as wide as the most that a node of that level can hold.
        var most = (nodeBytes - 10) / recordBytes;
        var countBytes = Bytes(most);
        var totalBytes = 0;
        var cumulative = most;
        for (var level = 1; level < depth; level++)
        {
            totalBytes = Bytes(cumulative);
            var pointers = 8 + countBytes + (level > 1 ? Bytes(cumulative) : 0);
            var internalMost = (nodeBytes - 10 - pointers) / (recordBytes + pointers);
            cumulative = checked(((internalMost + 1) * cumulative) + internalMost);
            totalBytes = Bytes(cumulative);
        }

        for (var i = 0; i <= count; i++)
        {
            var child = cursor.Int64();
            var childCount = (int)Math.Min(int.MaxValue, cursor.Number(countBytes));
            cursor.Skip(depth > 1 ? totalBytes : 0);
            Node(source, child, childCount, depth - 1, nodeBytes, recordBytes, records, limit, seen);
        }
    }

    private static int Bytes(long most) => (BitOperations.Log2((ulong)Math.Max(1, most)) / 8) + 1;
}
