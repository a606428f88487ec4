namespace Toolkit.Analysis.Charts;

/// <summary>How the bars of several series at one category stand to each other.</summary>
public enum BarLayout
{
    /// <summary>Side by side.</summary>
    Grouped,

    /// <summary>On top of each other: positive values upwards from zero, negative ones downwards.</summary>
    Stacked,
}
