using System.Globalization;
using System.Numerics;
using System.Text;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>Numbers and texts as protocol 0 writes them: in letters, with Python's escapes.</summary>
internal static class PickleText
{
    /// <summary>Digits or bytes of one number at most.</summary>
    public const int MaxNumberLength = 1_024;

    /// <summary>A long where it fits, else a BigInteger; null where the text is no number.</summary>
    public static object? Integer(string text) =>
        text.Length <= MaxNumberLength && BigInteger.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? Narrow(value) : null;

    /// <summary>The number; null where the text is none.</summary>
    public static double? Real(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    // The cast to object keeps the long: without it both branches would become BigInteger.
    public static object Narrow(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    /// <summary>The text that \x, \u, \U, \n, \t, \r and a backslash before any other character stand for.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var digits = i + 1 >= text.Length
                || text[i] != '\\' ? -1 : text[i + 1] switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0 && i + 2 + digits <= text.Length
                && uint.TryParse(
                    text.AsSpan(i + 2, digits),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var code)
                && code <= 0x10ffff && code is < 0xd800 or > 0xdfff)
            {
                plain.Append(char.ConvertFromUtf32((int)code));
                i += 1 + digits;
            }
            else if (digits == 0)
            {
                plain.Append(text[i + 1] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
                i++;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
