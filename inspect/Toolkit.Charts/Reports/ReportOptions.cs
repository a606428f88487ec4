namespace Toolkit.Charts.Reports;

/// <summary>How large a report may become.</summary>
public sealed record ReportOptions
{
    /// <summary>Bytes after which further pictures are left out, and named instead; 9 MB by default.</summary>
    public long MostBytes { get; init; } = 9_000_000;

    /// <summary>Rows and columns above which a heat map is drawn as means of blocks; 360 by default.</summary>
    public int MostCells { get; init; } = 360;
}
