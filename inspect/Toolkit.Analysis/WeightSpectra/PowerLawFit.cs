namespace Toolkit.Analysis.WeightSpectra;

/// <summary>A continuous power law p(x) ∝ x^(−α) for x ≥ x_min, fitted to the tail of a sample.</summary>
/// <param name="Alpha">α, above 1; NaN where there are too few values.</param>
/// <param name="XMin">Where the tail starts, in units of the sample.</param>
/// <param name="KolmogorovSmirnov">The largest distance between the tail's distribution and the law's, 0 to 1.</param>
/// <param name="TailCount">How many values are in the tail.</param>
/// <param name="PValue">
/// Share of samples drawn from the law (with the rest of the data below x_min) that fit worse; below 0.1 the law is
/// implausible. NaN where no samples were drawn.
/// </param>
/// <remarks>
/// Clauset, Shalizi, Newman, "Power-law distributions in empirical data", SIAM Review 51 (2009), arXiv 0706.1062: α by
/// maximum likelihood,
/// <c>α = 1 + m / Σ ln(x_i / x_min)</c>; x_min by the smallest Kolmogorov–Smirnov distance; p by semi-parametric
/// bootstrap (their section 4). O(n · candidates).
/// </remarks>
public sealed record PowerLawFit(double Alpha, double XMin, double KolmogorovSmirnov, int TailCount, double PValue)
{
    /// <summary>Tails shorter than this are not considered: any few points lie on some power law.</summary>
    public const int MinimumTail = 10;

    // Beyond this many values x_min is looked for at evenly spaced ranks: the distance changes slowly with it.
    private const int MainCandidates = 4096;

    // The samples of the bootstrap, and what they are compared with, look at fewer places; both sides alike.
    private const int BootstrapCandidates = 100;

    private static readonly PowerLawFit None = new(double.NaN, double.NaN, double.NaN, 0, double.NaN);

    /// <summary>Fits a sample.</summary>
    /// <param name="sample">Values; those that are not positive are left out.</param>
    /// <param name="samples">How many samples the p-value takes; 0 for none.</param>
    /// <param name="seed">Seeds the samples.</param>
    /// <returns>The fit.</returns>
    public static PowerLawFit Of(ReadOnlySpan<double> sample, int samples = 100, int seed = 1)
    {
        var sorted = Positive(sample);
        var fit = Scan(sorted, MainCandidates);
        if (fit.TailCount == 0 || samples == 0)
        {
            return fit;
        }

        var coarse = Scan(sorted, BootstrapCandidates);
        var random = new Random(seed);
        var below = sorted.Length - coarse.TailCount;
        var worse = 0;
        var drawn = new double[sorted.Length];
        for (var i = 0; i < samples; i++)
        {
            for (var k = 0; k < drawn.Length; k++)
            {
                var at = random.Next(sorted.Length);
                drawn[k] = at < below
                    ? sorted[random.Next(below)]
                    : coarse.XMin * Math.Pow(1 - random.NextDouble(), -1 / (coarse.Alpha - 1));
            }

            Array.Sort(drawn);
            worse += Scan(drawn, BootstrapCandidates).KolmogorovSmirnov >= coarse.KolmogorovSmirnov ? 1 : 0;
        }

        return fit with { PValue = (double)worse / samples };
    }

    private static double[] Positive(ReadOnlySpan<double> sample)
    {
        var sorted = new List<double>(sample.Length);
        foreach (var value in sample)
        {
            if (value > 0 && double.IsFinite(value))
            {
                sorted.Add(value);
            }
        }

        sorted.Sort();
        return [.. sorted];
    }

    private static PowerLawFit Scan(double[] sorted, int candidates)
    {
        var count = sorted.Length;
        if (count < MinimumTail)
        {
            return None;
        }

        var logs = Array.ConvertAll(sorted, Math.Log);
        var suffix = new double[count + 1];
        for (var i = count - 1; i >= 0; i--)
        {
            suffix[i] = suffix[i + 1] + logs[i];
        }

        var best = None;
        var last = count - MinimumTail;
        var step = Math.Max(1, (last + 1) / candidates);
        for (var i = 0; i <= last; i += step)
        {
            if (i > 0 && sorted[i] == sorted[i - 1])
            {
                continue;
            }

            var tail = count - i;
            var excess = suffix[i] - (tail * logs[i]);
            if (excess <= 0)
            {
                continue;
            }

            var alpha = 1 + (tail / excess);
            var limit = double.IsNaN(best.KolmogorovSmirnov) ? double.PositiveInfinity : best.KolmogorovSmirnov;
            var distance = Distance(logs.AsSpan(i), alpha, limit);
            if (distance < limit)
            {
                best = new PowerLawFit(alpha, sorted[i], distance, tail, double.NaN);
            }
        }

        return best;
    }

    /// <summary>The Kolmogorov–Smirnov distance; stops early once it exceeds the best so far.</summary>
    private static double Distance(ReadOnlySpan<double> logs, double alpha, double limit)
    {
        var largest = 0.0;
        var slope = 1 - alpha;
        for (var k = 0; k < logs.Length && largest < limit; k++)
        {
            var model = 1 - Math.Exp(slope * (logs[k] - logs[0]));
            largest = Math.Max(largest, Math.Max(
                Math.Abs(((double)(k + 1) / logs.Length) - model), Math.Abs(((double)k / logs.Length) - model)));
        }

        return largest;
    }
}
