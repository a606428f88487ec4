namespace Toolkit.Analysis.Charts;

/// <summary>
/// A matrix as coloured cells; row 0 on top, column 0 on the left. Rows and columns are named by the panel's axes.
/// </summary>
public sealed record HeatMapMark : ChartMark
{
    /// <summary>The values; NaN cells are left empty.</summary>
    public required ChartMatrix Matrix { get; init; }

    /// <summary>How values become colours.</summary>
    public required ColorScale Colors { get; init; }

    /// <summary>True where a cell should be as wide as high (element × element), false to fill the panel.</summary>
    public bool SquareCells { get; init; }
}
