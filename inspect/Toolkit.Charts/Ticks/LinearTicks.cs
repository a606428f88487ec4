namespace Toolkit.Charts.Ticks;

/// <summary>Ticks at multiples of 1, 2 or 5 times a power of ten.</summary>
internal static class LinearTicks
{
    /// <summary>Chooses positions and writes their labels.</summary>
    /// <param name="minimum">The lower end of the axis.</param>
    /// <param name="maximum">The upper end.</param>
    /// <param name="count">How many ticks there is room for.</param>
    /// <param name="integers">True where only integers have a meaning.</param>
    public static TickSet Make(double minimum, double maximum, int count, bool integers)
    {
        if (!(maximum > minimum))
        {
            return TickSet.None;
        }

        var step = Step((maximum - minimum) / Math.Max(count, 1), integers);
        while (!integers && Math.Floor(maximum / step) - Math.Ceiling(minimum / step) < 1)
        {
            // One tick tells no scale; two or three labels fit where one did.
            step = Finer(step);
        }

        var positions = new List<double>();
        var first = Math.Ceiling((minimum / step) - 1e-9);
        for (var i = first; i * step <= maximum + (step * 1e-9) && positions.Count < 1000; i++)
        {
            positions.Add(i == 0 ? 0 : i * step);
        }

        return new TickSet([.. positions], [.. positions.Select(value => NumberText.Format(value, step))], []);
    }

    /// <summary>The smallest of 1, 2, 5 × 10^k that is not below what is asked for.</summary>
    public static double Step(double atLeast, bool integers)
    {
        if (integers && atLeast <= 1)
        {
            return 1;
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        foreach (var factor in (ReadOnlySpan<double>)[1, 2, 5])
        {
            if (factor * power >= atLeast * (1 - 1e-9))
            {
                return factor * power;
            }
        }

        return 10 * power;
    }

    // A step of 4 stands between 5 and 2: three ticks at most where the coarser step had one.
    private static double Finer(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(step) + 1e-9));
        return Math.Round(step / power) switch
        {
            1 => power / 2,
            2 => power,
            4 => 2 * power,
            _ => 4 * power,
        };
    }
}
