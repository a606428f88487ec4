using System.Text;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>Reads Thrift's compact protocol from untrusted bytes: every length is checked, nesting is capped.</summary>
/// <remarks>Throws <see cref="InvalidDataException"/>; the file's reader adds where.</remarks>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int MaximumDepth = 32;
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private short _last;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>Goes to the next field of the present structure.</summary>
    /// <param name="field">Its number.</param>
    /// <param name="type">Its type.</param>
    /// <returns>False at the end of the structure.</returns>
    public bool Next(out short field, out ThriftType type)
    {
        var head = Byte();
        type = (ThriftType)(head & 15);
        if (head == 0)
        {
            field = 0;
            return false;
        }

        var step = head >> 4;
        field = step == 0 ? (short)Number() : (short)(_last + step);
        _last = field;
        return true;
    }

    /// <summary>Enters a structure; the result goes to <see cref="Leave"/>.</summary>
    public short Enter()
    {
        var outer = _last;
        _last = 0;
        return outer;
    }

    public void Leave(short outer) => _last = outer;

    public long Number()
    {
        var value = Variable();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ReadOnlySpan<byte> Binary()
    {
        var length = Variable();
        if (length > (ulong)(_bytes.Length - Position))
        {
            throw new InvalidDataException($"a text of {length} bytes where {_bytes.Length - Position} are left");
        }

        var value = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return value;
    }

    public string Text() => Encoding.UTF8.GetString(Binary());

    /// <summary>Reads the head of a list.</summary>
    /// <param name="type">The type of its items.</param>
    /// <returns>How many items follow; each takes at least one byte, so never more than there are bytes.</returns>
    public int List(out ThriftType type)
    {
        var head = Byte();
        type = (ThriftType)(head & 15);
        var count = head >> 4 == 15 ? Variable() : (ulong)(head >> 4);
        return count <= (ulong)(_bytes.Length - Position)
            ? (int)count
            : throw new InvalidDataException(
                $"a list of {count} items where {_bytes.Length - Position} bytes are left");
    }

    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaximumDepth)
        {
            throw new InvalidDataException($"structures nested deeper than {MaximumDepth}");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                Byte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                Variable();
                break;
            case ThriftType.Double:
                Advance(8);
                break;
            case ThriftType.Binary:
                Binary();
                break;
            case ThriftType.List or ThriftType.Set:
                var count = List(out var item);
                for (var i = 0; i < count; i++)
                {
                    // In a list, a truth value takes a byte of its own.
                    Skip(item is ThriftType.True or ThriftType.False ? ThriftType.Byte : item, depth + 1);
                }

                break;
            case ThriftType.Struct:
                var outer = Enter();
                while (Next(out _, out var inner))
                {
                    Skip(inner, depth + 1);
                }

                Leave(outer);
                break;
            default:
                throw new InvalidDataException($"a field of type {(int)type}");
        }
    }

    private byte Byte()
    {
        var at = Position;
        Advance(1);
        return _bytes[at];
    }

    private void Advance(int count) => Position = count <= _bytes.Length - Position
        ? Position + count
        : throw new InvalidDataException("the header ends in the middle");

    private ulong Variable()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number of more than 64 bits");
    }
}
