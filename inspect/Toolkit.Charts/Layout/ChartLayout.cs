using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Drawing;
using Toolkit.Charts.Scenes;
using Toolkit.Charts.Ticks;

namespace Toolkit.Charts.Layout;

/// <summary>Where everything of a chart stands, in pixels before scaling.</summary>
internal sealed class ChartLayout
{
    public const float TitleSize = 15, LabelSize = 11.5f, CaptionSize = 10.5f, BarWidth = 14;
    private const float Edge = 12, Gutter = 14;

    private readonly Scene _scene;
    private readonly RenderOptions _options;

    private ChartLayout(Scene scene, RenderOptions options)
    {
        _scene = scene;
        _options = options;
    }

    public float Width { get; private set; }

    public float Height { get; private set; }

    /// <summary>True for many small panels, which leave out their axis labels.</summary>
    public bool IsCompact => _scene.Panels.Count > 8;

    public float TickSize => IsCompact ? 8.5f : 10;

    public string Title { get; private set; } = string.Empty;

    public IReadOnlyList<string> Caption { get; private set; } = [];

    public IReadOnlyList<(LegendEntry Entry, SKRect Room)> Legend { get; private set; } = [];

    public IReadOnlyList<PanelLayout> Panels { get; private set; } = [];

    /// <summary>The colour bar of all panels, or null.</summary>
    public SKRect? SharedBar { get; private set; }

    /// <summary>The axis labels of all panels together, where compact.</summary>
    public (string X, string Y) SharedLabels { get; private set; } = (string.Empty, string.Empty);

    public SKRect Grid { get; private set; }

    public static ChartLayout Make(Scene scene, RenderOptions options)
    {
        var layout = new ChartLayout(scene, options);
        layout.Arrange();
        return layout;
    }

    private void Arrange()
    {
        var spec = _scene.Spec;
        var columns = Math.Min(spec.Columns, _scene.Panels.Count);
        var rows = (_scene.Panels.Count + columns - 1) / columns;
        if (IsCompact)
        {
            SharedLabels = (Common(panel => panel.X.FullLabel), Common(panel => panel.Y.FullLabel));
        }

        var size = NaturalPlot(columns);
        var margins = MarginsFor(size);
        var barSpace = _scene.SharedColors is { } shared ? BarSpace(shared) : 0;
        float left = Edge + (SharedLabels.Y.Length > 0 ? 20 : 0), below = SharedLabels.X.Length > 0 ? 20 : 0;
        Width = _options.Width ?? Math.Max(
            left + (columns * (margins.Left + size.Width + margins.Right + Gutter)) - Gutter + barSpace + Edge, 260);
        Title = _options.ShowTitle ? Pen.Fit(spec.Title, TitleSize, Width - (2 * Edge), bold: true) : string.Empty;
        Caption = _options.ShowCaption ? Pen.Wrap(spec.FullCaption, CaptionSize, Width - (2 * Edge), 6) : [];
        var top = Edge + (Title.Length > 0 ? 24 : 0);
        if (_scene.HasOneLegend)
        {
            (Legend, var legendHeight) = PlaceLegend(_scene.Legend, Edge, top, Width - (2 * Edge));
            top += legendHeight;
        }

        var bottom = (Caption.Count > 0 ? (Caption.Count * 14) + 8 : 0) + Edge + below;
        Height = _options.Height
            ?? top + (rows * (margins.Top + size.Height + margins.Bottom + Gutter)) - Gutter + bottom;

        if (_options.Width is not null || _options.Height is not null)
        {
            size = new SKSize(
                Math.Max(8, ((Width - left - Edge - barSpace + Gutter) / columns)
                    - Gutter - margins.Left - margins.Right),
                Math.Max(8, ((Height - top - bottom + Gutter) / rows) - Gutter - margins.Top - margins.Bottom));
            size = Squared(size);
            margins = MarginsFor(size);
        }

        Panels = [.. _scene.Panels.Select((panel, i) =>
        {
            var x = left + (i % columns * (margins.Left + size.Width + margins.Right + Gutter)) + margins.Left;
            var y = top + (i / columns * (margins.Top + size.Height + margins.Bottom + Gutter)) + margins.Top;
            var plot = new SKRect(
                MathF.Round(x), MathF.Round(y), MathF.Round(x) + size.Width, MathF.Round(y) + size.Height);
            var own = _scene.SharedColors is null && panel.Colors is not null;
            var bar = own ? Bar(plot) : (SKRect?)null;
            var (tx, ty) = TicksFor(panel, size);
            return new PanelLayout(
                panel, plot, TitleRoom(plot), bar, tx, ty, IsSideways(panel, tx, size), margins.Left, margins.Bottom);
        })];
        if (!_scene.HasOneLegend)
        {
            Legend = [.. Panels.SelectMany(panel => PlaceLegend(
                _scene.LegendOf(panel.Panel),
                panel.Plot.Left,
                panel.Plot.Top - margins.Top,
                size.Width + margins.Right).Placed)];
        }

        Grid = Panels.Select(panel => panel.Plot).Aggregate(SKRect.Union);
        if (_scene.SharedColors is not null)
        {
            var height = Math.Min(Grid.Height, 460);
            var middle = Grid.MidY;
            SharedBar = Bar(
                new SKRect(Grid.Left, middle - (height / 2), Grid.Right + margins.Right, middle + (height / 2)));
        }
    }

