using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>
/// HDF5 files, Keras weights among them: every dataset of numbers, named by its path. Only hard links are followed:
/// soft links repeat what is elsewhere, external links and external storage lie in other files.
/// </summary>
/// <remarks>
/// Source: HDF5 File Format Specification 3.0, II (superblocks 0 to 3, addresses and lengths of 8 bytes).
/// </remarks>
internal sealed class Hdf5Format : ICheckpointFormat
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0d, 0x0a, 0x1a, 0x0a];

    public bool Recognises(ByteSource source)
    {
        if (source.Length < 8)
        {
            return false;
        }

        Span<byte> first = stackalloc byte[8];
        source.Read(0, first);
        return first.SequenceEqual(Signature);
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "HDF5";
        var content = new CheckpointContent(source.Name, limits);
        ReadInto(content, source, limits);
        return content;
    }

    /// <summary>Adds the datasets of one file.</summary>
    public static void ReadInto(CheckpointContent content, ByteSource source, CheckpointLimits limits)
    {
        try
        {
            using var tables = new BufferedByteSource(source);
            new Walk(source, tables, content, limits).Object(Root(source), string.Empty, depth: 0);
        }
        catch (OverflowException overflow)
        {
            throw new BadInputException(
                $"{source.Name}: an address or a size that no file can have: the HDF5 file is damaged.", overflow);
        }
    }

    private static long Root(ByteSource source)
    {
        var cursor = new Hdf5Cursor(source, 8);
        var version = cursor.Byte();
        if (version > 3)
        {
            throw new BadInputException($"{source.Name}: HDF5 superblock version {version}; 0 to 3 are read.");
        }

        cursor.Skip(version < 2 ? 4 : 0);
        var offsetBytes = cursor.Byte();
        var lengthBytes = cursor.Byte();
        if (offsetBytes != 8 || lengthBytes != 8)
        {
            throw new BadInputException(
                $"{source.Name}: HDF5 addresses of {offsetBytes} and lengths of {lengthBytes} bytes; 8 are read.");
        }

        if (version >= 2)
        {
            cursor.Skip(1);
            Base(ref cursor);
            cursor.Skip(16);
            return cursor.Int64();
        }

        cursor.Skip(version == 0 ? 9 : 13);
        Base(ref cursor);
        cursor.Skip(24 + 8);
        return cursor.Int64();

        void Base(ref Hdf5Cursor at)
        {
            var address = at.Int64();
            if (address != 0)
            {
                throw new BadInputException(
                    $"{source.Name}: an HDF5 file that starts at {address} of another; it is not read.");
            }
        }
    }

    private sealed class Walk(ByteSource source, ByteSource tables, CheckpointContent content, CheckpointLimits limits)
    {
        private readonly HashSet<long> _groups = [];

        public void Object(long address, string path, int depth)
        {
            if (depth > limits.MaxDepth)
            {
                throw new BadInputException(
                    $"{source.Name}: groups are nested deeper than {limits.MaxDepth} at '{path}'.");
            }

            var messages = Hdf5Object.Read(tables, address);
            if (messages.Exists(static message => message.Type == 0x08))
            {
                new Hdf5Dataset(source, tables, limits).AddTo(content, path.Length == 0 ? "tensor" : path, messages);
                return;
            }

            // A group that is reached twice would list the same tensors again, or never end.
            if (!_groups.Add(address))
            {
                return;
            }

            var (hard, external) = new Hdf5Links(tables, limits).Read(messages);
            foreach (var name in external)
            {
                content.AddUnreadable(Join(path, name), "it is a link to another file, which is not followed.");
            }

            foreach (var (name, target) in hard)
            {
                Object(target, Join(path, name), depth + 1);
            }
        }

        private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";
    }
}
