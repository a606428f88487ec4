using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Capture.Statistics;

/// <summary>Statistics of doubles, integers and truth values, value by value.</summary>
internal static class ExactStatistics
{
    private const int MaximumChannels = 1 << 16;

    /// <summary>Computes statistics.</summary>
    /// <param name="values">[rows, channels], row-major.</param>
    /// <param name="channels">Columns, at least 1.</param>
    /// <param name="byChannel">False where only the whole is wanted.</param>
    public static TensorStatistics Of(ReadOnlySpan<double> values, int channels, bool byChannel)
    {
        var histogram = new LogHistogram();
        foreach (var value in values)
        {
            histogram.Add(value);
        }

        if (!byChannel || channels is 0 or > MaximumChannels)
        {
            return new TensorStatistics(ScalarStatistics.Of(values, 0, 1), histogram, 1, null);
        }

        var columns = new ValueStatistics[channels];
        for (var c = 0; c < channels; c++)
        {
            columns[c] = ScalarStatistics.Of(values, c, channels);
        }

        return new TensorStatistics(
            columns.Aggregate(ValueStatistics.Empty, ValueStatistics.Merge), histogram, 1, columns);
    }
}
