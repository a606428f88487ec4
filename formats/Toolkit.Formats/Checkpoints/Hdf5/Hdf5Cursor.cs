using System.Buffers.Binary;
using System.Text;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>Reads the little-endian fields of HDF5's structures one after the other.</summary>
internal struct Hdf5Cursor(ByteSource source, long position)
{
    /// <summary>The next byte, from the start of the file.</summary>
    public long Position { get; private set; } = position;

    public readonly ByteSource Source => source;

    public byte Byte()
    {
        Span<byte> bytes = stackalloc byte[1];
        source.Read(Position, bytes);
        Position++;
        return bytes[0];
    }

    public ushort UInt16() => (ushort)Number(2);

    public uint UInt32() => (uint)Number(4);

    /// <summary>An address or a length of 8 bytes.</summary>
    public long Int64() => Number(8);

    /// <summary>A number of 1 to 8 bytes.</summary>
    public long Number(int bytes)
    {
        Span<byte> buffer = stackalloc byte[8];
        buffer.Clear();
        source.Read(Position, buffer[..bytes]);
        Position += bytes;
        return BinaryPrimitives.ReadInt64LittleEndian(buffer);
    }

    public void Skip(long bytes) => Position += bytes;

    public string Text(int bytes)
    {
        var text = Encoding.UTF8.GetString(source.ReadBytes(Position, bytes));
        Position += bytes;
        return text;
    }

    /// <summary>Text that ends with a zero byte.</summary>
    public string TextToZero(int limit)
    {
        var bytes = new List<byte>();
        for (var next = Byte(); next != 0; next = Byte())
        {
            bytes.Add(next);
            if (bytes.Count > limit)
            {
                throw new BadInputException(
                    $"{source.Name}: a name longer than {limit} bytes at {Position}: the file is damaged.");
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    public void Expect(ReadOnlySpan<byte> signature)
    {
        Span<byte> found = stackalloc byte[4];
        source.Read(Position, found);
        if (!found.SequenceEqual(signature))
        {
            throw new BadInputException(
                $"{source.Name}: '{Encoding.ASCII.GetString(signature)}' was expected at byte {Position}: the HDF5 "
                    + "file is damaged.");
        }

        Position += 4;
    }
}
