namespace Toolkit.Analysis.WeightSpectra;

/// <summary>
/// Where the singular values of a matrix of independent entries of one variance would lie, and which of a given matrix
/// lie above.
/// </summary>
/// <param name="LowerEdge">σ (√rows − √columns) in absolute value: the smallest singular value to expect.</param>
/// <param name="UpperEdge">σ (√rows + √columns): the largest one to expect.</param>
/// <param name="SpikeThreshold">The upper edge with the room that a matrix of this size needs in 99 of 100
/// cases.</param>
/// <param name="Spikes">Singular values above the threshold: structure that a random matrix does not have.</param>
/// <remarks>
/// V. A. Marchenko, L. A. Pastur (1967). The room: the largest eigenvalue of WᵀW fluctuates by
/// <c>σ² (√n + √p) (1/√n + 1/√p)^(1/3)</c> around σ² (√n + √p)² with the Tracy–Widom law of order 1 (I. M. Johnstone,
/// Annals of Statistics 29 (2001)), whose 99 % point is 2.0234.
/// </remarks>
public sealed record MarchenkoPastur(double LowerEdge, double UpperEdge, double SpikeThreshold, int Spikes)
{
    private const double TracyWidom99 = 2.0234;

    /// <summary>Compares singular values with the law.</summary>
    /// <param name="values">Singular values, descending.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="variance">Variance of its entries.</param>
    /// <returns>Edges and spikes.</returns>
    public static MarchenkoPastur Of(ReadOnlySpan<double> values, int rows, int columns, double variance)
    {
        var sigma = Math.Sqrt(variance);
        var n = Math.Sqrt(rows);
        var p = Math.Sqrt(columns);
        var width = (n + p) * Math.Cbrt((1 / n) + (1 / p));
        var threshold = sigma * Math.Sqrt(((n + p) * (n + p)) + (TracyWidom99 * width));

        // A matrix of one constant has variance 0 and a threshold of 0: rounding must not count as structure.
        var noise = SpectrumStatistics.Noise(values, rows, columns);
        var spikes = 0;
        foreach (var value in values)
        {
            spikes += value > threshold && value > noise ? 1 : 0;
        }

        return new MarchenkoPastur(sigma * Math.Abs(n - p), sigma * (n + p), threshold, spikes);
    }
}
