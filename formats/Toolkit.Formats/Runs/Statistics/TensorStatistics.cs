namespace Toolkit.Formats.Runs.Statistics;

/// <summary>Statistics of one tensor over some batches.</summary>
/// <param name="Whole">Of all its values.</param>
/// <param name="Histogram">Of all its values, or of every <paramref name="HistogramStep"/>-th; null where none was
/// made.</param>
/// <param name="HistogramStep">1 where the histogram saw every value.</param>
/// <param name="Channels">Per feature channel; null where lists differ in length, or there are too many.</param>
public sealed record TensorStatistics(
    ValueStatistics Whole, LogHistogram? Histogram, int HistogramStep, IReadOnlyList<ValueStatistics>? Channels)
    : IMergeable<TensorStatistics>
{
    /// <summary>What the covariance of its channels follows from; null where it was not asked for.</summary>
    public CovarianceSums? Covariance { get; init; }

    /// <summary>The statistics of a tensor without elements: a count of 0, and no channels.</summary>
    /// <returns>A new instance: its histogram can be added to.</returns>
    public static TensorStatistics OfNothing() => new(ValueStatistics.Empty, new LogHistogram(), 1, null);

    /// <inheritdoc/>
    public static TensorStatistics Merge(TensorStatistics left, TensorStatistics right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        // A batch without values says nothing of channels: those of the other stay.
        var only = left.Whole.Count == 0 ? right : right.Whole.Count == 0 ? left : null;
        return new TensorStatistics(
            ValueStatistics.Merge(left.Whole, right.Whole),
            left.Histogram is null || right.Histogram is null
                ? null
                : LogHistogram.Merge(left.Histogram, right.Histogram),
            Math.Max(left.HistogramStep, right.HistogramStep),
            only is not null ? only.Channels
                : left.Channels is null || right.Channels is null || left.Channels.Count != right.Channels.Count
                    ? null
                    : [.. left.Channels.Zip(right.Channels, ValueStatistics.Merge)])
        {
            Covariance = only is not null ? only.Covariance
                : left.Covariance is null
                    || right.Covariance is null
                    || left.Covariance.Mean.Length != right.Covariance.Mean.Length
                    ? null
                    : CovarianceSums.Merge(left.Covariance, right.Covariance),
        };
    }
}
