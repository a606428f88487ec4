using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.Spectra;

/// <summary>Weights of any rank as matrices.</summary>
public static class WeightMatrices
{
    /// <summary>More slices than this along the first axis of a rank-3 weight are not taken apart.</summary>
    private const int MaximumSlices = 64;

    /// <summary>
    /// A weight as the matrices that it is made of. Rank 2: itself. Rank 3 where no axis is shorter than the first
    /// (attention heads, experts, directions): one matrix per index of the first axis, named <c>W_Q[0]</c>,
    /// <c>W_Q[1]</c> …. Others of rank 3 and more (convolutions: [out, in, kernel …]): the first axis as rows, all
    /// others as columns. Vectors and integers are none.
    /// </summary>
    /// <param name="name">The weight's name.</param>
    /// <param name="tensor">The weight.</param>
    /// <returns>The matrices, none of them empty.</returns>
    public static IEnumerable<NamedMatrix> Of(string name, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Type is not (ElementType.Float32
            or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16)
            || tensor.Shape.Rank < 2 || tensor.Shape.Count == 0)
        {
            yield break;
        }

        var precision = PrecisionOf(tensor.Type);
        var matrix = HostMatrix.FromTensor(tensor);
        if (tensor.Shape.Rank == 3
            && tensor.Shape[0] <= Math.Min(MaximumSlices, Math.Min(tensor.Shape[1], tensor.Shape[2])))
        {
            var rows = (int)tensor.Shape[1];
            for (var index = 0; index < tensor.Shape[0]; index++)
            {
                yield return new NamedMatrix(
                    $"{name}[{index}]", MatrixKind.Weight, null, matrix.RowRange(index * rows, rows), precision);
            }

            yield break;
        }

        var first = (int)tensor.Shape[0];
        yield return new NamedMatrix(
            name,
            MatrixKind.Weight,
            null,
            new HostMatrix(first, matrix.Values.Length / first, matrix.Values),
            precision);
    }

    /// <summary>The relative rounding of an element type.</summary>
    /// <param name="type">A floating-point type.</param>
    /// <returns>The spacing of its numbers at 1.</returns>
    public static double PrecisionOf(ElementType type) => type switch
    {
        ElementType.Float64 => NamedMatrix.Float64,
        ElementType.Float16 => NamedMatrix.Float16,
        ElementType.BFloat16 => 7.8125e-3, // 2⁻⁷
        _ => NamedMatrix.Float32,
    };
}
