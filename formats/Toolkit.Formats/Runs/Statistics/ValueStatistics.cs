namespace Toolkit.Formats.Runs.Statistics;

/// <summary>
/// Statistics of some values. Minimum, maximum, mean and M2 are those of the finite values; infinities and NaN are
/// counted.
/// </summary>
/// <param name="Count">All values.</param>
/// <param name="NaN">Values that are not a number.</param>
/// <param name="PositiveInfinities">Values that are +∞.</param>
/// <param name="NegativeInfinities">Values that are −∞.</param>
/// <param name="Zeros">Values that are 0 or −0.</param>
/// <param name="Minimum">The smallest finite value; +∞ where there is none.</param>
/// <param name="Maximum">The largest finite value; −∞ where there is none.</param>
/// <param name="Mean">The mean of the finite values; 0 where there is none.</param>
/// <param name="M2">The sum of squared deviations of the finite values from their mean.</param>
public readonly record struct ValueStatistics(
    long Count,
    long NaN,
    long PositiveInfinities,
    long NegativeInfinities,
    long Zeros,
    double Minimum,
    double Maximum,
    double Mean,
    double M2)
{
    /// <summary>The statistics of no values.</summary>
    public static ValueStatistics Empty { get; } = new(
        0, 0, 0, 0, 0, double.PositiveInfinity, double.NegativeInfinity, 0, 0);

    /// <summary>Finite values.</summary>
    public long Finite => Count - NaN - PositiveInfinities - NegativeInfinities;

    /// <summary>The population variance of the finite values, M2 / finite; NaN where there is none.</summary>
    public double Variance => Finite == 0 ? double.NaN : M2 / Finite;

    /// <summary>The square root of <see cref="Variance"/>.</summary>
    public double StandardDeviation => Math.Sqrt(Variance);

    /// <summary>The largest magnitude of a finite value; 0 where there is none.</summary>
    public double AbsoluteMaximum => Finite == 0 ? 0 : Math.Max(Math.Abs(Minimum), Math.Abs(Maximum));

    /// <summary>The Euclidean norm of the finite values, √(M2 + n·mean²).</summary>
    public double L2 => Math.Sqrt(M2 + (Finite * Mean * Mean));

    /// <summary>The statistics of two sets of values together.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">The other.</param>
    /// <returns>The union's; equal to one pass over all values up to rounding.</returns>
    /// <remarks>
    /// Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
    /// (1979).
    /// </remarks>
    public static ValueStatistics Merge(ValueStatistics left, ValueStatistics right)
    {
        double n = left.Finite;
        double m = right.Finite;
        var delta = right.Mean - left.Mean;
        var (mean, m2) = (n, m) switch
        {
            (0, _) => (right.Mean, right.M2),
            (_, 0) => (left.Mean, left.M2),
            _ => (left.Mean + (delta * (m / (n + m))), left.M2 + right.M2 + (delta * delta * (n * m / (n + m)))),
        };
        return new ValueStatistics(
            left.Count + right.Count,
            left.NaN + right.NaN,
            left.PositiveInfinities + right.PositiveInfinities,
            left.NegativeInfinities + right.NegativeInfinities,
            left.Zeros + right.Zeros,
            Math.Min(left.Minimum, right.Minimum),
            Math.Max(left.Maximum, right.Maximum),
            mean,
            m2);
    }
}
