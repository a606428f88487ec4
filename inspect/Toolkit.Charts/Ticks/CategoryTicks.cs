namespace Toolkit.Charts.Ticks;

/// <summary>
/// Ticks at named positions 0, 1, 2 …, thinned out to every 2nd, 5th, 10th … so that their labels stay apart.
/// </summary>
internal static class CategoryTicks
{
    private static readonly int[] NiceSteps = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 25, 30, 40, 50, 60, 80, 100];

    /// <summary>Chooses positions and shortens their names.</summary>
    /// <param name="names">The names.</param>
    /// <param name="pixels">The axis's length.</param>
    /// <param name="spacing">Pixels that one label needs along the axis.</param>
    /// <param name="longest">Characters after which a name is cut.</param>
    public static TickSet Make(IReadOnlyList<string> names, double pixels, double spacing, int longest)
    {
        if (names.Count == 0)
        {
            return TickSet.None;
        }

        var needed = spacing * names.Count / Math.Max(pixels, 1);
        var step = NiceSteps.FirstOrDefault(s => s >= needed, (int)Math.Ceiling(needed / 100) * 100);
        var positions = new List<double>();
        for (var i = 0; i < names.Count; i += Math.Max(step, 1))
        {
            positions.Add(i);
        }

        var rest = names.Count <= 4 * pixels / 10 && step > 1
            ? Enumerable.Range(0, names.Count).Where(i => i % step != 0).Select(i => (double)i).ToArray()
            : [];
        return new TickSet([.. positions], [.. positions.Select(p => SafeText.Shorten(names[(int)p], longest))], rest);
    }
}
