using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime.Observation;

/// <summary>A value while the graph runs, in the runtime's own memory. It is gone when the observer returns.</summary>
public readonly ref struct ObservedTensor
{
    private readonly nint _address;

    internal ObservedTensor(ElementType type, TensorShape shape, nint address)
    {
        Type = type;
        Shape = shape;
        _address = address;
    }

    /// <summary>The element type.</summary>
    public ElementType Type { get; }

    /// <summary>The shape.</summary>
    public TensorShape Shape { get; }

    /// <summary>The size of a tensor of numbers in bytes; 0 of text.</summary>
    public long SizeBytes => Type.SizeBits() == 0 ? 0 : Type.SizeBytes(Shape.Count);

    /// <summary>
    /// Some bytes of a tensor of numbers, row-major, little-endian; a tensor over 2 GiB is read in parts.
    /// </summary>
    /// <param name="start">The first byte, from 0.</param>
    /// <param name="count">How many bytes, at least 0.</param>
    /// <returns>The bytes, in the runtime's memory.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such bytes.</exception>
    public unsafe ReadOnlySpan<byte> Bytes(long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, SizeBytes - count);
        return new ReadOnlySpan<byte>((byte*)_address + start, count);
    }
}
