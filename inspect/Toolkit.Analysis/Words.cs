using System.Globalization;

namespace Toolkit.Analysis;

/// <summary>Numbers and lists as a line for a person has them.</summary>
internal static class Words
{
    /// <summary>
    /// A share in percent with three digits at most: "93 %", "0.12 %", "&lt; 0.01 %", "&gt; 99.9 %"; "100 %" is all of
    /// it to ten digits.
    /// </summary>
    public static string Percent(double share) => Math.Abs(share) < 1e-10 ? "0 %" : Math.Abs(share) < 1e-4 ? "< 0.01 %"
        : share is > 0.9995 and < 1 - 1e-10
        ? "> 99.9 %"
        : string.Create(CultureInfo.InvariantCulture, $"{100 * share:G3} %");

    /// <summary>Three digits: "2.38E-06".</summary>
    public static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    /// <summary>"a, b"; "none" where there is nothing.</summary>
    public static string List(IEnumerable<string> items) =>
        string.Join(", ", items) is { Length: > 0 } text ? text : "none";
}
