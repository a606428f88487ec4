using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Scenes;

/// <summary>A chart with ranges, colours and legend decided, before any pixel is.</summary>
internal sealed class Scene
{
    private const int LongestLegend = 32;

    private Scene(ChartSpec spec, ChartTheme theme, IReadOnlyList<ScenePanel> panels, IReadOnlyList<string> categories)
    {
        Spec = spec;
        Theme = theme;
        Panels = panels;
        Categories = categories;
        Legend = Limited([.. spec.Panels.SelectMany(LegendOf).Distinct()]);

        // One legend serves all panels where they show the same series; else equal colours would mean different things.
        HasOneLegend = panels.Count > 8
            || spec.Panels.Select(panel => LegendOf(panel).ToHashSet()).Where(legend => legend.Count > 0)
                .Aggregate((First: (HashSet<LegendEntry>?)null, Same: true), (seen, legend) => (seen.First
                    ?? legend, seen.Same && (seen.First is null || Nested(seen.First, legend)))).Same;
    }

    public ChartSpec Spec { get; }

    public ChartTheme Theme { get; }

    public IReadOnlyList<ScenePanel> Panels { get; }

    /// <summary>The categories of points, in order of appearance; their position is their colour.</summary>
    public IReadOnlyList<string> Categories { get; }

    public IReadOnlyList<LegendEntry> Legend { get; }

    /// <summary>True where one legend stands above all panels, false where each panel has its own.</summary>
    public bool HasOneLegend { get; }

    /// <summary>The legend of one panel.</summary>
    public IReadOnlyList<LegendEntry> LegendOf(ScenePanel panel) => Limited([.. LegendOf(panel.Panel)]);

    /// <summary>The colours that all panels share, or null where each panel has its own or none has any.</summary>
    public SceneColors? SharedColors =>
        Spec.SharedScale && Panels.Count > 1
            ? Panels.Select(panel => panel.Colors).FirstOrDefault(colors => colors is not null)
            : null;

    public static Scene Make(ChartSpec spec, ChartTheme theme)
    {
        var ranges = spec.Panels.Select(AxisRanges.Find).ToList();
        var colors = spec.Panels.Select(panel => ColorsOf([panel])).ToList();
        if (spec.SharedScale)
        {
            var shared = ColorsOf(spec.Panels);
            colors = [.. colors.Select(own => own is null ? null : shared)];
            ranges = ShareY(spec.Panels, ranges);
        }

        return new Scene(
            spec,
            theme,
            [.. spec.Panels.Select((panel, i) => new ScenePanel(panel, ranges[i].X, ranges[i].Y, colors[i]))],
            [.. spec.Panels
                .SelectMany(panel => panel.Marks)
                .OfType<PointMark>()
                .SelectMany(points => points.Categories ?? [])
                .Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>The colour of a series: its own number, or its position in the panel.</summary>
    public ChartColor ColorOf(ChartPanel panel, ChartMark mark)
    {
        if (mark is RuleMark && mark.Color is null)
        {
            return Theme.MutedInk;
        }

        var index = mark.Color ?? panel.Marks
            .Where(other => other is not RuleMark and not HeatMapMark)
            .TakeWhile(other => !ReferenceEquals(other, mark))
            .Count();
        return Themed(ChartPalette.Category(index));
    }

    /// <summary>The colour of a category of points.</summary>
    public ChartColor ColorOfCategory(string category) =>
        Themed(ChartPalette.Category(Categories.ToList().IndexOf(category)));

    private static SceneColors? ColorsOf(IEnumerable<ChartPanel> panels)
    {
        ColorScale? scale = null;
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var mark in panels.SelectMany(panel => panel.Marks))
        {
            if (mark is HeatMapMark map)
            {
                scale ??= map.Colors;
                foreach (var value in map.Matrix.Values.Span)
                {
                    if (float.IsFinite(value))
                    {
                        (low, high) = (Math.Min(low, value), Math.Max(high, value));
                    }
                }
            }
            else if (mark is PointMark { Values: { } values, Colors: { } colors })
            {
                scale ??= colors;
                foreach (var value in values.Where(double.IsFinite))
                {
                    (low, high) = (Math.Min(low, value), Math.Max(high, value));
                }
            }
        }

        if (scale is null)
        {
            return null;
        }

        var (minimum, maximum) = scale.Range(low, high);
        return new SceneColors(scale.Kind, minimum, maximum, scale.Label);
    }

    private static List<(AxisRange X, AxisRange Y)> ShareY(
        IReadOnlyList<ChartPanel> panels, List<(AxisRange X, AxisRange Y)> ranges)
    {
        var alike = Enumerable.Range(0, ranges.Count)
            .Where(i => !panels[i].Marks.OfType<HeatMapMark>().Any())
            .GroupBy(i => (panels[i].Y.Label, panels[i].Y.Unit, panels[i].Y.Scale));
        foreach (var group in alike)
        {
            var union = AxisRanges.Union([.. group.Select(i => ranges[i].Y)]);
            foreach (var i in group)
            {
                ranges[i] = (ranges[i].X, union);
            }
        }

        return ranges;
    }

    private ChartColor Themed(ChartColor color) => color.Mix(new ChartColor(255, 255, 255), Theme.Lighten);

    private static bool Nested(HashSet<LegendEntry> one, HashSet<LegendEntry> other) =>
        one.IsSubsetOf(other) || other.IsSubsetOf(one);

    private List<LegendEntry> Limited(List<LegendEntry> entries)
    {
        if (entries.Count > LongestLegend)
        {
            var hidden = entries.Count - LongestLegend + 1;
            entries.RemoveRange(LongestLegend - 1, hidden);
            entries.Add(new LegendEntry($"… and {hidden} more", Theme.MutedInk, LegendKey.Dot));
        }

        return entries;
    }

    private IEnumerable<LegendEntry> LegendOf(ChartPanel panel) =>
        panel.Marks.SelectMany(mark => EntriesOf(panel, mark)).Distinct();

    private IEnumerable<LegendEntry> EntriesOf(ChartPanel panel, ChartMark mark)
    {
        if (mark is PointMark { Categories: { } categories })
        {
            return categories
                .Distinct(StringComparer.Ordinal)
                .Select(category => new LegendEntry(category, ColorOfCategory(category), LegendKey.Dot));
        }

        return mark.Name.Length == 0 || mark is HeatMapMark || mark is PointMark { Values: not null }
            ? []
            : [new LegendEntry(mark.Name, ColorOf(panel, mark), mark switch
            {
                LineMark { Style: LineStyle.Dashed } or RuleMark => LegendKey.Dashed,
                LineMark { Style: LineStyle.Dotted } => LegendKey.Dotted,
                LineMark => LegendKey.Solid,
                PointMark => LegendKey.Dot,
                _ => LegendKey.Box,
            })];
    }
}
