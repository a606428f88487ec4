namespace Toolkit.Analysis.Charts;

/// <summary>
/// A chart described by what it shows, not by how it is drawn: data, axes, colours, and where the data came from. The
/// ScottPlot renderer (PNG, SVG), the report and the viewer's page draw the same specification.
/// </summary>
/// <remarks>
/// Immutable: nobody writes to the lists it holds. NaN in data is a gap. Round-trips through <see cref="ChartJson"/>.
/// </remarks>
public sealed record ChartSpec
{
    /// <summary>The version of the JSON form; a reader refuses a newer one.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The version of the JSON form this was written in.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>What the chart shows, one short line. Plain text: it may hold hostile tensor names.</summary>
    public required string Title { get; init; }

    /// <summary>
    /// What to see in it or how it was computed, one to three sentences of plain text; empty where the title says all.
    /// </summary>
    public string Caption { get; init; } = string.Empty;

    /// <summary>Where the numbers came from; null only for charts that show no run.</summary>
    public ChartProvenance? Provenance { get; init; }

    /// <summary>The panels, row by row; a plain chart has exactly one, small multiples many.</summary>
    public required IReadOnlyList<ChartPanel> Panels { get; init; }

    /// <summary>Panels in one row of the grid, at least 1.</summary>
    public int Columns { get; init; } = 1;

    /// <summary>
    /// True where all panels share one scale: one colour range for all heat maps (one colour bar), one y range for each
    /// quantity of the others.
    /// </summary>
    public bool SharedScale { get; init; }

    /// <summary>Rows of the panel grid.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Rows => (Panels.Count + Columns - 1) / Columns;

    /// <summary>Caption and provenance as one text, as the line under a picture shows it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string FullCaption =>
        string.Join(" ", new[] { Caption, Provenance?.ToString() }.Where(part => !string.IsNullOrEmpty(part)));

    /// <summary>A chart of one panel.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="marks">What is drawn, the first at the bottom.</param>
    /// <returns>The specification, without caption and provenance.</returns>
    public static ChartSpec Single(string title, ChartAxis x, ChartAxis y, params IReadOnlyList<ChartMark> marks) =>
        new() { Title = title, Panels = [new ChartPanel { X = x, Y = y, Marks = marks }] };
}
