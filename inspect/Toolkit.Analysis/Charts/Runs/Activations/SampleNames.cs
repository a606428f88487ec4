using System.Globalization;

namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>What charts call samples.</summary>
internal static class SampleNames
{
    /// <summary>Pairs of elements for a run over all pairs ("(0 1) · (1 2)"), else the samples' numbers.</summary>
    public static Task<IReadOnlyList<string>> ReadAsync(
        IRunData run, long first, int count, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<string>>(
            [.. Enumerable.Range(0, count).Select(i => NameOf(run, first + i))]);
    }

    /// <summary>The name of one sample.</summary>
    public static string NameOf(IRunData run, long sample) => run.Group is { } group && ActivationOptions.HasPairs(run)
        ? $"{group.Elements[(int)(sample / group.Order)]} · {group.Elements[(int)(sample % group.Order)]}"
        : sample.ToString(CultureInfo.InvariantCulture);
}
