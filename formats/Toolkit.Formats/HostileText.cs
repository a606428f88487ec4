using System.Globalization;
using System.Text;

namespace Toolkit.Formats;

/// <summary>
/// Text from outside, made fit for a message or a table: names may hold newlines, quotes, escapes and 10,000
/// characters.
/// </summary>
public static class HostileText
{
    /// <summary>How many characters of a name a message shows.</summary>
    public const int MaximumLength = 200;

    /// <summary>The text in single quotes, on one line, cut where it is long.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The quoted text.</returns>
    public static string Quote(string text) => $"'{OneLine(text)}'";

    /// <summary>The first of many names, in quotes, and how many are left out.</summary>
    /// <param name="names">The names.</param>
    /// <param name="most">How many to show.</param>
    /// <returns>Such as <c>'a', 'b' and 3 more</c>; <c>nothing</c> where there are none.</returns>
    public static string List(IReadOnlyCollection<string> names, int most)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Count == 0
            ? "nothing"
            : string.Join(", ", names.Take(most).Select(Quote))
                + (names.Count > most ? $" and {names.Count - most} more" : string.Empty);
    }

    /// <summary>The text on one line, without control characters, cut where it is long.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maximumLength">How many characters to show, at least 1.</param>
    /// <returns>The text; control, format and private characters are written as <c>\u001b</c>.</returns>
    public static string OneLine(string text, int maximumLength = MaximumLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        var result = new StringBuilder(Math.Min(text.Length, maximumLength) + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (result.Length >= maximumLength)
            {
                return result.Append(CultureInfo.InvariantCulture, $"… ({text.Length} characters)").ToString();
            }

            var character = text[i];
            var category = char.GetUnicodeCategory(character);
            var pair = char.IsHighSurrogate(character) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (pair)
            {
                result.Append(character).Append(text[++i]);
            }
            else if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                result.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }
            else
            {
                result.Append(character);
            }
        }

        return result.ToString();
    }
}
