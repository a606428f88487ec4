using System.Globalization;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Our numbers with the published definitions (<c>--legacy</c>) against a published <c>summary_metrics.json</c>, key by
/// key.
/// </summary>
/// <remarks>
/// Tolerances: published shares and similarities are float32 sums in another order, losses float64 of float32 logits.
/// </remarks>
public static class PublishedSummary
{
    /// <summary>The name of the comparison's table and summary.</summary>
    public const string Name = "published";

    /// <summary>Relative tolerance of everything.</summary>
    public const double Relative = 1e-4;

    /// <summary>Absolute tolerance of shares and similarities.</summary>
    public const double ShareAbsolute = 1e-8;

    /// <summary>Absolute tolerance of losses.</summary>
    public const double LossAbsolute = 1e-14;

    /// <summary>Restricted losses below this are rounding, and so is a ratio by them.</summary>
    public const double LeastDenominator = 1e-14;

    private const string Ratio = "test_loss_restricted_loss_ratio";
    private const string Restricted = "total_hidden_restricted_loss";

    /// <summary>
    /// Why no computation can give the published values of some keys of a group, in words; null where every key is
    /// comparable.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <returns>Which keys, and why.</returns>
    public static string? Caveat(GroupDefinition group) => group is GroupDefinition.Cyclic
        ? $"every key with 'hidden' in it, and {Ratio}: of cyclic groups the published basis of the hidden layer has "
            + "two columns of rounding noise"
        : null;

    /// <summary>Compares every key of both.</summary>
    /// <param name="group">The group.</param>
    /// <param name="published">Key and value as published.</param>
    /// <param name="found">Our own.</param>
    /// <returns>The table "published": key, published, found, verdict ("agrees", "differs", "missing", "not
    /// comparable"), reason.</returns>
    public static AnalysisOutput Compare(
        GroupDefinition group, IReadOnlyDictionary<string, double> published, IReadOnlyDictionary<string, double> found)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(published);
        ArgumentNullException.ThrowIfNull(found);
        Row[] rows =
        [
            .. published.Select(pair => Judge(group, pair.Key, published, found)),
            .. found.Keys
                .Where(key => !published.ContainsKey(key))
                .Select(key => new Row(key, null, found[key], Verdict.Missing, "the published file lacks it")),
        ];
        var table = new Table(
            TableColumn.Create("key", [.. rows.Select(row => row.Key)]),
            TableColumn.Create("published", rows.Select(row => row.Published).ToArray()),
            TableColumn.Create("found", rows.Select(row => row.Found).ToArray()),
            TableColumn.Create("verdict", [.. rows.Select(row => row.Verdict)]),
            TableColumn.Create("reason", [.. rows.Select(row => row.Reason)]));
        int Count(string verdict) => rows.Count(row => row.Verdict == verdict);
        IReadOnlyList<string> Keys(string verdict) =>
            [.. rows.Where(row => row.Verdict == verdict).Select(row => row.Key)];
        var reasons = string.Join("; ", rows
            .Where(row => row.Verdict == Verdict.NotComparable)
            .Select(row => row.Reason)
            .Distinct(StringComparer.Ordinal));
        return new(Name, table, new
        {
            Method = "every key of summary_metrics.json (Chughtai et al., ICML 2023) against the published definitions",
            Keys = rows.Length,
            Agree = Count(Verdict.Agrees),
            DifferCount = Count(Verdict.Differs),
            Differ = Keys(Verdict.Differs),
            MissingCount = Count(Verdict.Missing),
            Missing = Keys(Verdict.Missing),
            NotComparableCount = Count(Verdict.NotComparable),
            NotComparable = Keys(Verdict.NotComparable),
        })
        {
            Headline =
                $"Published: of {rows.Length} keys {Count(Verdict.Agrees)} agree, "
                    + $"{Count(Verdict.Differs)} differ, "
                    + $"{Count(Verdict.Missing)} are in one alone, "
                    + $"{Count(Verdict.NotComparable)} are not "
                    + $"comparable{(reasons.Length > 0 ? $" ({reasons})" : string.Empty)}",
        };
    }

    /// <summary>
    /// Every key that does not agree, in words: one line for each that differs or is in one file alone, one line with
    /// all keys for each reason that forbids a comparison.
    /// </summary>
    /// <param name="compared">What <see cref="Compare"/> gave.</param>
    /// <returns>The lines.</returns>
    public static IEnumerable<string> Exceptions(AnalysisOutput compared)
    {
        ArgumentNullException.ThrowIfNull(compared);
        string[] Column(string name) =>
            [.. compared.Table.Values<string?>(name).ToArray().Select(text => text ?? string.Empty)];
        var rows = Column("key").Zip(Column("verdict"), Column("reason")).ToArray();
        return
        [
            .. rows.Where(row => row.Second is Verdict.Differs or Verdict.Missing).Select(
                row => $"{row.First} {row.Second}: {row.Third}"),
            .. rows.Where(row => row.Second == Verdict.NotComparable).GroupBy(row => row.Third, StringComparer.Ordinal)
                .Select(group => $"not comparable, {group.Key}: {string.Join(", ", group.Select(row => row.First))}"),
        ];
    }

    /// <summary>Whether a key that can be compared differs.</summary>
    /// <param name="compared">What <see cref="Compare"/> gave.</param>
    public static bool Differs(AnalysisOutput compared)
    {
        ArgumentNullException.ThrowIfNull(compared);
        return compared.Table.Values<string?>("verdict").Contains(Verdict.Differs);
    }

    private static Row Judge(
        GroupDefinition group,
        string key,
        IReadOnlyDictionary<string, double> published,
        IReadOnlyDictionary<string, double> found)
    {
        var expected = published[key];
        if (!found.TryGetValue(key, out var value))
        {
            return new(key, expected, null, Verdict.Missing, "not computed");
        }

        var absolute = key.Contains("loss", StringComparison.Ordinal) ? LossAbsolute : ShareAbsolute;
        var difference = Math.Abs(value - expected);
        return Reason(group, key, published) is { } reason ? new(key, expected, value, Verdict.NotComparable, reason)
            : value.Equals(expected)
                || (double.IsFinite(expected) && difference <= Math.Max(Relative * Math.Abs(expected), absolute))
            ? new(key, expected, value, Verdict.Agrees, null)
                : new(key, expected, value, Verdict.Differs, string.Create(
                    CultureInfo.InvariantCulture, $"by {difference:g3}"));
    }

    private static string? Reason(GroupDefinition group, string key, IReadOnlyDictionary<string, double> published) =>
        group is GroupDefinition.Cyclic && (key.Contains("hidden", StringComparison.Ordinal) || key == Ratio)
            ? "the published basis of cyclic groups holds rounding noise"
            : key == Ratio && published.TryGetValue(Restricted, out var restricted) && restricted < LeastDenominator
                ? $"the denominator is under {LeastDenominator:g1}, which is rounding"
                : null;

    private sealed record Row(string Key, double? Published, double? Found, string Verdict, string? Reason);

    private static class Verdict
    {
        public const string Agrees = "agrees";
        public const string Differs = "differs";
        public const string Missing = "missing";
        public const string NotComparable = "not comparable";
    }
}
