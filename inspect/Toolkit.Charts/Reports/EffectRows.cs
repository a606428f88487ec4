using System.Globalization;
using Toolkit.Charts.Ticks;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Charts.Reports;

/// <summary>The effects of interventions as a table of texts, the same in a report and in the viewer.</summary>
public static class EffectRows
{
    /// <summary>What the columns mean.</summary>
    public const string Caption =
        "Each sample ran through the untouched model too. Relative change: the norm of the change by the norm of the "
            + "untouched output. Argmax changed: the share of rows whose largest element is another one. NaN, ±∞: "
            + "elements that are so with or without the change, and not the same in both; they are in no other number.";

    /// <summary>What stands in the table's place where it has no row.</summary>
    public const string None = "No effect was measured: no output is a tensor of floats, or the capture is too old.";

    /// <summary>The columns' titles; all but the first are of numbers.</summary>
    public static IReadOnlyList<string> Head { get; } =
    [
        "output", "relative change", "RMS change", "largest change", "argmax changed", "NaN, ±∞", "samples",
    ];

    /// <summary>One row.</summary>
    /// <param name="effect">The effect on one output.</param>
    /// <param name="samples">The samples of the run.</param>
    /// <returns>A text per column; empty where no sample could be compared.</returns>
    public static IReadOnlyList<string> Of(OutputEffect effect, long samples)
    {
        ArgumentNullException.ThrowIfNull(effect);
        var isCompared = effect.Samples > 0;
        return
        [
            effect.Output,
            isCompared ? NumberText.Short(effect.Relative) : string.Empty,
            isCompared ? NumberText.Short(effect.RootMeanSquare) : string.Empty,
            isCompared ? NumberText.Short(effect.Largest) : string.Empty,
            effect.ArgmaxChanged is { } share ? $"{NumberText.Short(share * 100)} %" : string.Empty,
            Count(effect.NotFinite),
            effect.Samples == samples ? Count(samples) : $"{Count(effect.Samples)} of {Count(samples)}",
        ];
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
