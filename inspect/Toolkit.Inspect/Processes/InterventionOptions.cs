using System.Globalization;
using Toolkit.Capture.Interventions;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Processes;

/// <summary>Reads the options that change values.</summary>
internal static class InterventionOptions
{
    /// <summary>Reads <c>--set</c>, <c>--zero</c>, <c>--mean</c> and <c>--rank</c>.</summary>
    /// <returns>The interventions, in that order.</returns>
    /// <exception cref="UsageException">One is not written as it should be.</exception>
    public static IReadOnlyList<Intervention> Parse(string[]? set, string[]? zero, string[]? mean, string[]? rank) =>
    [
        .. (set ?? []).Select(ParseSet),
        .. (zero ?? []).Select(ParseZero),
        .. (mean ?? []).Select(value => new MeanValue(value)),
        .. (rank ?? []).Select(ParseRank),
    ];

    private static SetValue ParseSet(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1
            ? new SetValue(text[..at], text[(at + 1)..])
            : throw new UsageException($"--set {text}: VALUE=FILE was expected.");
    }

    private static ZeroValue ParseZero(string text)
    {
        // Names may hold colons: only digits, commas and dashes behind the last one are channels.
        var at = text.LastIndexOf(':');
        var tail = at < 0 ? string.Empty : text[(at + 1)..];
        if (tail.Length == 0 || !tail.All(c => char.IsAsciiDigit(c) || c is ',' or '-'))
        {
            return new ZeroValue(text, []);
        }

        var channels = new List<int>();
        foreach (var part in tail.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var from)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var to) || to < from)
            {
                throw new UsageException($"--zero {text}: channels were expected as 0,3,8-15.");
            }

            channels.AddRange(Enumerable.Range(from, to - from + 1));
        }

        return new ZeroValue(text[..at], channels);
    }

    private static RankValue ParseRank(string text)
    {
        var at = text.LastIndexOf('=');
        var tail = at > 0 ? text[(at + 1)..] : string.Empty;
        var run = tail.IndexOf('@', StringComparison.Ordinal);
        return int.TryParse(run < 0 ? tail : tail[..run], NumberStyles.None, CultureInfo.InvariantCulture, out var rank)
            && rank > 0
            ? new RankValue(text[..at], rank, run < 0 ? null : tail[(run + 1)..])
            : throw new UsageException($"--rank {text}: VALUE=k or VALUE=k@RUN was expected.");
    }
}
