using System.Collections.Immutable;

namespace Toolkit.Formats.Tensors;

/// <summary>
/// The extents of a dense row-major tensor. Rank 0 is a scalar with one element. Immutable; equal by value.
/// </summary>
public readonly struct TensorShape : IEquatable<TensorShape>
{
    private readonly ImmutableArray<long> _dimensions;

    /// <summary>Creates a shape.</summary>
    /// <param name="dimensions">Extents, each at least 0, slowest first.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    /// <exception cref="OverflowException">The number of elements does not fit 63 bits.</exception>
    public TensorShape(params ReadOnlySpan<long> dimensions)
    {
        var count = 1L;
        foreach (var dimension in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(dimensions));
            count = checked(count * Math.Max(dimension, 1));
        }

        _dimensions = [.. dimensions];
    }

    /// <summary>Extents, slowest first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Dimensions => _dimensions.IsDefault ? [] : _dimensions.AsSpan();

    /// <summary>How many dimensions there are.</summary>
    public int Rank => _dimensions.IsDefault ? 0 : _dimensions.Length;

    /// <summary>How many elements there are: the product of the extents, 1 for a scalar.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var dimension in Dimensions)
            {
                count *= dimension;
            }

            return count;
        }
    }

    /// <summary>The extent of one dimension.</summary>
    /// <param name="axis">The dimension, 0 to <see cref="Rank"/> − 1.</param>
    public long this[int axis] => Dimensions[axis];

    /// <summary>Compares by value.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">Another shape.</param>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Compares by value.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">Another shape.</param>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var dimension in Dimensions)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>The shape as tables show it: <c>[60, 256]</c>, <c>[]</c> for a scalar.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"[{string.Join(", ", Dimensions.ToArray())}]";
}
