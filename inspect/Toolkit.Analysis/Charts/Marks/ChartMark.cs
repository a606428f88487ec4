using System.Text.Json.Serialization;

namespace Toolkit.Analysis.Charts;

/// <summary>One thing drawn in a panel. The set is closed: a renderer draws all of them.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "mark")]
[JsonDerivedType(typeof(LineMark), "line")]
[JsonDerivedType(typeof(PointMark), "points")]
[JsonDerivedType(typeof(BarMark), "bars")]
[JsonDerivedType(typeof(HeatMapMark), "heat-map")]
[JsonDerivedType(typeof(HistogramMark), "histogram")]
[JsonDerivedType(typeof(RuleMark), "rule")]
public abstract record ChartMark
{
    /// <summary>Only this assembly adds marks, because every renderer must know them all.</summary>
    private protected ChartMark()
    {
    }

    /// <summary>The name in legend and hover; empty to stay out of the legend.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>
    /// Position in <see cref="ChartPalette.Categorical"/>, so that one irrep or run has one colour in every panel; null
    /// for the mark's own position in the panel.
    /// </summary>
    public int? Color { get; init; }
}
