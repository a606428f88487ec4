namespace Toolkit.Analysis.Charts;

/// <summary>One coordinate system with its marks.</summary>
public sealed record ChartPanel
{
    /// <summary>What distinguishes this panel from its neighbours; empty in a chart of one panel.</summary>
    public string Title { get; init; } = string.Empty;

    /// <summary>The horizontal axis.</summary>
    public required ChartAxis X { get; init; }

    /// <summary>The vertical axis. For a heat map it names the rows, and the first row is on top.</summary>
    public required ChartAxis Y { get; init; }

    /// <summary>What is drawn, the first at the bottom. A heat map stands alone or under points and lines.</summary>
    public required IReadOnlyList<ChartMark> Marks { get; init; }

    /// <summary>How several <see cref="BarMark"/>s at one category stand to each other.</summary>
    public BarLayout Bars { get; init; } = BarLayout.Grouped;
}
