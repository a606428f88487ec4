using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Probes;

/// <summary>What a run showed of one value.</summary>
/// <param name="Statistics">The statistics, of all iterations where the value is inside a loop.</param>
/// <param name="Shape">Its shape; of the last iteration.</param>
/// <param name="Times">How often it was computed: 1, or the iterations of its loop.</param>
public sealed record CollectedStatistics(TensorStatistics Statistics, TensorShape Shape, long Times)
{
    internal CollectedStatistics With(CollectedStatistics later) =>
        new(TensorStatistics.Merge(Statistics, later.Statistics), later.Shape, Times + later.Times);
}
