using Toolkit.Capture.Planning;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Probes;

/// <summary>Takes the statistics of every value that a run shows. One run at a time.</summary>
/// <param name="channels">Where the channels of a value lie, for the shape it has; null for the whole tensor
/// only.</param>
/// <param name="covariance">Whether the covariance of a value's features is wanted; null for none.</param>
public sealed class StatisticsCollector(
    Func<PlannedValue, TensorShape, ChannelPlanes?> channels, Func<PlannedValue, bool>? covariance = null)
{
    private readonly TensorMeasure _measure = new();
    private Dictionary<PlannedValue, CollectedStatistics> _collected = new(ReferenceEqualityComparer.Instance);

    /// <summary>Measures a value; give it to <see cref="ProbedModel.Open"/>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tensor">What it is now.</param>
    public void Observe(PlannedValue value, ObservedTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(value);
        var found = new CollectedStatistics(Measure(value, tensor), tensor.Shape, 1);
        _collected[value] = _collected.TryGetValue(value, out var before) ? before.With(found) : found;
    }

    /// <summary>
    /// What was measured since the last call. Values of branches that were not taken are absent; iterations of loops
    /// are merged.
    /// </summary>
    /// <returns>Statistics by value.</returns>
    public IReadOnlyDictionary<PlannedValue, CollectedStatistics> Take()
    {
        var taken = _collected;
        _collected = new Dictionary<PlannedValue, CollectedStatistics>(ReferenceEqualityComparer.Instance);
        return taken;
    }

    private TensorStatistics Measure(PlannedValue value, ObservedTensor tensor)
    {
        var planes = channels(value, tensor.Shape);
        if (covariance?.Invoke(value) != true || planes is not { } found || tensor.Shape.Count == 0)
        {
            return _measure.Of(tensor, planes);
        }

        CovarianceKernel.Check(value.Key, found.Channels);
        return _measure.Of(tensor, planes, new CovarianceKernel((int)found.Channels));
    }
}
