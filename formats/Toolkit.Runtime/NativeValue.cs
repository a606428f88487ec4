using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime;

/// <summary>
/// A value that a run gave, in the runtime's own memory. It lives as long as the <see cref="InferenceResult"/> that
/// owns it. Not thread-safe while it is disposed; reading from several threads is.
/// </summary>
public sealed class NativeValue : IDisposable
{
    private readonly OrtValue? _value;
    private readonly Lazy<IReadOnlyList<NativeValue>> _items;

    internal NativeValue(string name, OrtValue value)
    {
        Name = name;
        _value = value;
        Kind = ValueKinds.Of(value.OnnxType);
        if (Kind == ValueKind.Tensor)
        {
            var info = value.GetTensorTypeAndShape();
            Type = (ElementType)info.ElementDataType;
            Shape = new TensorShape(info.Shape);
        }

        _items = new Lazy<IReadOnlyList<NativeValue>>(() => ReadItems(value));
    }

    /// <summary>A sequence of values that it owns from now on.</summary>
    internal NativeValue(string name, IReadOnlyList<NativeValue> items)
    {
        Name = name;
        Kind = ValueKind.Sequence;
        _items = new Lazy<IReadOnlyList<NativeValue>>(items);
    }

    /// <summary>The value's ONNX name; an item of a sequence is <c>name[i]</c>.</summary>
    public string Name { get; }

    /// <summary>What it is made of.</summary>
    public ValueKind Kind { get; }

    /// <summary>The element type of a tensor; <see cref="ElementType.Undefined"/> of everything else.</summary>
    public ElementType Type { get; }

    /// <summary>The shape of a tensor; that of a scalar for everything else.</summary>
    public TensorShape Shape { get; }

    /// <summary>The size of a tensor of numbers in bytes; 0 of everything else.</summary>
    public long SizeBytes => Kind == ValueKind.Tensor && Type.SizeBits() > 0 ? Type.SizeBytes(Shape.Count) : 0;

    /// <summary>The values of a sequence, or the keys and the values of a map; empty for a tensor.</summary>
    public IReadOnlyList<NativeValue> Items => _items.Value;

    /// <summary>
    /// The bytes of a tensor of numbers, row-major, little-endian, without a copy; half types are two bytes each.
    /// </summary>
    /// <exception cref="InvalidOperationException">The value is no tensor of numbers.</exception>
    /// <exception cref="BadInputException">The tensor is over 2 GiB: the runtime's own span would be cut short without
    /// a word.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            if (Kind != ValueKind.Tensor || Type.SizeBits() == 0)
            {
                throw new InvalidOperationException(
                    $"'{Name}' is no tensor of numbers: {Kind} of {Type.DisplayName()}.");
            }

            var expected = SizeBytes;
            if (expected > int.MaxValue)
            {
                throw new BadInputException(
                    $"'{Name}': {Type.DisplayName()} {Shape} takes {expected} bytes; one value of a run ends at 2 "
                        + "GiB. Use a smaller batch.");
            }

            var bytes = expected == 0 ? [] : _value!.GetTensorMutableRawData();
            return bytes.Length >= expected
                ? bytes[..(int)expected]
                : throw new BadInputException(
                    $"'{Name}': the runtime gave {bytes.Length} of {expected} bytes. Use a smaller batch.");
        }
    }

    /// <summary>The elements of a tensor of numbers, without a copy.</summary>
    /// <typeparam name="T">A type of the element's size: float for Float32, Half or ushort for Float16 …</typeparam>
    /// <returns>The elements, row-major.</returns>
    /// <exception cref="InvalidOperationException">The size of <typeparamref name="T"/> is not that of an
    /// element.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        var size = System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        return size * 8 == Type.SizeBits()
            ? MemoryMarshal.Cast<byte, T>(Bytes)
            : throw new InvalidOperationException($"{typeof(T).Name} is not the size of a {Type.DisplayName()}.");
    }

    /// <summary>The elements of a tensor of text, row-major.</summary>
    /// <returns>The elements, decoded from UTF-8.</returns>
    /// <exception cref="InvalidOperationException">The value is no tensor of text.</exception>
    public string[] ReadText() => Kind == ValueKind.Tensor && Type == ElementType.Text
        ? _value!.GetStringTensorAsArray()
        : throw new InvalidOperationException($"'{Name}' is no tensor of text: {Kind} of {Type.DisplayName()}.");

    /// <summary>Copies a tensor of numbers out of the runtime's memory.</summary>
    /// <returns>The copy, which outlives the run.</returns>
    public HostTensor ToHostTensor() => new(Type, Shape, Bytes.ToArray());

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_items.IsValueCreated)
        {
            foreach (var item in _items.Value)
            {
                item.Dispose();
            }
        }

        _value?.Dispose();
    }

    private IReadOnlyList<NativeValue> ReadItems(OrtValue value)
    {
        if (Kind is not (ValueKind.Sequence or ValueKind.Map))
        {
            return [];
        }

        var items = new NativeValue[value.GetValueCount()];
        for (var i = 0; i < items.Length; i++)
        {
            var name = Kind == ValueKind.Map ? $"{Name}.{(i == 0 ? "keys" : "values")}" : $"{Name}[{i}]";
            items[i] = new NativeValue(name, value.GetValue(i, OrtAllocator.DefaultInstance));
        }

        return items;
    }
}
