using System.Buffers.Binary;
using System.Text;
using Toolkit.Formats.Checkpoints.Zip;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Numpy;

/// <summary>
/// Writes arrays as .npz: a zip of stored .npy members, as numpy.savez does, with zip64 sizes throughout.
/// </summary>
public static class NpzWriter
{
    /// <summary>Writes a file, whole or not at all. Tensors are streamed one after the other.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name and array of each member, names unique.</param>
    /// <exception cref="BadInputException">numpy has no such element type; the message names the tensor.</exception>
    public static void Write(string path, IReadOnlyList<TensorToWrite> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            CheckType(Path.GetFileName(path), tensor.Name, tensor.Type);
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"The name '{tensor.Name}' occurs twice.", nameof(tensors));
            }
        }

        AtomicFile.Write(path, stream => Write(stream, tensors));
    }

    /// <summary>Writes a file of arrays in memory, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name and array of each member.</param>
    /// <exception cref="BadInputException">numpy has no such element type; the message names the tensor.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, HostTensor>> tensors) =>
        Write(path, [.. tensors.Select(pair => TensorToWrite.From(pair.Key, pair.Value))]);

    internal static void CheckType(string file, string name, ElementType type)
    {
        if (NumpyType.Describe(type) is null)
        {
            throw new BadInputException(
                $"{file}: '{name}' is {type.DisplayName()}, which numpy does not have. Convert to safetensors, or "
                    + "cast it first.");
        }
    }

    private static void Write(Stream stream, IReadOnlyList<TensorToWrite> tensors)
    {
        var directory = new MemoryStream();
        foreach (var tensor in tensors)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name + ".npy");
            var header = NpyHeader.Write(tensor.Type, tensor.Shape);
            var size = header.Length + tensor.SizeBytes;
            var local = stream.Position;
            stream.Write(LocalHeader(name, 0, size));
            var checksum = new ChecksumStream(stream);
            checksum.Write(header);
            tensor.WriteBytes(checksum);
            if (checksum.Count != size)
            {
                throw new InvalidOperationException($"'{tensor.Name}' wrote {checksum.Count} bytes instead of {size}.");
            }

            var end = stream.Position;
            stream.Position = local;
            stream.Write(LocalHeader(name, checksum.Crc32, size));
            stream.Position = end;
            directory.Write(CentralHeader(name, checksum.Crc32, size, local));
        }

        var start = stream.Position;
        stream.Write(directory.GetBuffer().AsSpan(0, (int)directory.Length));
        stream.Write(End(start, directory.Length, tensors.Count));
    }

    private static byte[] LocalHeader(byte[] name, uint crc, long size)
    {
        var bytes = new byte[30 + name.Length + 20];
        var at = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(at, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(at[4..], 45);
        BinaryPrimitives.WriteUInt16LittleEndian(at[6..], 0x0800);
        // 1 January 1980: the same tensors give the same bytes.
        BinaryPrimitives.WriteUInt16LittleEndian(at[12..], 0x0021);
        BinaryPrimitives.WriteUInt32LittleEndian(at[14..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(at[18..], uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(at[22..], uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(at[26..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(at[28..], 20);
        name.CopyTo(at[30..]);
        var extra = at[(30 + name.Length)..];
        BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], 16);
        BinaryPrimitives.WriteInt64LittleEndian(extra[4..], size);
        BinaryPrimitives.WriteInt64LittleEndian(extra[12..], size);
        return bytes;
    }

    private static byte[] CentralHeader(byte[] name, uint crc, long size, long local)
    {
        var bytes = new byte[46 + name.Length + 28];
        var at = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(at, 0x02014b50);
        BinaryPrimitives.WriteUInt16LittleEndian(at[4..], 45);
        BinaryPrimitives.WriteUInt16LittleEndian(at[6..], 45);
        BinaryPrimitives.WriteUInt16LittleEndian(at[8..], 0x0800);
        BinaryPrimitives.WriteUInt16LittleEndian(at[14..], 0x0021);
        BinaryPrimitives.WriteUInt32LittleEndian(at[16..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(at[20..], uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(at[24..], uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(at[28..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(at[30..], 28);
        BinaryPrimitives.WriteUInt32LittleEndian(at[42..], uint.MaxValue);
        name.CopyTo(at[46..]);
        var extra = at[(46 + name.Length)..];
        BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], 24);
        BinaryPrimitives.WriteInt64LittleEndian(extra[4..], size);
        BinaryPrimitives.WriteInt64LittleEndian(extra[12..], size);
        BinaryPrimitives.WriteInt64LittleEndian(extra[20..], local);
        return bytes;
    }

    private static byte[] End(long start, long size, long count)
    {
        var bytes = new byte[56 + 20 + 22];
        var end64 = bytes.AsSpan(0, 56);
        BinaryPrimitives.WriteUInt32LittleEndian(end64, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end64[4..], 44);
        BinaryPrimitives.WriteUInt16LittleEndian(end64[12..], 45);
        BinaryPrimitives.WriteUInt16LittleEndian(end64[14..], 45);
        BinaryPrimitives.WriteInt64LittleEndian(end64[24..], count);
        BinaryPrimitives.WriteInt64LittleEndian(end64[32..], count);
        BinaryPrimitives.WriteInt64LittleEndian(end64[40..], size);
        BinaryPrimitives.WriteInt64LittleEndian(end64[48..], start);
        var locator = bytes.AsSpan(56, 20);
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(locator[8..], start + size);
        BinaryPrimitives.WriteUInt32LittleEndian(locator[16..], 1);
        var end = bytes.AsSpan(76);
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], ushort.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], uint.MaxValue);
        return bytes;
    }

    private sealed class ChecksumStream(Stream inner) : WriteOnlyStream
    {
        private readonly System.IO.Hashing.Crc32 _checksum = new();

        public long Count { get; private set; }

        public uint Crc32 => _checksum.GetCurrentHashAsUInt32();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _checksum.Append(buffer);
            Count += buffer.Length;
            inner.Write(buffer);
        }
    }
}
