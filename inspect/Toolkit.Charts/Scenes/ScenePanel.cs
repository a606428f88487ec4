using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Scenes;

/// <summary>A panel with everything decided that does not depend on its size.</summary>
/// <param name="Panel">What is drawn.</param>
/// <param name="X">The horizontal range.</param>
/// <param name="Y">The vertical range.</param>
/// <param name="Colors">The scale of its heat map or coloured points, or null.</param>
internal sealed record ScenePanel(ChartPanel Panel, AxisRange X, AxisRange Y, SceneColors? Colors)
{
    /// <summary>The heat map, or null.</summary>
    public HeatMapMark? Map { get; } = Panel.Marks.OfType<HeatMapMark>().FirstOrDefault();
}

/// <summary>A colour scale with its range of values.</summary>
/// <param name="Kind">Which colours.</param>
/// <param name="Minimum">The value of the first colour.</param>
/// <param name="Maximum">The value of the last colour, greater.</param>
/// <param name="Label">The quantity.</param>
internal sealed record SceneColors(ColorScaleKind Kind, double Minimum, double Maximum, string Label)
{
    /// <summary>The place of a value on the scale, 0 to 1 for values inside the range.</summary>
    public double Place(double value) => (value - Minimum) / (Maximum - Minimum);
}
