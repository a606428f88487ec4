namespace Toolkit.Charts.Ticks;

/// <summary>
/// Ticks at powers of ten, and at 2 and 5 or 3 times them where the range is short and there is room. Positions are
/// logarithms to base 10.
/// </summary>
internal static class LogTicks
{
    // Labels between powers of ten stand unevenly: the nearest two may come to this share of the usual distance.
    private const double Nearest = 0.6;

    /// <summary>Chooses positions and writes their labels.</summary>
    /// <param name="minimum">The logarithm of the lower end.</param>
    /// <param name="maximum">The logarithm of the upper end.</param>
    /// <param name="count">How many ticks there is room for.</param>
    public static TickSet Make(double minimum, double maximum, int count)
    {
        if (!(maximum > minimum))
        {
            return TickSet.None;
        }

        int low = (int)Math.Floor(minimum), high = (int)Math.Ceiling(maximum);
        var decades = maximum - minimum;
        var each = decades / Math.Max(count, 1);
        var labelled = decades >= 1.7
            ? Powers(low, high).Where(k => Mod((int)k, Math.Max(1, (int)Math.Ceiling(each))) == 0)
            : Multiples(low, high, Math.Log10(2) >= Nearest * each ? [1, 2, 5] : [1, 3]);
        var positions = Within(labelled, minimum, maximum);
        if (decades < 0.5 || (decades < 1 && positions.Length < 2))
        {
            var linear = LinearTicks.Make(Math.Pow(10, minimum), Math.Pow(10, maximum), count, integers: false);
            return linear with
            {
                Positions = [.. linear.Positions.Where(v => v > 0).Select(Math.Log10)],
                Labels = [.. linear.Positions.Zip(linear.Labels).Where(t => t.First > 0).Select(t => t.Second)],
            };
        }

        double[] minor = decades <= 10 ? Within(Multiples(low, high, [2, 3, 4, 5, 6, 7, 8, 9]), minimum, maximum)
            : decades <= 60
            ? Within(Powers(low, high), minimum, maximum)
            : [];
        return new TickSet(
            positions,
            [.. positions.Select(p => NumberText.Format(Math.Pow(10, p), Math.Pow(10, Math.Floor(p + 1e-9))))],
            minor);
    }

    private static IEnumerable<double> Powers(int low, int high) =>
        Enumerable.Range(low, high - low + 1).Select(k => (double)k);

    private static IEnumerable<double> Multiples(int low, int high, int[] factors) =>
        Enumerable.Range(low, high - low + 1).SelectMany(k => factors.Select(factor => k + Math.Log10(factor)));

    private static double[] Within(IEnumerable<double> values, double minimum, double maximum) =>
        [.. values.Where(value => value >= minimum - 1e-9 && value <= maximum + 1e-9)];

    private static int Mod(int value, int by) => ((value % by) + by) % by;
}
