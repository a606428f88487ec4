using System.Globalization;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Commands;

/// <summary>Options that are written <c>name=value</c> and may be repeated.</summary>
internal static class NamedValues
{
    /// <summary>Splits at the last <c>=</c>, for names may hold one.</summary>
    /// <exception cref="UsageException">A text has no name or no value.</exception>
    public static List<(string Left, string Right)> Pairs(string[]? texts, string option, string form)
    {
        var pairs = new List<(string, string)>();
        foreach (var text in texts ?? [])
        {
            var at = text.LastIndexOf('=');
            pairs.Add(at > 0 && at < text.Length - 1
                ? (text[..at], text[(at + 1)..])
                : throw new UsageException($"{option} {text}: {form} was expected."));
        }

        return pairs;
    }

    /// <summary>The values by name.</summary>
    /// <exception cref="UsageException">A text has no name or no value, or a name is given twice.</exception>
    public static Dictionary<string, T> ByName<T>(string[]? texts, string option, string form, Func<string, T> parse)
    {
        var values = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var (name, text) in Pairs(texts, option, form))
        {
            if (!values.TryAdd(name, parse(text)))
            {
                throw new UsageException($"{option} {name}: it is given twice.");
            }
        }

        return values;
    }

    /// <summary>The extents of <c>--dim</c>.</summary>
    /// <exception cref="UsageException">One is no extent, or is given twice.</exception>
    public static Dictionary<string, long> Dimensions(string[]? texts) =>
        ByName(texts, "--dim", "name=extent, such as --dim batch=8,", static text =>
            Whole(text, "--dim") is >= 0 and var extent
                ? extent
                : throw new UsageException($"--dim: '{text}' is negative."));

    /// <summary>A whole number.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long Whole(string text, string option) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"{option}: '{text}' is not a whole number.");
}
