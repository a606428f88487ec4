using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Pickle;

// What an inert pickle yields. Numbers are long, BigInteger, double or bool; text is string; None is null.

/// <summary>A name of code. It is never resolved: it stays two words.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

/// <summary>A list or a set.</summary>
internal sealed class PickleList(bool isSet = false)
{
    public bool IsSet { get; } = isSet;

    public List<object?> Items { get; } = [];
}

/// <summary>A tuple; also <c>torch.Size</c>.</summary>
internal sealed class PickleTuple(params object?[] items)
{
    public object?[] Items { get; } = items;

    public int Length => Items.Length;

    public object? this[int index] => index < Items.Length ? Items[index] : null;
}

/// <summary>A dictionary in the order of insertion; a repeated key replaces the value, as in Python.</summary>
internal sealed class PickleDictionary
{
    private Dictionary<string, int>? _byText;

    public List<KeyValuePair<object?, object?>> Items { get; } = [];

    public void Set(object? key, object? value)
    {
        if (key is string text)
        {
            _byText ??= [];
            if (_byText.TryGetValue(text, out var at))
            {
                Items[at] = new(key, value);
                return;
            }

            _byText[text] = Items.Count;
        }

        Items.Add(new(key, value));
    }

    public object? Get(string key) =>
        _byText is not null && _byText.TryGetValue(key, out var at) ? Items[at].Value : null;

    public bool Contains(string key) => _byText is not null && _byText.ContainsKey(key);
}

/// <summary>The result of a call that was not made: an opaque node that keeps its arguments and its state.</summary>
internal sealed class PickleObject(object? callable, object? arguments)
{
    public object? Callable { get; } = callable;

    public object? Arguments { get; } = arguments;

    public object? State { get; set; }

    /// <summary>Items that were appended or set, where the object is some kind of list or dictionary.</summary>
    public PickleDictionary Items => field ??= new();
}

/// <summary>Raw bytes, still in the file where they are stored plainly.</summary>
internal sealed class PickleBytes
{
    private readonly ByteSource? _source;
    private readonly long _start;
    private readonly byte[]? _bytes;

    public PickleBytes(ByteSource source, long start, long length)
    {
        (_source, _start, Length) = (source, start, length);
    }

    public PickleBytes(byte[] bytes)
    {
        (_bytes, Length) = (bytes, bytes.Length);
    }

    public long Length { get; }

    public TensorStorage ToStorage(string name, bool isBigEndian) => _source is null
        ? new LoadedStorage(name, Length, () => _bytes!) { IsBigEndian = isBigEndian }
        : new SourceStorage(name, _source, _start, Length) { IsBigEndian = isBigEndian };

    public ByteSource ToSource(string name) =>
        _source is null ? new MemoryByteSource(_bytes, name) : new WindowByteSource(_source, _start, Length, name);

    public byte[] ToArray() => _bytes ?? _source!.ReadBytes(_start, Length);
}
