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
/// A tensor of rank 3 or more is unfolded along its first dimension: a convolution [out, in, kernel …] becomes [out, in · kernel],
/// the map from a patch of the input to the output channels; a stack of heads [heads, d, k] becomes [heads, d · k].
/// </remarks>
public sealed record WeightMatrix(string Name, TensorShape Shape, string Unfolding, HostMatrix Matrix)
{
    /// <summary>Says whether a tensor has a spectrum: floating-point, rank 2 or more, at least 2 rows and columns once unfolded.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>True where <see cref="Unfold"/> gives a matrix.</returns>
    public static bool Has(ElementType type, TensorShape shape) =>
        type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16
        && shape.Rank >= 2 && shape[0] >= 2 && shape.Count / Math.Max(1, shape[0]) >= 2 && shape.Count <= Array.MaxLength / sizeof(double);

    /// <summary>Unfolds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">Its content; see <see cref="Has"/>.</param>
    /// <returns>The matrix, in binary64.</returns>
    public static WeightMatrix Unfold(string name, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!Has(tensor.Type, tensor.Shape))
        {
            throw new ArgumentException($"'{name}' {tensor.Type.DisplayName()} {tensor.Shape} has no spectrum.", nameof(tensor));
        }

        var rows = (int)tensor.Shape[0];
        var columns = (int)(tensor.Shape.Count / rows);
        var unfolding = tensor.Shape.Rank == 2
            ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $"{tensor.Shape} → [{rows}, {columns}]");
        return new WeightMatrix(name, tensor.Shape, unfolding, new HostMatrix(rows, columns, TensorNumbers.ToFloat64(tensor)));
    }
}
