namespace Toolkit.Models;

/// <summary>Finds the name a person probably meant, by edit distance.</summary>
internal static class ClosestName
{
    /// <summary>The candidate with the fewest insertions, deletions and replacements from a name; the first of several.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="candidates">What could have been meant.</param>
    /// <returns>The nearest, or null where there are no candidates.</returns>
    public static string? Find(string name, IEnumerable<string> candidates) => candidates.MinBy(candidate => Distance(name, candidate));

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
