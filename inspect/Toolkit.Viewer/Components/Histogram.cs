using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Viewer.Components;

/// <summary>Histograms of equal bins made of the logarithmic ones that runs store.</summary>
internal static class Histogram
{
    /// <summary>
    /// Spreads the logarithmic bins over equal ones between the least and greatest value, in proportion to overlap.
    /// </summary>
    /// <returns>Edges, ascending, and counts; empty where nothing was counted.</returns>
    public static (double[] Edges, double[] Counts) Even(
        LogHistogram histogram, double minimum, double maximum, int bins)
    {
        if (!(maximum > minimum) || !double.IsFinite(maximum - minimum))
        {
            return double.IsFinite(minimum)
                && minimum == maximum ? ([minimum - 0.5, minimum + 0.5], [histogram.Counts.ToArray().Sum()]) : ([], []);
        }

        var edges = Enumerable.Range(0, bins + 1).Select(i => minimum + ((maximum - minimum) * i / bins)).ToArray();
        var counts = new double[bins];
        for (var bin = 0; bin < LogHistogram.Bins; bin++)
        {
            var count = histogram.Counts[bin];
            if (count == 0)
            {
                continue;
            }

            var (low, high) = Bounds(bin);
            low = Math.Clamp(low, minimum, maximum);
            high = Math.Clamp(high, minimum, maximum);
            var first = Math.Clamp((int)((low - minimum) / (maximum - minimum) * bins), 0, bins - 1);
            var last = Math.Clamp((int)((high - minimum) / (maximum - minimum) * bins), first, bins - 1);
            for (var i = first; i <= last; i++)
            {
                var share = high > low ? Math.Max(0, Math.Min(high, edges[i + 1]) - Math.Max(low, edges[i]))
                    / (high - low) : i == first ? 1 : 0;
                counts[i] += count * share;
            }
        }

        return (edges, counts);
    }

    private static (double Low, double High) Bounds(int bin)
    {
        const int half = LogHistogram.Bins / 2;
        return bin >= half
            ? (LogHistogram.Edge(bin), bin + 1 < LogHistogram.Bins
            ? Finite(LogHistogram.Edge(bin + 1))
            : float.MaxValue)
            : (bin == 0 ? -float.MaxValue : Finite(LogHistogram.Edge(bin - 1)), LogHistogram.Edge(bin));
    }

    private static double Finite(double edge) => double.IsFinite(edge) ? edge : Math.CopySign(float.MaxValue, edge);
}
