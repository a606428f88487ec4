using System.Globalization;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.WeightSpectra;

/// <summary>A weight as the matrix whose spectrum is taken.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Shape">The tensor's shape.</param>
/// <param name="Unfolding">How it became a matrix, such as <c>[16, 3, 3, 3] → [16, 27]</c>; empty for matrices.</param>
/// <param name="Matrix">[rows, columns].</param>
/// <remarks>
/// A tensor of rank 3 or more is unfolded along its first dimension: a convolution [out, in, kernel …] becomes [out, in
/// · kernel], the map from a patch of the input to the output channels; a stack of heads [heads, d, k] becomes [heads,
/// d · k].
/// </remarks>
public sealed record WeightMatrix(string Name, TensorShape Shape, string Unfolding, HostMatrix Matrix)
{
    /// <summary>
    /// The most elements that a matrix may have: its numbers in binary64 are one array of at most 2 GiB.
    /// </summary>
    public const long MaximumCount = int.MaxValue / sizeof(double);

    /// <summary>
    /// Says whether a tensor has a spectrum: floating-point, rank 2 or more, at least 2 rows and columns once unfolded,
    /// not too large.
    /// </summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>True where <see cref="Unfold"/> gives a matrix.</returns>
    public static bool Has(ElementType type, TensorShape shape) =>
        IsMatrix(shape) && (type is ElementType.Float32 or ElementType.Float64
            || (SmallFloats.Has(type) && type != ElementType.Float4E2M1)) && shape.Count <= MaximumCount;

    /// <summary>
    /// Why a weight that is a matrix has no spectrum; null where it has one, is no matrix, or holds indices, counts or
    /// truth values.
    /// </summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>The reason, a sentence.</returns>
    public static string? WhyNot(ElementType type, TensorShape shape) =>
        !IsMatrix(shape) ? null
        : type is ElementType.Complex64 or ElementType.Complex128 ? "complex numbers are not decomposed."
        : type is ElementType.Int8 or ElementType.UInt8 or ElementType.Int4
            or ElementType.UInt4 ? $"{type.DisplayName()} numbers are the stored form of quantised ones; their scale is another tensor."
        : !Has(type, shape) && shape.Count > MaximumCount ? string.Create(
            CultureInfo.InvariantCulture, $"it has {shape.Count} elements; at most {MaximumCount} are decomposed.")
        : null;

    private static bool IsMatrix(TensorShape shape) => shape.Rank >= 2 && shape[0] >= 2 && shape.Count / shape[0] >= 2;

    /// <summary>Unfolds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">Its content; see <see cref="Has"/>.</param>
    /// <returns>The matrix, in binary64.</returns>
    public static WeightMatrix Unfold(string name, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!Has(tensor.Type, tensor.Shape))
        {
            throw new ArgumentException(
                $"'{name}' {tensor.Type.DisplayName()} {tensor.Shape} has no spectrum.", nameof(tensor));
        }

        var rows = (int)tensor.Shape[0];
        var columns = (int)(tensor.Shape.Count / rows);
        var unfolding = tensor.Shape.Rank == 2
            ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $"{tensor.Shape} → [{rows}, {columns}]");
        return new WeightMatrix(
            name, tensor.Shape, unfolding, new HostMatrix(rows, columns, TensorNumbers.ToFloat64(tensor)));
    }
}
