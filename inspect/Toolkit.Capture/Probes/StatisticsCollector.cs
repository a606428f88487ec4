using Toolkit.Capture.Planning;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Probes;

/// <summary>Takes the statistics of every value that a run shows. One run at a time.</summary>
/// <param name="featureAxis">The axis of a value that numbers its features, for the rank it has; null for the whole
/// tensor only.</param>
/// <param name="covariance">Whether the covariance of a value's features is wanted; null for none.</param>
public sealed class StatisticsCollector(
    Func<PlannedValue, int, int?> featureAxis, Func<PlannedValue, bool>? covariance = null)
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
        var axis = featureAxis(value, tensor.Shape.Rank);
        if (covariance?.Invoke(value) != true
            || axis is not { } feature || feature >= tensor.Shape.Rank || tensor.Shape.Count == 0)
        {
            return _measure.Of(tensor, axis);
        }

        CovarianceKernel.Check(value.Key, tensor.Shape[feature]);
        return _measure.Of(tensor, axis, new CovarianceKernel((int)tensor.Shape[feature]));
    }
}
