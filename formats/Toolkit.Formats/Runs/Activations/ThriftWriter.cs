using System.Buffers;
using System.Text;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>Writes Thrift's compact protocol, the form of Parquet's page headers and footer.</summary>
/// <remarks>
/// Source: Apache Thrift, <c>doc/specs/thrift-compact-protocol.md</c>. Only what Parquet's headers need.
/// </remarks>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Stack<short> _outer = new();
    private short _last;

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _outer.Clear();
        _last = 0;
    }

    public void Int32(short field, int value) => Number(field, ThriftType.Int32, value);

    public void Int64(short field, long value) => Number(field, ThriftType.Int64, value);

    public void Int16(short field, short value) => Number(field, ThriftType.Int16, value);

    public void Byte(short field, byte value)
    {
        Header(field, ThriftType.Byte);
        Put(value);
    }

    public void Bool(short field, bool value) => Header(field, value ? ThriftType.True : ThriftType.False);

    public void Text(short field, string value) => Binary(field, Encoding.UTF8.GetBytes(value));

    public void Binary(short field, ReadOnlySpan<byte> value)
    {
        Header(field, ThriftType.Binary);
        Variable((ulong)value.Length);
        _bytes.Write(value);
    }

    public void Struct(short field, Action body)
    {
        Header(field, ThriftType.Struct);
        Nested(body);
    }

    public void Structs<T>(short field, IReadOnlyList<T> items, Action<T> body)
    {
        List(field, ThriftType.Struct, items.Count);
        foreach (var item in items)
        {
            Nested(() => body(item));
        }
    }

    public void Int32s(short field, ReadOnlySpan<int> items)
    {
        List(field, ThriftType.Int32, items.Length);
        foreach (var item in items)
        {
            Variable(ZigZag(item));
        }
    }

    public void Texts(short field, IReadOnlyList<string> items)
    {
        List(field, ThriftType.Binary, items.Count);
        foreach (var item in items)
        {
            var bytes = Encoding.UTF8.GetBytes(item);
            Variable((ulong)bytes.Length);
            _bytes.Write(bytes);
        }
    }

    /// <summary>Ends the outermost structure.</summary>
    public void Stop() => Put(0);

    private void Put(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private void Nested(Action body)
    {
        _outer.Push(_last);
        _last = 0;
        body();
        Stop();
        _last = _outer.Pop();
    }

    private void Number(short field, ThriftType type, long value)
    {
        Header(field, type);
        Variable(ZigZag(value));
    }

    private void List(short field, ThriftType type, int count)
    {
        Header(field, ThriftType.List);
        if (count < 15)
        {
            Put((byte)((count << 4) | (int)type));
        }
        else
        {
            Put((byte)(0xF0 | (int)type));
            Variable((ulong)count);
        }
    }

    private void Header(short field, ThriftType type)
    {
        var step = field - _last;
        if (step is > 0 and <= 15)
        {
            Put((byte)((step << 4) | (int)type));
        }
        else
        {
            Put((byte)type);
            Variable(ZigZag(field));
        }

        _last = field;
    }

    private void Variable(ulong value)
    {
        while (value >= 0x80)
        {
            Put((byte)(value | 0x80));
            value >>= 7;
        }

        Put((byte)value);
    }
}
