namespace Toolkit.Analysis.Charts;

/// <summary>A line through points in the order given; NaN interrupts it.</summary>
public sealed record LineMark : ChartMark
{
    /// <summary>Horizontal positions.</summary>
    public required IReadOnlyList<double> X { get; init; }

    /// <summary>Vertical positions, as many as <see cref="X"/>.</summary>
    public required IReadOnlyList<double> Y { get; init; }

    /// <summary>How the line is stroked.</summary>
    public LineStyle Style { get; init; } = LineStyle.Solid;

    /// <summary>True to mark every point too, for lines of few points.</summary>
    public bool ShowPoints { get; init; }
}
