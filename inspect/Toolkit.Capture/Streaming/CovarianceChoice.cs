using Toolkit.Capture.Planning;
using Toolkit.Capture.Statistics;
using Toolkit.Formats;
using Toolkit.Formats.Runs;

namespace Toolkit.Capture.Streaming;

/// <summary>Decides whose channels' covariance is kept.</summary>
internal static class CovarianceChoice
{
    /// <summary>
    /// Numbers of all covariances together: 128 MiB, and as much again for every level of the tree that merges them.
    /// </summary>
    private const long MaximumNumbers = 1 << 24;

    /// <summary>The choice where values are captured.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="exposure">The plan.</param>
    /// <param name="entries">The tensors.</param>
    /// <returns>Numbers of tensors; null where none was asked for.</returns>
    /// <exception cref="BadInputException">A pattern fits nothing that has a covariance, or a value is too
    /// wide.</exception>
    public static IReadOnlyList<int>? Of(
        CaptureOptions options, ExposurePlan exposure, IReadOnlyList<TensorEntry> entries) =>
        Choose(
            options,
            exposure,
            entries.Where(e => e is { StoredType: not (null or "string"), Channels: > 0 }).Select(
                e => (e, (long?)e.Channels)));

    /// <summary>The choice where values are only measured: extents may not be known before the model runs.</summary>
    public static IReadOnlyList<int>? OfProbed(
        CaptureOptions options, ExposurePlan exposure, IReadOnlyList<TensorEntry> entries, FeatureAxes features)
    {
        var values = exposure.Values.ToDictionary(v => v.Key, StringComparer.Ordinal);
        return Choose(options, exposure, entries
            .Where(e => e.Reason == TensorEntry.MeasuredOnly && !options.AsksForRagged(values[e.Name]))
            .Select(e => (e, Channels(values[e.Name], features))));
    }

    private static long? Channels(PlannedValue value, FeatureAxes features) =>
        value.Shape is { } shape && features.Of(value, shape.Count, 0) is { } axis && axis < shape.Count
            ? shape[axis].Extent
            : null;

    private static IReadOnlyList<int>? Choose(
        CaptureOptions options, ExposurePlan exposure, IEnumerable<(TensorEntry Entry, long? Channels)> candidates)
    {
        if (options.Covariance.Count == 0)
        {
            return null;
        }

        var keys = ValueSelection.Parse(options.Covariance).Apply(exposure).Select(v => v.Key).ToHashSet(
            StringComparer.Ordinal);
        var chosen = candidates.Where(c => keys.Contains(c.Entry.Name)).ToList();
        foreach (var (entry, channels) in chosen)
        {
            CovarianceKernel.Check(entry.Name, channels ?? 1);
        }

        var numbers = chosen.Sum(c => c.Channels * c.Channels ?? 0);
        return chosen.Count == 0
            ? throw new BadInputException(
                $"{options.ModelPath}: --covariance {string.Join(' ', options.Covariance)}: none of these values is "
                    + "captured as numbers with features. See --dry-run.")
            : numbers > MaximumNumbers
                ? throw new BadInputException(
                    $"{options.ModelPath}: the covariances of {chosen.Count} values take {numbers} numbers; at most "
                        + $"{MaximumNumbers} are possible. Choose fewer with --covariance.")
                : [.. chosen.Select(c => c.Entry.Id)];
    }
}