    private SKRect TitleRoom(SKRect plot) => new(plot.Left - 10, plot.Top - TitleSpace, plot.Right + 10, plot.Top);

    private static SKRect Bar(SKRect plot) => new(plot.Right + 14, plot.Top, plot.Right + 14 + BarWidth, plot.Bottom);

    /// <summary>Room to the right of a plot for a colour bar with its ticks and label.</summary>
    private float BarSpace(SceneColors colors)
    {
        var ticks = ColorTicks(colors, 200);
        return 14 + BarWidth + 6 + ticks.Labels.Select(label => Pen.Width(label, 10)).DefaultIfEmpty(0).Max()
            + (colors.Label.Length > 0 ? 18 : 0);
    }

    /// <summary>
    /// The ticks of a colour bar; one where all cells are equal, since the range is a width then beside which every tick
    /// would read the same but for its last digits.
    /// </summary>
    public static TickSet ColorTicks(SceneColors colors, float length) =>
        colors.Kind == ColorScaleKind.Sequential
            && colors.Maximum - colors.Minimum <= Math.Max(1e-12, Math.Abs(colors.Minimum) * 1.01e-6)
            ? new TickSet([colors.Minimum], [NumberText.Short(colors.Minimum)], [])
            : LinearTicks.Make(colors.Minimum, colors.Maximum, Math.Max(2, (int)(length / 45)), integers: false);

    /// <summary>The size of one plot where nobody asks for another.</summary>
    private SKSize NaturalPlot(int columns)
    {
        var (width, height) = columns switch
        {
            1 => (700f, 380f),
            2 => (420, 280),
            3 => (300, 230),
            4 => (230, 180),
            5 => (180, 140),
            _ => (130, 104),
        };
        var maps = _scene.Panels.Where(panel => panel.Map is not null).ToList();
        if (maps.Count == 0)
        {
            return new SKSize(width, height);
        }

        var map = maps[0].Map!;
        int mapColumns = Math.Max(1, map.Matrix.Columns), mapRows = Math.Max(1, map.Matrix.Rows);
        var side = columns switch { 1 => 620f, 2 => 420, 3 => 320, 4 => 240, 5 => 190, _ => 132 };
        if (!map.SquareCells)
        {
            // Rows high enough that every third one can be named.
            var tall = Math.Max(side * Math.Clamp((float)mapRows / mapColumns, 0.35f, 1f), Math.Min(side, mapRows * 4));
            return new SKSize(Whole(side * 1.2f, mapColumns), Whole(tall, mapRows));
        }

        var cell = Math.Min(side / mapColumns, side / mapRows);
        cell = cell >= 1.5f ? MathF.Round(cell) : cell;
        return new SKSize(Math.Max(24, cell * mapColumns), Math.Max(24, cell * mapRows));
    }

    /// <summary>
    /// The nearest length that gives every cell the same number of pixels, where that is not far off.
    /// </summary>
    private static float Whole(float length, int cells)
    {
        var pixels = MathF.Round(length / cells);
        return pixels >= 1
            && Math.Abs((pixels * cells) - length) < 0.3f * length ? pixels * cells : MathF.Round(length);
    }

    private SKSize Squared(SKSize size)
    {
        var map = _scene.Panels
            .Select(panel => panel.Map)
            .FirstOrDefault(candidate => candidate is { SquareCells: true });
        if (map is null || map.Matrix.Rows == 0 || map.Matrix.Columns == 0)
        {
            return size;
        }

        var cell = Math.Min(size.Width / map.Matrix.Columns, size.Height / map.Matrix.Rows);
        return new SKSize(Math.Max(8, cell * map.Matrix.Columns), Math.Max(8, cell * map.Matrix.Rows));
    }

