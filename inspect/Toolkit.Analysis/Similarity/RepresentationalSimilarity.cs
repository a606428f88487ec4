using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Similarity;

/// <summary>
/// Representational similarity analysis: whether the same samples are near and far in both sets of features.
/// </summary>
/// <remarks>
/// Spearman's rank correlation of the Euclidean distances between all pairs of samples (N. Kriegeskorte, M. Mur, P.
/// Bandettini 2008). Equal distances share their mean rank. O(samples² · features + samples² · log samples), so samples
/// beyond <see cref="MaximumSamples"/> are left out.
/// </remarks>
public static class RepresentationalSimilarity
{
    /// <summary>The first so many samples are compared: half a million distances.</summary>
    public const int MaximumSamples = 1000;

    /// <summary>
    /// Squared distances nearer than this share of each other are equal: what rounding leaves of a tie.
    /// </summary>
    private const double TieTolerance = 1e-9;

    /// <summary>The rank correlation of distances.</summary>
    /// <param name="x">[samples, features of x].</param>
    /// <param name="y">[samples, features of y], the same samples.</param>
    /// <returns>−1 to 1; NaN where all distances of one side are equal.</returns>
    public static double Of(HostMatrix x, HostMatrix y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return Pearson(Ranks(SquaredDistances(x)), Ranks(SquaredDistances(y)));
    }

    private static double[] SquaredDistances(HostMatrix features)
    {
        var samples = Math.Min(features.Rows, MaximumSamples);
        var centered = CenteredFeatures.Of(features).RowRange(0, samples);
        var products = MatrixProduct.Of(centered, centered.Transpose());
        var distances = new double[samples * (samples - 1) / 2];
        var at = 0;
        for (var i = 0; i < samples; i++)
        {
            for (var j = i + 1; j < samples; j++)
            {
                // Squares are in the same order as distances. What cancellation leaves of two equal rows is no
                // distance.
                var square = products[i, i] + products[j, j] - (2 * products[i, j]);
                distances[at++] = square <= 1e-12 * (products[i, i] + products[j, j]) ? 0 : square;
            }
        }

        return distances;
    }

    private static double[] Ranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).ToArray();
        double[] sorted = [.. values];
        Array.Sort(sorted, order);
        var ranks = new double[values.Length];
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && sorted[end] - sorted[end - 1] <= TieTolerance * sorted[end])
            {
                end++;
            }

            for (var index = start; index < end; index++)
            {
                ranks[order[index]] = (start + end - 1) / 2.0;
            }

            start = end;
        }

        return ranks;
    }

    private static double Pearson(double[] x, double[] y)
    {
        var meanX = BlockedSum.Sum(x) / x.Length;
        var meanY = BlockedSum.Sum(y) / y.Length;
        double[] dx = [.. x.Select(value => value - meanX)];
        double[] dy = [.. y.Select(value => value - meanY)];
        return BlockedSum.Dot(dx, dy) / Math.Sqrt(BlockedSum.SumOfSquares(dx) * BlockedSum.SumOfSquares(dy));
    }
}
