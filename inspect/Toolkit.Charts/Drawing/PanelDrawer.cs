using ScottPlot;
using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Layout;
using Toolkit.Charts.Scenes;
using Toolkit.Charts.Ticks;
using LineStyle = Toolkit.Analysis.Charts.LineStyle;

namespace Toolkit.Charts.Drawing;

/// <summary>Draws one panel: ScottPlot draws grid, frame, ticks and marks; the labels around it are ours.</summary>
internal sealed class PanelDrawer(Scene scene, ChartLayout layout, Pen pen)
{
    private const int MostLabels = 40;

    // Not the themes' inks: a report turns those with its page, while cells keep their colours.
    private static readonly ChartColor DarkText = new(16, 17, 20), BrightText = new(250, 250, 250);

    public void Draw(PanelLayout at)
    {
        var map = at.Panel.Map;
        using var image = map is { Matrix: { Rows: > 0, Columns: > 0 } matrix } && at.Panel.Colors is { } colors
            ? CellImage.Make(MatrixReduction.Fit(matrix, at.MostRows, at.MostColumns), colors, scene.Theme.Gap)
            : null;
        using var plot = NewPlot(at);
        if (image is not null)
        {
            plot.Add.Plottable(new CellMap(image));
        }

        foreach (var mark in at.Panel.Panel.Marks)
        {
            Add(plot, at.Panel, mark);
        }

        if (image is not null)
        {
            // A reduced image has fewer cells than the axes count: stretch it over all of them.
            plot.Axes.SetLimits(-0.5, image.Width - 0.5, image.Height - 0.5, -0.5);
        }

        var (high, wide) = image is null
            || map is null ? (1, 1) : MatrixReduction.Block(map.Matrix, at.MostRows, at.MostColumns);
        Ticks(plot, at, 1.0 / wide, 1.0 / high);
        pen.Canvas.Save();
        plot.Render(
            pen.Canvas,
            new PixelRect(at.Plot.Left - at.Left, at.Plot.Right + 60, at.Plot.Bottom + at.Bottom, at.Plot.Top - 20));
        pen.Canvas.Restore();
        CellValues(at);
        Labels(at);
    }

    private static Color ToScott(ChartColor color, double opacity = 1) =>
        new(color.R, color.G, color.B, (byte)Math.Round(255 * opacity));

    private Plot NewPlot(PanelLayout at)
    {
        var theme = scene.Theme;
        var plot = new Plot();
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        plot.FigureBackground.Color = Colors.Transparent;
        plot.DataBackground.Color = Colors.Transparent;
        plot.Layout.Fixed(new PixelPadding(at.Left, 60, at.Bottom, 20));
        plot.Axes.SetLimits(at.Panel.X.Minimum, at.Panel.X.Maximum, at.Panel.Y.Minimum, at.Panel.Y.Maximum);
        plot.Axes.Color(ToScott(theme.MutedInk));
        plot.Axes.FrameWidth(1);
        plot.Grid.MajorLineColor = at.Panel.Map is null ? ToScott(theme.Grid) : Colors.Transparent;
        plot.Grid.MinorLineColor = Colors.Transparent;
        if (at.Panel.Map is null && at.Panel.Panel.X.Categories is not null)
        {
            plot.Grid.XAxisStyle.IsVisible = false;
        }

        plot.HideLegend();
        return plot;
    }

    private void Add(Plot plot, ScenePanel panel, ChartMark mark)
    {
        var color = scene.ColorOf(panel.Panel, mark);
        switch (mark)
        {
            case LineMark line:
                AddLine(plot, panel, line, color);
                break;
            case PointMark points:
                AddPoints(plot, panel, points, color);
                break;
            case BarMark bars:
                AddBars(plot, panel, bars, color);
                break;
            case HistogramMark histogram:
                AddHistogram(plot, panel, histogram, color);
                break;
            case RuleMark rule when rule.Vertical && !double.IsNaN(panel.X.ToPlot(rule.At)):
                AddRule(
                    plot,
                    new(panel.X.ToPlot(rule.At), double.NegativeInfinity),
                    new(panel.X.ToPlot(rule.At), double.PositiveInfinity),
                    color);
                break;
            case RuleMark rule when !rule.Vertical && !double.IsNaN(panel.Y.ToPlot(rule.At)):
                AddRule(
                    plot,
                    new(double.NegativeInfinity, panel.Y.ToPlot(rule.At)),
                    new(double.PositiveInfinity, panel.Y.ToPlot(rule.At)),
                    color);
                break;
        }
    }

    private static void AddRule(Plot plot, Coordinates from, Coordinates to, ChartColor color) =>
        plot.Add.Plottable(new DashedLine([from, to], color, width: 1.2f, dotted: false));

