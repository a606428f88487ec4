using System.Globalization;
using System.Text;

namespace Toolkit.Charts;

/// <summary>Text from a run made fit to be drawn: names are hostile until proven otherwise.</summary>
public static class SafeText
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// The text on one line, without what XML forbids or what would let one name hide or reorder another: control
    /// characters, unpaired surrogates, direction marks and overrides each become U+FFFD.
    /// </summary>
    public static string Clean(string text)
    {
        StringBuilder? clean = null;
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (pair)
            {
                clean?.Append(text, i, 2);
                i++;
            }
            else if (IsHarmful(text[i]))
            {
                clean ??= new StringBuilder(text, 0, i, text.Length);
                clean.Append(text[i] is '\n' or '\t' ? ' ' : Replacement);
            }
            else
            {
                clean?.Append(text[i]);
            }
        }

        return clean?.ToString() ?? text;
    }

    /// <summary>
    /// The text cleaned and cut to a length, the cut marked with an ellipsis in the middle: beginnings and ends
    /// distinguish names.
    /// </summary>
    public static string Shorten(string text, int longest)
    {
        text = Clean(text.Length > 4 * longest ? text[..(2 * longest)] + text[^(2 * longest)..] : text);
        if (text.Length <= longest)
        {
            return text;
        }

        var tail = (longest - 1) / 3;
        return Clean(string.Concat(text.AsSpan(0, longest - 1 - tail), "…", text.AsSpan(text.Length - tail)));
    }

    private static bool IsHarmful(char c) =>
        char.IsControl(c)
            || char.IsSurrogate(c) || c is '\uFFFE' or '\uFFFF' || char.GetUnicodeCategory(c) == UnicodeCategory.Format
            || c is '\u2028' or '\u2029';
}
