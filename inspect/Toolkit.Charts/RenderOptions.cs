namespace Toolkit.Charts;

/// <summary>How a chart becomes a picture.</summary>
public sealed record RenderOptions
{
    /// <summary>The greatest width and height that is drawn, in pixels.</summary>
    public const int MaximumSize = 16_384;

    /// <summary>
    /// Width in pixels before <see cref="Scale"/>, 64 to <see cref="MaximumSize"/>; null for what suits the chart.
    /// </summary>
    public int? Width { get; init; }

    /// <summary>
    /// Height in pixels before <see cref="Scale"/>, 64 to <see cref="MaximumSize"/>; null for what suits the chart.
    /// </summary>
    public int? Height { get; init; }

    /// <summary>Device pixels per pixel of a PNG, 0.5 to 8; 2 gives a picture for print and dense screens.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The colours around the data.</summary>
    public ChartTheme Theme { get; init; } = ChartTheme.Light;

    /// <summary>True to write the title above the panels.</summary>
    public bool ShowTitle { get; init; } = true;

    /// <summary>True to write caption and provenance below the panels.</summary>
    public bool ShowCaption { get; init; } = true;

    /// <summary>Begins every identifier inside an SVG; give each picture of one page another.</summary>
    public string IdPrefix { get; init; } = "c";
}