    private void AddLine(Plot plot, ScenePanel panel, LineMark line, ChartColor color)
    {
        var run = new List<Coordinates>();
        for (var i = 0; i <= line.X.Count; i++)
        {
            var point = i == line.X.Count
                ? new Coordinates(double.NaN, double.NaN)
                : new Coordinates(panel.X.ToPlot(line.X[i]), panel.Y.ToPlot(line.Y[i]));
            if (!double.IsNaN(point.X) && !double.IsNaN(point.Y))
            {
                run.Add(point);
                continue;
            }

            // A gap ends the run; a point between two gaps is marked, or it would vanish.
            if (run.Count > 0)
            {
                var width = layout.IsCompact ? 1.2f : 1.8f;
                var scatter = plot.Add.Scatter(run.ToArray(), ToScott(color));
                scatter.LineWidth = line.Style == LineStyle.Solid ? width : 0;
                scatter.MarkerSize = line.ShowPoints || run.Count == 1 ? (layout.IsCompact ? 3 : 5) : 0;
                if (line.Style != LineStyle.Solid)
                {
                    plot.Add.Plottable(new DashedLine([.. run], color, width, dotted: line.Style == LineStyle.Dotted));
                }

                run = [];
            }
        }
    }

    private void AddPoints(Plot plot, ScenePanel panel, PointMark points, ChartColor color)
    {
        var labelled = points.Labels is not null
            && !layout.IsCompact
            && panel.Panel.Marks.OfType<PointMark>().Sum(mark => mark.X.Count) <= MostLabels;
        var placed = Enumerable.Range(0, points.X.Count).Select(i => (
            panel.X.ToPlot(points.X[i]),
            panel.Y.ToPlot(points.Y[i]),
            points.Categories is { } categories ? scene.ColorOfCategory(categories[i])
                : points.Values is { } values && panel.Colors is { } scale
                    ? (double.IsNaN(values[i]) ? scene.Theme.Gap : ChartPalette.At(scale.Kind, scale.Place(values[i])))
                    : color,
            labelled ? points.Labels![i] : null)).ToList();
        var radius = layout.IsCompact ? 1.8f : points.X.Count > 2000 ? 1.6f : points.X.Count > 300 ? 2.4f : 3.6f;
        plot.Add.Plottable(new PointCloud(placed, radius, scene.Theme.MutedInk));
    }

    private static void AddBars(Plot plot, ScenePanel panel, BarMark mark, ChartColor color)
    {
        var series = panel.Panel.Marks.OfType<BarMark>().ToList();
        var stacked = panel.Panel.Bars == BarLayout.Stacked;
        var index = series.FindIndex(other => ReferenceEquals(other, mark));
        var width = stacked ? 0.8 : 0.8 / series.Count;
        var floor = panel.Y.Scale == AxisScale.Log ? panel.Y.Minimum : 0;
        var bars = new List<Bar>();
        for (var i = 0; i < mark.Values.Count; i++)
        {
            var value = mark.Values[i];
            if (!double.IsFinite(value))
            {
                continue;
            }

            var below = stacked ? series.Take(index).Sum(other => double.IsFinite(other.Values[i])
                && Math.Sign(other.Values[i]) == Math.Sign(value) ? other.Values[i] : 0) : 0;
            var top = panel.Y.ToPlot(below + value);
            if (double.IsNaN(top))
            {
                continue;
            }

            bars.Add(new Bar
            {
                Position = stacked ? i : i - 0.4 + ((index + 0.5) * width),
                Value = top,
                ValueBase = stacked && panel.Y.ToPlot(below) is var start && !double.IsNaN(start) ? start : floor,
                Size = width,
                FillColor = ToScott(color),
                LineWidth = 0,
            });
        }

        plot.Add.Bars(bars.ToArray());
    }

    private static void AddHistogram(Plot plot, ScenePanel panel, HistogramMark mark, ChartColor color)
    {
        var overlaid = panel.Panel.Marks.OfType<HistogramMark>().Skip(1).Any();
        var floor = panel.Y.Scale == AxisScale.Log ? panel.Y.Minimum : 0;
        var bars = new List<Bar>();
        for (var i = 0; i < mark.Counts.Count; i++)
        {
            double left = panel.X.ToPlot(mark.Edges[i]), right =
                panel.X.ToPlot(mark.Edges[i + 1]), top = panel.Y.ToPlot(mark.Counts[i]);
            if (!double.IsNaN(left) && !double.IsNaN(right) && !double.IsNaN(top))
            {
                bars.Add(new Bar
                {
                    Position = (left + right) / 2,
                    Size = right - left,
                    Value = top,
                    ValueBase = floor,
                    FillColor = ToScott(color, overlaid ? 0.5 : 1),
                    LineWidth = 0,
                });
            }
        }

        plot.Add.Bars(bars.ToArray());
    }

