namespace Toolkit.Analysis.Charts;

/// <summary>One series of bars: a value at each position of the panel's x axis, which names them.</summary>
public sealed record BarMark : ChartMark
{
    /// <summary>The height at position 0, 1, 2 …; NaN for none.</summary>
    public required IReadOnlyList<double> Values { get; init; }
}