    private Margins MarginsFor(SKSize size)
    {
        float left = 4, bottom = 4, right = 4;
        foreach (var panel in _scene.Panels)
        {
            var (x, y) = TicksFor(panel, size);
            left = Math.Max(left, y.Labels.Select(label => Pen.Width(label, TickSize)).DefaultIfEmpty(0).Max() + 9);
            bottom = Math.Max(bottom, IsSideways(panel, x, size)
                ? x.Labels.Select(label => Pen.Width(label, TickSize)).DefaultIfEmpty(0).Max() + 10
                : x.Labels.Length > 0 ? TickSize + 11 : 4);
            if (!IsSideways(panel, x, size) && x.Labels.Length > 0)
            {
                right = Math.Max(right, (Pen.Width(x.Labels[^1], TickSize) / 2) + 2);
            }

            if (_scene.SharedColors is null && panel.Colors is { } colors)
            {
                right = Math.Max(right, BarSpace(colors) + 4);
            }
        }

        var labels = !IsCompact;
        return new Margins(
            left + (labels && _scene.Panels.Any(panel => panel.Panel.Y.FullLabel.Length > 0) ? 21 : 0),
            TitleSpace + (_scene.HasOneLegend
                ? 0
                : _scene.Panels.Max(panel => PlaceLegend(_scene.LegendOf(panel), 0, 0, size.Width + right).Height)),
            right,
            bottom + (labels && _scene.Panels.Any(panel => panel.Panel.X.FullLabel.Length > 0) ? 18 : 0));
    }

    /// <summary>Room above a plot for its title.</summary>
    private float TitleSpace => _scene.Panels.Any(panel => panel.Panel.Title.Length > 0) ? (IsCompact ? 15 : 20) : 5;

    private (TickSet X, TickSet Y) TicksFor(ScenePanel panel, SKSize size)
    {
        if (IsCompact && panel.Map is not null)
        {
            return (TickSet.None, TickSet.None);
        }

        return (Ticks(panel.Panel.X, panel.X, size.Width, horizontal: true), Ticks(
            panel.Panel.Y, panel.Y, size.Height, horizontal: false));
    }

    private TickSet Ticks(ChartAxis axis, AxisRange range, float pixels, bool horizontal)
    {
        if (axis.Categories is { } names)
        {
            var longest = IsCompact ? 10 : names.Count <= 24 ? 40 : 22;
            var spacing = TickSize + 1.5f;
            if (horizontal)
            {
                var widest = names
                    .Take(2000)
                    .Select(name => Pen.Width(SafeText.Shorten(name, longest), TickSize))
                    .DefaultIfEmpty(0)
                    .Max() + 8;
                spacing = widest * names.Count <= pixels ? widest : spacing;
            }

            return CategoryTicks.Make(names, pixels, spacing, longest);
        }

        double low = Math.Min(range.Minimum, range.Maximum), high = Math.Max(range.Minimum, range.Maximum);
        var count = Math.Max(2, (int)(pixels / (horizontal ? (IsCompact ? 55 : 75) : (IsCompact ? 30 : 42))));
        return range.Scale == AxisScale.Log
            ? LogTicks.Make(low, high, count)
            : LinearTicks.Make(low, high, count, range.Integers);
    }

    /// <summary>True where the labels below a plot do not fit beside each other and are turned by 90°.</summary>
    private bool IsSideways(ScenePanel panel, TickSet ticks, SKSize size)
    {
        if (panel.Panel.X.Categories is not { } names || ticks.Positions.Length < 2)
        {
            return false;
        }

        var apart = (ticks.Positions[1] - ticks.Positions[0]) * size.Width / Math.Max(1, names.Count);
        return ticks.Labels.Max(label => Pen.Width(label, TickSize)) + 6 > apart;
    }

    /// <summary>Places entries in rows; gives back where they stand and how high they are together.</summary>
    private static (IReadOnlyList<(LegendEntry Entry, SKRect Room)> Placed, float Height) PlaceLegend(
        IReadOnlyList<LegendEntry> entries, float left, float top, float width)
    {
        if (entries.Count == 0)
        {
            return ([], 0);
        }

        var placed = new List<(LegendEntry, SKRect)>();
        float x = left, y = top;
        foreach (var entry in entries)
        {
            var shown = entry with { Text = Pen.Fit(SafeText.Shorten(entry.Text, 48), LabelSize, width - 30) };
            var wide = 26 + Pen.Width(shown.Text, LabelSize);
            if (x > left && x + wide > left + width)
            {
                (x, y) = (left, y + 18);
            }

            placed.Add((shown, new SKRect(x, y, x + wide, y + 16)));
            x += wide + 16;
        }

        return (placed, y - top + 22);
    }

    private string Common(Func<ChartPanel, string> label)
    {
        var labels = _scene.Panels.Select(panel => label(panel.Panel)).Distinct(StringComparer.Ordinal).ToList();
        return labels.Count == 1 ? labels[0] : string.Empty;
    }

    private sealed record Margins(float Left, float Top, float Right, float Bottom);
}
