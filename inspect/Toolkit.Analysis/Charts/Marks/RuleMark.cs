namespace Toolkit.Analysis.Charts;

/// <summary>
/// A straight line across the whole panel at one value: a chance level, an effective rank, the epoch chosen.
/// </summary>
public sealed record RuleMark : ChartMark
{
    /// <summary>True for a vertical line at an x value, false for a horizontal line at a y value.</summary>
    public bool Vertical { get; init; }

    /// <summary>Where the line stands, on the axis that it crosses.</summary>
    public required double At { get; init; }
}
