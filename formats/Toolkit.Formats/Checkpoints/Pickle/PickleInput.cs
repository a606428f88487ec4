using System.Buffers.Binary;
using System.Text;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>
/// Reads a pickle's bytes in order, through a small buffer, with every length checked before memory is taken.
/// </summary>
internal sealed class PickleInput(ByteSource source, long start, string where, CheckpointLimits limits)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);
    private readonly byte[] _buffer = new byte[4096];
    private long _bufferStart = -1;
    private int _bufferLength;
    private int _nextFill = 256;

    public ByteSource Source { get; } = source;

    /// <summary>What messages call this part of the file.</summary>
    public string Where { get; } = where;

    /// <summary>The next byte, from the start of the source.</summary>
    public long Position { get; private set; } = start;

    public long Remaining => Source.Length - Position;

    public byte ReadByte()
    {
        var at = Position - _bufferStart;
        if (_bufferStart < 0 || at < 0 || at >= _bufferLength)
        {
            if (Remaining < 1)
            {
                throw Truncated(1);
            }

            _bufferStart = Position;
            _bufferLength = (int)Math.Min(_nextFill, Remaining);
            _nextFill = _buffer.Length; // Most of what is only looked at ends within the first bytes.
            Source.Read(_bufferStart, _buffer.AsSpan(0, _bufferLength));
            at = 0;
        }

        Position++;
        return _buffer[at];
    }

    public void Read(Span<byte> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = ReadByte();
        }
    }

    public ushort ReadUInt16()
    {
        Span<byte> bytes = stackalloc byte[2];
        Read(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[4];
        Read(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public long ReadInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public double ReadDoubleBigEndian()
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    /// <summary>A length field; refuses what does not fit the rest of the file.</summary>
    public long CheckLength(long length)
    {
        if (length < 0 || length > Remaining)
        {
            throw Truncated(length);
        }

        return length;
    }

    public string ReadText(long length)
    {
        CheckLength(length);
        if (length > limits.MaxPickleText)
        {
            throw new BadInputException(
                $"{Where}: a text of {length} bytes at {Position}; at most {limits.MaxPickleText} are read.");
        }

        return Utf8.GetString(ReadBytes(length));
    }

    public string ReadLatin1(long length)
    {
        CheckLength(length);
        if (length > limits.MaxPickleText)
        {
            throw new BadInputException(
                $"{Where}: a text of {length} bytes at {Position}; at most {limits.MaxPickleText} are read.");
        }

        return Encoding.Latin1.GetString(ReadBytes(length));
    }

    public byte[] ReadBytes(long length)
    {
        CheckLength(length);
        if (length <= 64)
        {
            var small = new byte[length];
            Read(small);
            return small;
        }

        var bytes = Source.ReadBytes(Position, length);
        Position += length;
        return bytes;
    }

    /// <summary>Bytes that stay in the file.</summary>
    public PickleBytes Skip(long length)
    {
        CheckLength(length);
        var bytes = new PickleBytes(Source, Position, length);
        Position += length;
        return bytes;
    }

    public string ReadLine()
    {
        var line = new StringBuilder();
        for (var b = ReadByte(); b != '\n'; b = ReadByte())
        {
            if (line.Length >= 4_096)
            {
                throw new BadInputException($"{Where}: a line of text at {Position} is longer than 4096 characters.");
            }

            line.Append((char)b);
        }

        return line.ToString();
    }

    private BadInputException Truncated(long count) =>
        new(
            $"{Where}: {count} more bytes were expected at {Position}, but the pickle ends: it is truncated or damaged.");
}
