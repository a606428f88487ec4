using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Similarity;

/// <summary>Centred kernel alignment with the linear kernel.</summary>
/// <remarks>
/// <c>CKA = ‖XᵀY‖²_F / (‖XᵀX‖_F·‖YᵀY‖_F)</c> for centred X, Y: S. Kornblith, M. Norouzi, H. Lee, G. Hinton, "Similarity
/// of neural network representations revisited" (2019). Debiased: the same ratio of the unbiased estimators of HSIC of
/// L. Song et al., "Feature selection via dependence maximization" (2012), as T. Nguyen, M. Raghu, S. Kornblith use it
/// (2021). O(samples · features²); no samples × samples matrix is built.
/// </remarks>
public static class LinearCka
{
    /// <summary>The biased measure.</summary>
    /// <param name="x">[samples, features of x].</param>
    /// <param name="y">[samples, features of y], the same samples.</param>
    /// <returns>0 to 1; NaN where one side does not vary.</returns>
    public static double Of(HostMatrix x, HostMatrix y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return OfCentered(CenteredFeatures.Of(x), CenteredFeatures.Of(y));
    }

    /// <summary>The debiased measure.</summary>
    /// <param name="x">[samples, features of x]; at least 4 samples.</param>
    /// <param name="y">[samples, features of y], the same samples.</param>
    /// <returns>At most 1; about 0, also negative, for independent features; NaN where one side does not vary or
    /// samples are fewer than 4.</returns>
    public static double Debiased(HostMatrix x, HostMatrix y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);

        // Centring changes nothing in exact arithmetic and keeps the cancellation below small.
        var cx = CenteredFeatures.Of(x);
        var cy = CenteredFeatures.Of(y);
        return UnbiasedHsic(cx, cy) / Math.Sqrt(UnbiasedHsic(cx, cx) * UnbiasedHsic(cy, cy));
    }

    internal static double OfCentered(HostMatrix x, HostMatrix y) =>
        Cross(x, y) / Math.Sqrt(Cross(x, x) * Cross(y, y));

    /// <summary>‖XᵀY‖²_F.</summary>
    internal static double Cross(HostMatrix x, HostMatrix y) =>
        BlockedSum.SumOfSquares(MatrixProduct.OfTransposed(x, y).Values);

    // HSIC₁ = [tr(K̃L̃) + 1ᵀK̃1·1ᵀL̃1/((n−1)(n−2)) − 2·1ᵀK̃L̃1/(n−2)] / (n(n−3)), K̃ = XXᵀ without its diagonal, all
    // from n × d matrices: tr(K̃L̃) = ‖XᵀY‖² − Σ|xᵢ|²|yᵢ|², (K̃1)ᵢ = xᵢ·Σxⱼ − |xᵢ|².
    private static double UnbiasedHsic(HostMatrix x, HostMatrix y)
    {
        double n = x.Rows;
        if (n < 4)
        {
            return double.NaN;
        }

        var (normsX, sumsX) = RowSums(x);
        var (normsY, sumsY) = RowSums(y);
        var trace = Cross(x, y) - BlockedSum.Dot(normsX, normsY);
        var cross = BlockedSum.Dot(sumsX, sumsY);
        return (trace + (BlockedSum.Sum(sumsX) * BlockedSum.Sum(sumsY) / ((n - 1) * (n - 2))) - (2 * cross / (n - 2)))
            / (n * (n - 3));
    }

    private static (double[] Norms, double[] KernelRowSums) RowSums(HostMatrix x)
    {
        var total = new double[x.Columns];
        for (var row = 0; row < x.Rows; row++)
        {
            TensorPrimitives.Add<double>(total, x.Row(row), total);
        }

        var norms = new double[x.Rows];
        var sums = new double[x.Rows];
        for (var row = 0; row < x.Rows; row++)
        {
            norms[row] = BlockedSum.SumOfSquares(x.Row(row));
            sums[row] = BlockedSum.Dot(x.Row(row), total) - norms[row];
        }

        return (norms, sums);
    }
}
