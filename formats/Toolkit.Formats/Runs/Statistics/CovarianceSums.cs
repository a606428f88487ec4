namespace Toolkit.Formats.Runs.Statistics;

/// <summary>What the covariance of the channels of some rows follows from.</summary>
/// <param name="Rows">Rows that count: those whose values are all finite.</param>
/// <param name="Skipped">Rows with NaN or ±∞, which do not count.</param>
/// <param name="Mean">[d], the mean row; zeros where there is none.</param>
/// <param name="M2">[d, d], row-major, symmetric: Σ (x − mean)(x − mean)ᵀ.</param>
public sealed record CovarianceSums(long Rows, long Skipped, double[] Mean, double[] M2)
{
    /// <summary>The sums of two sets of rows together.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">The other, with as many channels.</param>
    /// <returns>The union's; equal to one pass over all rows up to rounding.</returns>
    /// <remarks>
    /// M2 + M2' + δδᵀ·n·m/(n + m). Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm" (1979).
    /// </remarks>
    public static CovarianceSums Merge(CovarianceSums left, CovarianceSums right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.Rows == 0 || right.Rows == 0)
        {
            return (left.Rows == 0 ? right : left) with { Skipped = left.Skipped + right.Skipped };
        }

        var d = left.Mean.Length;
        var (mean, delta, m2) = (new double[d], new double[d], new double[d * d]);
        double rows = left.Rows + right.Rows;
        for (var i = 0; i < d; i++)
        {
            delta[i] = right.Mean[i] - left.Mean[i];
            mean[i] = left.Mean[i] + (delta[i] * (right.Rows / rows));
        }

        var weight = left.Rows * (right.Rows / rows);
        for (var i = 0; i < d; i++)
        {
            var scaled = delta[i] * weight;
            for (var j = 0; j <= i; j++)
            {
                var sum = left.M2[(i * d) + j] + right.M2[(i * d) + j] + (scaled * delta[j]);
                m2[(i * d) + j] = sum;
                m2[(j * d) + i] = sum;
            }
        }

        return new CovarianceSums(left.Rows + right.Rows, left.Skipped + right.Skipped, mean, m2);
    }
}
