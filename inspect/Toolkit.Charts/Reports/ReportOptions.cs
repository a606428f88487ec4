namespace Toolkit.Charts.Reports;

/// <summary>How large a report may become.</summary>
public sealed record ReportOptions
{
    /// <summary>Bytes after which further pictures are left out, and named instead; 9 MB by default.</summary>
    public long MostBytes { get; init; } = 9_000_000;

    /// <summary>Cells above which a heat map is drawn as means of blocks; 250,000 by default.</summary>
    public int MostCells { get; init; } = 250_000;

    /// <summary>Rows and columns that a heat map with too many cells is reduced to; 360 by default.</summary>
    public int ReducedSide { get; init; } = 360;
}
