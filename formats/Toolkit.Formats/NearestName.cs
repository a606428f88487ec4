namespace Toolkit.Formats;

/// <summary>Finds the name that somebody probably meant.</summary>
public static class NearestName
{
    /// <summary>Longer names are compared by their first characters only.</summary>
    private const int ComparedLength = 64;

    /// <summary>A sentence that names the nearest candidate, for the end of a message.</summary>
    /// <param name="name">The name that was not found.</param>
    /// <param name="candidates">The names that exist; at most the first 10,000 are compared.</param>
    /// <returns><c> Nearest: 'h_1'.</c> with a leading blank, or nothing where no name is near.</returns>
    public static string Hint(string name, IEnumerable<string> candidates)
    {
        var (best, distance) = Nearest(name, candidates);
        return best is null || distance > Math.Max(3, name.Length / 2) ? "" : $" Nearest: {HostileText.Quote(best)}.";
    }

    /// <summary>The nearest candidate, however far it is: for short lists of known names.</summary>
    /// <param name="name">The name that was not found.</param>
    /// <param name="candidates">The names that exist; at most the first 10,000 are compared.</param>
    /// <returns>The first of the nearest, or null where there are none.</returns>
    public static string? Find(string name, IEnumerable<string> candidates) => Nearest(name, candidates).Name;

    private static (string? Name, int Distance) Nearest(string name, IEnumerable<string> candidates)
    {
        var (best, distance) = (null as string, int.MaxValue);
        foreach (var candidate in candidates.Take(10_000))
        {
            // "weight" is the last part of "0.weight": nearer than any name of a few other letters.
            var found = candidate.EndsWith($".{name}", StringComparison.Ordinal) ? 0 : Distance(name, candidate);
            if (found < distance)
            {
                (best, distance) = (candidate, found);
            }
        }

        return (best, distance);
    }

    /// <summary>Levenshtein's distance by two rows; O(length²), lengths capped.</summary>
    private static int Distance(string left, string right)
    {
        var a = left.AsSpan(0, Math.Min(left.Length, ComparedLength));
        var b = right.AsSpan(0, Math.Min(right.Length, ComparedLength));
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                var same = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length] + Math.Abs(left.Length - right.Length) / 8;
    }
}
