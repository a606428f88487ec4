using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints;

/// <summary>Shapes from files: what is nonsense there is bad input, not a wrong call.</summary>
internal static class CheckedShape
{
    /// <summary>A shape from extents of a file.</summary>
    /// <exception cref="BadInputException">An extent is negative, or the number of elements does not fit 63
    /// bits.</exception>
    public static TensorShape Create(string where, ReadOnlySpan<long> dimensions)
    {
        try
        {
            return new TensorShape(dimensions);
        }
        catch (Exception failure) when (failure is ArgumentException or OverflowException)
        {
            throw new BadInputException(
                $"{where}: the shape [{string.Join(", ", dimensions.ToArray())}] is impossible; extents from 0 on "
                    + "with at most 2^63 elements are expected.",
                failure);
        }
    }
}
