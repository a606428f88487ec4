using Toolkit.CommandLine;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Inspect.Overlays;

/// <summary>A number that a viewer of graphs colours nodes by.</summary>
internal static class OverlayStatistic
{
    private static readonly Dictionary<string, Func<ValueStatistics, double>> Known = new(StringComparer.Ordinal)
    {
        ["absmax"] = static s => s.AbsoluteMaximum,
        ["mean"] = static s => s.Mean,
        ["std"] = static s => s.StandardDeviation,
        ["l2"] = static s => s.L2,
        ["min"] = static s => s.Minimum,
        ["max"] = static s => s.Maximum,
        ["zeros"] = static s => Share(s.Zeros, s.Count),
        ["nonfinite"] = static s => Share(s.Count - s.Finite, s.Count),
    };

    /// <summary>What there is, for help and messages.</summary>
    public static string Names => string.Join(", ", Known.Keys);

    /// <summary>The statistic of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>; <c>zeros</c> and <c>nonfinite</c> are shares from 0 to 1.</param>
    /// <exception cref="UsageException">There is none.</exception>
    public static Func<ValueStatistics, double> Of(string name) => Known.TryGetValue(name, out var statistic)
        ? statistic
        : throw new UsageException($"--statistic {name}: one of {Names} was expected.");

    /// <summary>A part of a whole, from 0 to 1; 0 of nothing.</summary>
    internal static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
