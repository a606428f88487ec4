namespace Toolkit.Analysis.Charts.Runs;

/// <summary>What several charts of runs have in common.</summary>
public static class RunCharting
{
    /// <summary>The provenance of a chart of this run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tensor">The value shown, or null.</param>
    /// <param name="count">How many observations stand behind it, or null.</param>
    /// <param name="reduction">How they were reduced, or null.</param>
    /// <returns>The provenance.</returns>
    public static ChartProvenance Provenance(
        this IRunData run, string? tensor = null, long? count = null, string? reduction = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new()
        {
            Run = run.Name,
            ModelSha256 = run.ModelSha256,
            Tensor = tensor,
            Count = count,
            Reduction = reduction,
        };
    }

    /// <summary>The captured value that plays a role, or null.</summary>
    /// <param name="run">The run.</param>
    /// <param name="role">"hidden", "logits" …</param>
    /// <returns>The value.</returns>
    public static RunTensor? ActivationOf(this IRunData run, string role)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Activations.FirstOrDefault(tensor => tensor.Role == role);
    }

    /// <summary>The colour scale that suits data: diverging where they have both signs, else sequential.</summary>
    /// <param name="values">The data.</param>
    /// <param name="label">The quantity.</param>
    /// <returns>The scale.</returns>
    public static ColorScale ScaleFor(ReadOnlySpan<float> values, string label)
    {
        var hasNegative = false;
        foreach (var value in values)
        {
            hasNegative |= value < 0;
        }

        return hasNegative ? ColorScale.Diverging(label) : ColorScale.Sequential(label);
    }

    /// <summary>
    /// Every k-th of many points, so that at most <paramref name="most"/> remain; the last is always kept.
    /// </summary>
    /// <param name="count">How many points there are.</param>
    /// <param name="most">How many may remain, at least 2.</param>
    /// <returns>Indices, ascending, and the reduction in words (null where all remain).</returns>
    public static (IReadOnlyList<int> Indices, string? Reduction) Thin(int count, int most)
    {
        var step = Math.Max(1, (count + most - 1) / most);
        var indices = Enumerable.Range(0, count).Where(i => i % step == 0 || i == count - 1).ToList();
        return (indices, step == 1 ? null : $"every {Ordinal(step)} of {count:N0} points");
    }

    /// <summary>A number as a place in a row: 2nd, 3rd, 4th, 11th, 21st.</summary>
    /// <param name="number">At least 1.</param>
    /// <returns>The text.</returns>
    public static string Ordinal(long number) =>
        (number % 100) is >= 11 and <= 13 ? $"{number}th" : (number % 10) switch
        {
            1 => $"{number}st",
            2 => $"{number}nd",
            3 => $"{number}rd",
            _ => $"{number}th",
        };
}
