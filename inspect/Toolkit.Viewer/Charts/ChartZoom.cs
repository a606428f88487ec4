using System.Globalization;
using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Formats;

namespace Toolkit.Viewer.Charts;

/// <summary>The part of a chart that the page shows, so that a downloaded picture shows the same.</summary>
/// <remarks>
/// The page writes <c>{"logX": true, "zoom": {"0": {"x": [from, to], "y": [from, to]}}}</c>, ranges in plot coordinates by panel: values, their
/// logarithms to base 10 on a logarithmic axis, positions on a named one; a heat map's y counts its rows downwards.
/// </remarks>
internal sealed class ChartZoom
{
    private readonly bool _logX;
    private readonly bool _logY;
    private readonly IReadOnlyDictionary<int, (double[]? X, double[]? Y)> _ranges;

    private ChartZoom(bool logX, bool logY, IReadOnlyDictionary<int, (double[]? X, double[]? Y)> ranges) => (_logX, _logY, _ranges) = (logX, logY, ranges);

    /// <summary>Reads what the page wrote.</summary>
    /// <exception cref="BadInputException">It is something else.</exception>
    public static ChartZoom Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            var ranges = root.TryGetProperty("zoom", out var zoom)
                ? zoom.EnumerateObject().ToDictionary(panel => int.Parse(panel.Name, CultureInfo.InvariantCulture), panel => (Range(panel.Value, "x"), Range(panel.Value, "y")))
                : [];
            return new(IsTrue(root, "logX"), IsTrue(root, "logY"), ranges);
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw new BadInputException($"The address's `view` is '{(text.Length > 60 ? text[..60] + "…" : text)}'; a zoom as the page writes it was expected. Leave it out for the whole chart.", bad);
        }
    }

    /// <summary>The chart with these ranges; heat maps keep the cells that show, and the colours of all.</summary>
    public ChartSpec Apply(ChartSpec chart)
    {
        var shown = chart with { Panels = [.. chart.Panels.Select((panel, at) => Apply(panel, _ranges.GetValueOrDefault(at), SharedColors(chart)))] };
        return _ranges.Count == 0 ? shown : shown with { Caption = $"{chart.Caption} Shown in part.".TrimStart() };
    }

    /// <summary>
    /// Whether the page shows a row of the chart's data: a cell, bar or bin of which a part shows, a point within the ranges.
    /// </summary>
    /// <param name="chart">The chart.</param>
    /// <returns>Panel, mark, x, end of x, y → whether it shows; for <see cref="ChartTable.From"/>.</returns>
    public Func<int, ChartMark, double, double, double, bool> Holds(ChartSpec chart) => (panel, mark, x, end, y) =>
    {
        var (across, along) = _ranges.GetValueOrDefault(panel);
        var half = mark is HeatMapMark or BarMark ? 0.5 : 0;
        var (right, up) = (chart.Panels[panel].X, Place(chart.Panels[panel].Y, y, _logY));
        return Meets(across, Place(right, x, _logX), Place(right, end, _logX), half)
            && (mark is BarMark or HistogramMark || Meets(along, up, up, half));
    };

    private static double Place(ChartAxis axis, double value, bool isLog) =>
        axis.Scale == AxisScale.Log || (isLog && axis.Categories is null) ? Math.Log10(value) : value;

    // NaN is a gap, which shows nowhere and belongs to what is left and right of it.
    private static bool Meets(double[]? range, double low, double high, double half) =>
        range is null || double.IsNaN(low) || (half == 0 && low == high
            ? low >= range.Min() && low <= range.Max()
            : high + half > range.Min() && low - half < range.Max());

    private static ReadOnlyMemory<float>[]? SharedColors(ChartSpec chart) => chart.SharedScale
        ? [.. chart.Panels.SelectMany(panel => panel.Marks).OfType<HeatMapMark>().Select(map => map.Matrix.Values)] : null;

    private ChartPanel Apply(ChartPanel panel, (double[]? X, double[]? Y) range, ReadOnlyMemory<float>[]? shared)
    {
        if (panel.Marks.OfType<HeatMapMark>().FirstOrDefault() is { Matrix: { Rows: > 0, Columns: > 0 } matrix } map)
        {
            if (range.X is null || range.Y is null)
            {
                return panel;
            }

            var (left, columns) = Cells(range.X, matrix.Columns);
            var (top, rows) = Cells(range.Y, matrix.Rows);
            var (low, high) = map.Colors.Range(shared ?? [matrix.Values]);
            return panel with
            {
                X = Named(panel.X, left, columns),
                Y = Named(panel.Y, top, rows),
                Marks = [map with
                {
                    Matrix = ChartMatrix.Build(rows, columns, (row, column) => matrix[top + row, left + column]),
                    Colors = map.Colors with { Minimum = low, Maximum = high },
                }],
            };
        }

        return panel with { X = Axis(panel.X, range.X, _logX), Y = Axis(panel.Y, range.Y, _logY) };
    }

    private static ChartAxis Axis(ChartAxis axis, double[]? range, bool isLog)
    {
        var scaled = isLog && axis.Categories is null ? axis with { Scale = AxisScale.Log } : axis;
        if (range is null)
        {
            return scaled;
        }

        var (low, high) = (range.Min(), range.Max());
        return scaled.Scale == AxisScale.Log
            ? scaled with { Minimum = Math.Pow(10, low), Maximum = Math.Pow(10, high) }
            : scaled with { Minimum = low, Maximum = high };
    }

    /// <summary>The cells that a range touches, at least one; cell k reaches from k − ½ to k + ½.</summary>
    private static (int First, int Count) Cells(double[] range, int count)
    {
        var first = (int)Math.Clamp(Math.Floor(range.Min() + 0.5), 0, count - 1);
        return (first, (int)Math.Clamp(Math.Ceiling(range.Max() - 0.5), first, count - 1) - first + 1);
    }

    private static ChartAxis Named(ChartAxis axis, int first, int count) => axis with
    {
        Categories = [.. Enumerable.Range(first, count).Select(at => axis.Categories is { } names ? names[at] : at.ToString(CultureInfo.InvariantCulture))],
    };

    private static bool IsTrue(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static double[]? Range(JsonElement panel, string axis)
    {
        if (!panel.TryGetProperty(axis, out var value))
        {
            return null;
        }

        double[] range = [.. value.EnumerateArray().Select(end => end.GetDouble())];
        return range.Length == 2 && Array.TrueForAll(range, double.IsFinite) && range[0] != range[1] ? range : throw new FormatException("A range has two ends.");
    }
}
