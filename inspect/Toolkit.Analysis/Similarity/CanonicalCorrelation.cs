using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Similarity;

/// <summary>
/// Canonical correlations of two sets of features after dropping directions of little variance, as a mean and as a
/// weighted mean.
/// </summary>
/// <remarks>
/// With U_x, U_y the leading left singular vectors of the centred features, the canonical correlations are the singular
/// values of U_xᵀU_y (Å. Björck, G. Golub 1973). SVCCA, their mean: M. Raghu et al. (2017). PWCCA, weighted by Σ_j
/// |⟨h_i, x_j⟩| over the first side's features x_j: A. Morcos, M. Raghu, S. Bengio (2018); x_j are taken in the basis
/// of singular directions, so that a rotation of features changes nothing. O(samples · features²).
/// </remarks>
public static class CanonicalCorrelation
{
    /// <summary>The share of the variance that the kept directions hold at least.</summary>
    public const double KeptVariance = 0.99;

    /// <summary>Both measures.</summary>
    /// <param name="x">[samples, features of x].</param>
    /// <param name="y">[samples, features of y], the same samples.</param>
    /// <returns>SVCCA and PWCCA, each 0 to 1; NaN where one side does not vary.</returns>
    public static (double Svcca, double Pwcca) Of(HostMatrix x, HostMatrix y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var (ux, values) = Leading(CenteredFeatures.Of(x));
        var (uy, _) = Leading(CenteredFeatures.Of(y));
        if (ux.Columns == 0 || uy.Columns == 0)
        {
            return (double.NaN, double.NaN);
        }

        var cross = Svd.Of(MatrixProduct.OfTransposed(ux, uy));
        double[] correlations = [.. cross.Values.Select(value => Math.Min(1, value))];

        // hᵢ = U_x·aᵢ and the features in the basis of singular directions are U_x·diag(s): ⟨hᵢ, x_j⟩ = a_ji·s_j.
        var weighted = 0.0;
        var weights = 0.0;
        for (var index = 0; index < correlations.Length; index++)
        {
            var weight = 0.0;
            for (var direction = 0; direction < values.Length; direction++)
            {
                weight += Math.Abs(cross.Left[direction, index]) * values[direction];
            }

            weighted += weight * correlations[index];
            weights += weight;
        }

        return (correlations.Average(), weighted / weights);
    }

    private static (HostMatrix Directions, double[] Values) Leading(HostMatrix centered)
    {
        var svd = Svd.Of(centered);
        var total = svd.Values.Sum(value => value * value);
        var kept = 0.0;
        var count = 0;
        while (count < svd.Values.Length && kept < KeptVariance * total)
        {
            kept += svd.Values[count] * svd.Values[count];
            count++;
        }

        var directions = new HostMatrix(centered.Rows, count);
        for (var row = 0; row < centered.Rows; row++)
        {
            svd.Left.Row(row)[..count].CopyTo(directions.Values.AsSpan(row * count, count));
        }

        return (directions, svd.Values[..count]);
    }
}
