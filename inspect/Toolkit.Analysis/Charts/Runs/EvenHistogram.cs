namespace Toolkit.Analysis.Charts.Runs;

/// <summary>Histograms with bins of one width.</summary>
public static class EvenHistogram
{
    /// <summary>Counts values between the least and the greatest finite one; NaN and infinities are left out.</summary>
    /// <param name="values">The values.</param>
    /// <param name="bins">How many bins, at least 1.</param>
    /// <returns>The counts; no bin where no value is finite, one where all are equal.</returns>
    public static HistogramMark Of(ReadOnlySpan<float> values, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var value in values)
        {
            if (float.IsFinite(value))
            {
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }
        }

        if (low > high)
        {
            return new HistogramMark { Edges = [0], Counts = [] };
        }

        if (low == high)
        {
            var reach = low == 0 ? 0.5 : Math.Abs(low) * 0.5;
            (low, high, bins) = (low - reach, high + reach, 1);
        }

        var counts = new double[bins];
        foreach (var value in values)
        {
            if (float.IsFinite(value))
            {
                counts[Math.Clamp((int)((value - low) / (high - low) * bins), 0, bins - 1)]++;
            }
        }

        return new HistogramMark
        {
            Edges = [.. Enumerable.Range(0, bins + 1).Select(i => low + ((high - low) * i / bins))],
            Counts = counts,
        };
    }
}
