using System.Buffers.Binary;
using System.Text;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Onnx;

/// <summary>Walks one protobuf message inside a file, field by field, without loading what it passes over.</summary>
/// <remarks>
/// Source: the protobuf encoding guide. Groups (wire types 3 and 4) do not occur in ONNX and are refused.
/// </remarks>
internal struct WireReader(ByteSource source, long start, long length, string where)
{
    private readonly long _end = start + length;
    private long _at = start;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.</summary>
    public int WireType { get; private set; }

    /// <summary>The value of a varint or of a fixed number.</summary>
    public ulong Value { get; private set; }

    /// <summary>Where the bytes of a length-delimited field start.</summary>
    public long Start { get; private set; }

    /// <summary>How many there are.</summary>
    public long Length { get; private set; }

    public readonly ByteSource Source => source;

    public bool Next()
    {
        if (_at >= _end)
        {
            return false;
        }

        var tag = ReadVarint();
        Field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw Bad();
        WireType = (int)(tag & 7);
        switch (WireType)
        {
            case 0:
                Value = ReadVarint();
                break;
            case 1:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(Take(stackalloc byte[8]));
                break;
            case 5:
                Value = BinaryPrimitives.ReadUInt32LittleEndian(Take(stackalloc byte[4]));
                break;
            case 2:
                var bytes = ReadVarint();
                if (bytes > (ulong)(_end - _at))
                {
                    throw Bad();
                }

                (Start, Length) = (_at, (long)bytes);
                _at += Length;
                break;
            default:
                throw Bad();
        }

        return true;
    }

    /// <summary>The current field as a message of its own.</summary>
    public readonly WireReader Message() => new(source, Start, WireType == 2 ? Length : throw Bad(), where);

    /// <summary>The current field as text.</summary>
    public readonly string Text(int limit) => WireType == 2 && Length <= limit
        ? Encoding.UTF8.GetString(source.ReadBytes(Start, Length))
        : throw Bad();

    /// <summary>Adds the numbers of a repeated varint field, packed or not.</summary>
    public readonly void AddVarints(List<long> numbers, int limit)
    {
        if (WireType == 0)
        {
            numbers.Add((long)Value);
        }
        else
        {
            var packed = Message();
            packed.AddPacked(numbers, limit);
        }
    }

    /// <summary>Adds every varint up to the end: the content of a packed field.</summary>
    public void AddPacked(List<long> numbers, int limit)
    {
        while (_at < _end)
        {
            numbers.Add((long)ReadVarint());
            if (numbers.Count > limit)
            {
                throw Bad();
            }
        }
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        Span<byte> one = stackalloc byte[1];
        for (var shift = 0; shift < 70; shift += 7)
        {
            Take(one);
            value |= shift < 64 ? (ulong)(one[0] & 0x7f) << shift : 0;
            if ((one[0] & 0x80) == 0)
            {
                return value;
            }
        }

        throw Bad();
    }

    private Span<byte> Take(Span<byte> destination)
    {
        if (destination.Length > _end - _at)
        {
            throw Bad();
        }

        source.Read(_at, destination);
        _at += destination.Length;
        return destination;
    }

    private readonly BadInputException Bad() => new($"{where}: the protobuf message is damaged before byte {_at}.");
}
