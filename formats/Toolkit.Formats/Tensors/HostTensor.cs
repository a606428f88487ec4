using System.Runtime.InteropServices;

namespace Toolkit.Formats.Tensors;

/// <summary>
/// A dense tensor in memory: row-major, little-endian, contiguous. Immutable by convention: nobody writes to its bytes.
/// </summary>
public sealed class HostTensor
{
    /// <summary>Creates a tensor over bytes that it does not copy.</summary>
    /// <param name="type">The element type; not <see cref="ElementType.Text"/>.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="bytes">Exactly the bytes of all elements.</param>
    /// <exception cref="ArgumentException">The bytes are more or fewer than type and shape ask for.</exception>
    public HostTensor(ElementType type, TensorShape shape, ReadOnlyMemory<byte> bytes)
    {
        var expected = type.SizeBytes(shape.Count);
        if (expected != bytes.Length || type.SizeBits() == 0)
        {
            throw new ArgumentException(
                $"{type.DisplayName()} {shape} takes {expected} bytes; {bytes.Length} were given.", nameof(bytes));
        }

        Type = type;
        Shape = shape;
        Bytes = bytes;
    }

    /// <summary>The element type.</summary>
    public ElementType Type { get; }

    /// <summary>The shape.</summary>
    public TensorShape Shape { get; }

    /// <summary>The elements, row-major, little-endian.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Creates a tensor from values, which are copied.</summary>
    /// <typeparam name="T">The .NET type of <paramref name="type"/>: float for Float32, long for Int64 …</typeparam>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <returns>The tensor.</returns>
    public static HostTensor Create<T>(ElementType type, TensorShape shape, ReadOnlySpan<T> values)
        where T : unmanaged => new(type, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Creates a float32 tensor from values, which are copied.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <returns>The tensor.</returns>
    public static HostTensor Float32(TensorShape shape, ReadOnlySpan<float> values) =>
        Create(ElementType.Float32, shape, values);

    /// <summary>Some positions of one axis, whole along all others.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="first">The first position.</param>
    /// <param name="count">How many.</param>
    /// <returns>A tensor of the same rank, over the same memory where the part lies together.</returns>
    public HostTensor Part(int axis, long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Shape[axis] - first);
        var extents = Shape.Dimensions.ToArray();
        var outer = (int)extents[..axis].Aggregate(1L, static (product, extent) => product * extent);
        var row = outer == 0 ? 0 : Bytes.Length / outer;
        var position = extents[axis] == 0 ? 0 : (int)(row / extents[axis]);
        var (start, length) = ((int)first * position, (int)count * position);
        extents[axis] = count;
        var shape = new TensorShape(extents);
        if (outer == 1)
        {
            return new HostTensor(Type, shape, Bytes.Slice(start, length));
        }

        var bytes = new byte[outer * length];
        for (var i = 0; i < outer; i++)
        {
            Bytes.Span.Slice((i * row) + start, length).CopyTo(bytes.AsSpan(i * length));
        }

        return new HostTensor(Type, shape, bytes);
    }

    /// <summary>The same elements, over the same memory, without a first axis of extent 1.</summary>
    /// <returns>A tensor of one axis less.</returns>
    /// <exception cref="ArgumentException">The first axis has another extent.</exception>
    public HostTensor WithoutFirstAxis() => new(Type, new TensorShape(Shape.Dimensions[1..]), Bytes);

    /// <summary>The elements as values of their own .NET type, without a copy.</summary>
    /// <typeparam name="T">A type of the element's size: float for Float32, Half or ushort for Float16 …</typeparam>
    /// <returns>The elements, row-major.</returns>
    /// <exception cref="InvalidOperationException">The size of <typeparamref name="T"/> is not that of an
    /// element.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged =>
        Marshal.SizeOf<T>() * 8 == Type.SizeBits() || (typeof(T) == typeof(bool) && Type == ElementType.Boolean)
            ? MemoryMarshal.Cast<byte, T>(Bytes.Span)
            : throw new InvalidOperationException($"{typeof(T).Name} is not the size of a {Type.DisplayName()}.");
}
