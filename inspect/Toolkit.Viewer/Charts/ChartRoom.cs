using Toolkit.Analysis.Charts;

namespace Toolkit.Viewer.Charts;

/// <summary>How much room a chart takes on a page.</summary>
/// <param name="Columns">Panels beside each other.</param>
/// <param name="Rows">Panels below each other.</param>
/// <param name="SmallMaps">How many heat maps or histograms a page of small multiples has; 0 for any other chart.</param>
internal sealed record ChartRoom(int Columns, int Rows, int SmallMaps)
{
    /// <summary>From so many panels on, they are drawn as small multiples; the page's script knows the same number.</summary>
    private const int FewestSmallMaps = 7;

    /// <summary>The room of a chart that was never drawn.</summary>
    public static ChartRoom Unknown { get; } = new(1, 1, 0);

    /// <summary>True where it should have a whole row of a page.</summary>
    public bool IsWide => Columns > 1;

    /// <summary>The height in pixels, or null for the page's own.</summary>
    public int? Height => Rows > 1 && SmallMaps == 0 ? Math.Min(1600, 60 + (Rows * 300)) : null;

    /// <summary>The room of a chart that says beforehand how many panels it will have.</summary>
    public static ChartRoom Of((int Columns, int Panels) foretold) => new(
        foretold.Columns,
        (foretold.Panels + foretold.Columns - 1) / foretold.Columns,
        foretold.Panels >= FewestSmallMaps ? foretold.Panels : 0);

    /// <summary>The room of a chart.</summary>
    public static ChartRoom Of(ChartSpec chart) => new(
        chart.Columns,
        chart.Rows,
        chart.Panels.Count >= FewestSmallMaps && (chart.Panels.All(panel => panel.Marks is [HeatMapMark]) || chart.Panels.All(panel => panel.Marks is [HistogramMark])) ? chart.Panels.Count : 0);
}
