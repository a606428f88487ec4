using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>One message of an object header.</summary>
internal readonly record struct Hdf5Message(int Type, long Start, int Size, bool IsShared);

/// <summary>The header of a group or dataset: a list of messages, spread over continuation blocks.</summary>
/// <remarks>Source: HDF5 File Format Specification 3.0, IV.A.1 (versions 1 and 2).</remarks>
internal static class Hdf5Object
{
    private const int ContinuationType = 0x10;
    private const int MaxMessages = 65_536;

    public static List<Hdf5Message> Read(ByteSource source, long address)
    {
        var messages = new List<Hdf5Message>();
        var blocks = new Queue<(long Start, long End)>();
        var cursor = new Hdf5Cursor(source, address);
        var version = cursor.Byte();
        bool isNew;
        var hasOrder = false;
        if (version == 1)
        {
            isNew = false;
            cursor.Skip(7);
            var size = cursor.UInt32();
            cursor.Skip(4);
            blocks.Enqueue((cursor.Position, cursor.Position + size));
        }
        else
        {
            isNew = true;
            cursor = new Hdf5Cursor(source, address);
            cursor.Expect("OHDR"u8);
            cursor.Skip(1);
            var flags = cursor.Byte();
            hasOrder = (flags & 0x04) != 0;
            cursor.Skip(((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0));
            var size = cursor.Number(1 << (flags & 3));
            blocks.Enqueue((cursor.Position, checked(cursor.Position + Limit(size, source))));
        }

        var seen = new HashSet<long>();
        while (blocks.TryDequeue(out var block))
        {
            if (!seen.Add(block.Start))
            {
                throw new BadInputException(
                    $"{source.Name}: an object header at {address} continues in itself: the HDF5 file is damaged.");
            }

            ReadBlock(source, block.Start, block.End, isNew, hasOrder, messages, blocks);
        }

        return messages;
    }

    /// <summary>
    /// The message that a shared one points to, in the object header of a committed datatype; any other message itself.
    /// </summary>
    public static Hdf5Message Resolve(ByteSource source, Hdf5Message message)
    {
        if (!message.IsShared)
        {
            return message;
        }

        var cursor = new Hdf5Cursor(source, message.Start);
        var version = cursor.Byte();
        var place = cursor.Byte();
        cursor.Skip(version == 1 ? 6 : 0);
        var target = version is 1 or 2 || (version == 3 && place == 2)
            ? Read(source, cursor.Int64()).Find(other => other.Type == message.Type && !other.IsShared)
            : default;
        return target.Start > 0
            ? target
            : throw new BadInputException(
                $"{source.Name}: a message at {message.Start} lies in a table of shared messages, which is not read, "
                    + "or the file is damaged.");
    }

    private static void ReadBlock(
        ByteSource source,
        long start,
        long end,
        bool isNew,
        bool hasOrder,
        List<Hdf5Message> messages,
        Queue<(long Start, long End)> blocks)
    {
        var prefix = isNew ? (hasOrder ? 6 : 4) : 8;
        var cursor = new Hdf5Cursor(source, start);
        while (cursor.Position <= end - prefix)
        {
            var type = isNew ? cursor.Byte() : cursor.UInt16();
            var size = cursor.UInt16();
            var flags = cursor.Byte();
            cursor.Skip(isNew ? (hasOrder ? 2 : 0) : 3);
            var data = cursor.Position;
            if (data + size > end || messages.Count >= MaxMessages)
            {
                throw new BadInputException(
                    $"{source.Name}: a message of {size} bytes at {data} is longer than its header: the HDF5 file is "
                        + "damaged.");
            }

            if (type == ContinuationType)
            {
                var target = new Hdf5Cursor(source, data);
                var at = target.Int64();
                var length = Limit(target.Int64(), source);
                var inner = at;
                if (isNew)
                {
                    var signature = new Hdf5Cursor(source, at);
                    signature.Expect("OCHK"u8);
                    inner += 4;
                    length -= 8; // signature and checksum
                }

                blocks.Enqueue((inner, checked(inner + length)));
            }
            else
            {
                messages.Add(new Hdf5Message(type, data, size, (flags & 2) != 0));
            }

            cursor.Skip(size);
        }
    }

    private static long Limit(long size, ByteSource source) => size >= 0 && size <= source.Length
        ? size
        : throw new BadInputException($"{source.Name}: a header block of {size} bytes: the HDF5 file is damaged.");
}
