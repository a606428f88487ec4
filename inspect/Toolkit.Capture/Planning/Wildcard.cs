namespace Toolkit.Capture.Planning;

/// <summary>
/// Patterns with <c>*</c> (any text) and <c>?</c> (one character); every other character stands for itself.
/// </summary>
public static class Wildcard
{
    /// <summary>Whether a text fits a pattern as a whole; O(pattern × text) at worst.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="text">The text; case matters.</param>
    /// <returns>True where it fits.</returns>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (p, t, star, retry) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, retry) = (p++, t);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++retry);
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }
}