    private void Ticks(Plot plot, PanelLayout at, double xScale, double yScale)
    {
        Set(plot.Axes.Bottom, at.XTicks, xScale);
        Set(plot.Axes.Left, at.YTicks, yScale);
        plot.Axes.Top.TickGenerator = new ScottPlot.TickGenerators.EmptyTickGenerator();
        plot.Axes.Right.TickGenerator = new ScottPlot.TickGenerators.EmptyTickGenerator();
        if (at.Sideways)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = -90;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
        }
    }

    private void Set(IAxis axis, TickSet ticks, double scale)
    {
        // Cell i of a reduced image covers several of the axis's positions.
        double Place(double position) => scale == 1 ? position : ((position + 0.5) * scale) - 0.5;
        var generator = new ScottPlot.TickGenerators.NumericManual();
        for (var i = 0; i < ticks.Positions.Length; i++)
        {
            generator.AddMajor(Place(ticks.Positions[i]), ticks.Labels[i]);
        }

        foreach (var minor in ticks.Minor)
        {
            generator.AddMinor(Place(minor));
        }

        axis.TickGenerator = generator;
        if (axis is ScottPlot.AxisPanels.AxisBase style)
        {
            style.TickLabelStyle.FontSize = layout.TickSize;
            style.TickLabelStyle.FontName = Fonts.ChartFonts.Family;
            style.TickLabelStyle.ForeColor = ToScott(scene.Theme.Ink);
            style.MajorTickStyle.Length = 4;
            style.MinorTickStyle.Length = 2;
            style.MajorTickStyle.Color = ToScott(scene.Theme.MutedInk);
            style.MinorTickStyle.Color = ToScott(scene.Theme.MutedInk);
        }
    }

    /// <summary>
    /// Writes the values into cells that have room for them, with two digits where four have none, in the ink that
    /// stands out from each cell; a gap stays empty.
    /// </summary>
    private void CellValues(PanelLayout at)
    {
        if (at.Panel is not { Map.Matrix: { Rows: > 0, Columns: > 0 } matrix, Colors: { } colors }
            || at.Plot.Width / matrix.Columns < 40 || at.Plot.Height / matrix.Rows < 18)
        {
            return;
        }

        const float Size = 10;
        float wide = at.Plot.Width / matrix.Columns, high = at.Plot.Height / matrix.Rows;
        for (var i = 0; i < matrix.Rows; i++)
        {
            for (var j = 0; j < matrix.Columns; j++)
            {
                // Rounding far below the scale's resolution is zero to the reader.
                var value = Math.Abs(matrix[i, j]) < 1e-6 * (colors.Maximum - colors.Minimum) ? 0 : matrix[i, j];
                string[] texts = [NumberText.Short(value), NumberText.Short(value, digits: 2)];
                if (float.IsNaN(value)
                    || texts.FirstOrDefault(text => Pen.Width(text, Size) <= wide - 4) is not { } text)
                {
                    continue;
                }

                var cell = ChartPalette.At(colors.Kind, colors.Place(matrix[i, j]));
                var isBright = (0.299 * cell.R) + (0.587 * cell.G) + (0.114 * cell.B) > 140;
                pen.Text(
                    text,
                    at.Plot.Left + ((j + 0.5f) * wide),
                    at.Plot.Top + ((i + 0.5f) * high),
                    Size,
                    isBright ? DarkText : BrightText,
                    SKTextAlign.Center);
            }
        }
    }

    private void Labels(PanelLayout at)
    {
        var panel = at.Panel.Panel;
        if (panel.Title.Length > 0)
        {
            var size = layout.IsCompact ? 9.5f : 12;
            pen.Text(
                Pen.Fit(panel.Title, size, at.Title.Width, bold: !layout.IsCompact),
                at.Title.MidX,
                at.Title.MidY,
                size,
                scene.Theme.Ink,
                SKTextAlign.Center,
                bold: !layout.IsCompact);
        }

        if (!layout.IsCompact)
        {
            pen.Text(
                Pen.Fit(panel.X.FullLabel, ChartLayout.LabelSize, at.Plot.Width + 40),
                at.Plot.MidX,
                at.Plot.Bottom + at.Bottom - 8,
                ChartLayout.LabelSize,
                scene.Theme.MutedInk,
                SKTextAlign.Center);
            pen.Text(
                Pen.Fit(panel.Y.FullLabel, ChartLayout.LabelSize, at.Plot.Height + 20),
                at.Plot.Left - at.Left + 8,
                at.Plot.MidY,
                ChartLayout.LabelSize,
                scene.Theme.MutedInk,
                SKTextAlign.Center,
                upwards: true);
        }
    }
}
