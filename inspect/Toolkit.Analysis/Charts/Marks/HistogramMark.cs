namespace Toolkit.Analysis.Charts;

/// <summary>Counts between edges.</summary>
public sealed record HistogramMark : ChartMark
{
    /// <summary>Ascending edges, one more than <see cref="Counts"/>.</summary>
    public required IReadOnlyList<double> Edges { get; init; }

    /// <summary>
    /// How many values fall between edge i (inclusive) and edge i + 1 (exclusive; the last inclusive), or a density.
    /// </summary>
    public required IReadOnlyList<double> Counts { get; init; }
}
