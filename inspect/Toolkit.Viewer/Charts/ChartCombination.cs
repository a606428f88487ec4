using Toolkit.Analysis.Charts;
using Toolkit.Formats;

namespace Toolkit.Viewer.Charts;

/// <summary>Makes one chart of the same chart of several runs.</summary>
internal static class ChartCombination
{
    /// <summary>
    /// The runs' panels in one row each on a common scale; of two runs with heat maps of one size also the difference,
    /// first minus second.
    /// </summary>
    public static ChartSpec Beside(IReadOnlyList<ChartSpec> charts, IReadOnlyList<string> runs)
    {
        var count = charts.Max(chart => chart.Panels.Count);
        var differences = charts.Count == 2
            ? [.. Enumerable.Range(0, count).Select(at => Difference(charts, at)).OfType<ChartPanel>()]
            : new List<ChartPanel>();
        var withDifference = charts.Count == 2 && differences.Count == count;
        // A difference has both signs: on one scale with values that have one, theirs would take half of the colours.
        var ownScale = withDifference && Maps(charts).All(map => map.Colors.Kind == ColorScaleKind.Sequential);
        List<List<ChartPanel>> rows = [.. Enumerable.Range(0, count).Select(at => charts.Zip(runs, (chart, run) =>
        {
            var panel = at < chart.Panels.Count ? chart.Panels[at] : chart.Panels[^1] with { Marks = [] };
            return panel with { Title = Join(run, panel.Title) };
        }).ToList())];
        if (ownScale && charts.All(chart => chart.SharedScale))
        {
            rows = [.. OnOneScale([.. rows.SelectMany(row => row)]).Chunk(charts.Count).Select(row => row.ToList())];
            differences = OnOneScale(differences);
        }
        else if (ownScale)
        {
            rows = rows.ConvertAll(OnOneScale);
        }

        return charts[0] with
        {
            Title = Title(charts),
            Panels = [.. rows.SelectMany((row, at) => withDifference ? row.Append(differences[at]) : row)],
            Columns = charts.Count + (withDifference ? 1 : 0),
            Caption = Maps(charts).Any() && charts.Count == 2 && !withDifference
                ? $"{Caption(charts, runs)} No difference: the two are not of one size.".TrimStart()
                : Caption(charts, runs),
            SharedScale = !ownScale,
            Provenance = Provenance(charts, runs),
        };
    }

    /// <summary>
    /// The lines, points and bars of all runs in the panels of the first. Where a panel has one mark, colours are the
    /// runs. Of several, colours are the lines and strokes the up to three runs, or, of more runs, the other way round;
    /// bars have no stroke, and a colour each. Named positions (matrices, irreps) are those of all runs, and what is of
    /// one name stands at one place.
    /// </summary>
    /// <exception cref="BadInputException">The charts hold heat maps, which would hide each other.</exception>
    public static ChartSpec Over(IReadOnlyList<ChartSpec> charts, IReadOnlyList<string> runs)
    {
        if (charts.Any(chart => chart.Panels.Any(panel => panel.Marks.OfType<HeatMapMark>().Any())))
        {
            throw new BadInputException("Heat maps cannot be laid over each other; show the runs beside each other.");
        }

        charts = OnOneAxis(charts);
        var panels = charts[0].Panels.Select((panel, at) => panel with
        {
            Marks =
            [
                .. charts.Zip(runs).SelectMany((pair, run) => at < pair.First.Panels.Count
                    ? pair.First.Panels[at].Marks.Select((mark, index) => Of(
                        mark,
                        pair.Second,
                        run,
                        charts.Count,
                        index,
                        pair.First.Panels[at].Marks.Count(other => other is not RuleMark)))
                    : []),
            ],
        });
        return charts[0] with
        {
            Title = Title(charts),
            Panels = [.. panels],
            Caption = Caption(charts, runs),
            Provenance = Provenance(charts, runs),
        };
    }

    private static string Title(IReadOnlyList<ChartSpec> charts) =>
        string.Join(" and ", charts.Select(chart => chart.Title).Distinct());

    // What a caption counts is counted in one run: where captions differ, each says which run it is of.
    private static string Caption(IReadOnlyList<ChartSpec> charts, IReadOnlyList<string> runs) =>
        charts.All(chart => chart.Caption == charts[0].Caption)
            ? charts[0].Caption
            : string.Join(' ', charts.Zip(runs, (chart, run) => Join(run, chart.Caption)));

    private static IEnumerable<HeatMapMark> Maps(IEnumerable<ChartSpec> charts) =>
        charts.SelectMany(chart => chart.Panels).SelectMany(panel => panel.Marks).OfType<HeatMapMark>();

    // Runs of different networks name different positions: the second run's third matrix is not the first's.
    private static List<ChartSpec> OnOneAxis(IReadOnlyList<ChartSpec> charts)
    {
        var axes = charts.SelectMany(chart => chart.Panels.Select((panel, at) => (At: at, panel.X.Categories)))
            .Where(axis => axis.Categories is not null)
            .GroupBy(axis => axis.At, axis => Occurrences(axis.Categories!))
            .ToDictionary(axis => axis.Key, axis => axis.SelectMany(names => names).Distinct().ToList());
        return [.. charts.Select(chart => chart with
        {
            Panels = [.. chart.Panels.Select((panel, at) => panel.X.Categories is { } own && axes[at] is var all
                && all.Count > 0 && !all.Select(name => name.Name).SequenceEqual(own)
                    ? OnAxis(panel, Occurrences(own), all)
                    : panel)],
        })];
    }

    private static ChartPanel OnAxis(ChartPanel panel, List<(string, int)> own, List<(string Name, int Nth)> all)
    {
        var places = all.Select((name, place) => (name, place)).ToDictionary(pair => pair.name, pair => pair.place);
        return panel with
        {
            X = panel.X with { Categories = [.. all.Select(name => name.Name)] },
            Marks = [.. panel.Marks.Select(mark => mark switch
            {
                BarMark bars => bars with { Values = Bars(bars.Values) },
                LineMark line => line with { X = Moved(line.X) },
                PointMark points => points with { X = Moved(points.X) },
                _ => mark,
            })],
        };

        double[] Bars(IReadOnlyList<double> values)
        {
            var moved = new double[all.Count];
            Array.Fill(moved, double.NaN);
            for (var i = 0; i < own.Count; i++)
            {
                moved[places[own[i]]] = values[i];
            }

            return moved;
        }

        double[] Moved(IReadOnlyList<double> positions) => [.. positions.Select(
            at => at >= 0 && at < own.Count && double.IsInteger(at) ? places[own[(int)at]] : at)];
    }

    // A name that stands twice on an axis is two positions.
    private static List<(string Name, int Nth)> Occurrences(IReadOnlyList<string> names)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. names.Select(name => (name, seen[name] = seen.GetValueOrDefault(name) + 1))];
    }

    private static List<ChartPanel> OnOneScale(List<ChartPanel> panels)
    {
        var maps = panels.ConvertAll(panel => (HeatMapMark)panel.Marks[0]);
        var (low, high) = maps[0].Colors.Range(maps.Select(map => map.Matrix.Values));
        return [.. panels.Zip(maps, (panel, map) => panel with
        {
            Marks = [map with { Colors = map.Colors with { Minimum = low, Maximum = high } }],
        })];
    }

    private static ChartMark Of(ChartMark mark, string name, int run, int runs, int index, int marks)
    {
        var named = mark with { Name = Join(name, mark.Name), Color = run };
        return (named, marks, runs) switch
        {
            (_, 1, _) => named,
            (LineMark line, _, <= 3) => line with { Color = mark.Color ?? index, Style = (LineStyle)run },
            (LineMark line, _, _) => line with { Style = (LineStyle)(index % 3) },
            _ => named with { Color = (run * marks) + index },
        };
    }

    private static ChartPanel? Difference(IReadOnlyList<ChartSpec> charts, int at)
    {
        if (charts.Any(chart => at >= chart.Panels.Count)
            || charts[0].Panels[at] is not { Marks: [HeatMapMark left] } panel
            || charts[1].Panels[at].Marks is not [HeatMapMark right]
            || left.Matrix.Rows != right.Matrix.Rows || left.Matrix.Columns != right.Matrix.Columns)
        {
            return null;
        }

        var (a, b) = (left.Matrix.Values, right.Matrix.Values);
        var difference = new float[a.Length];
        System.Numerics.Tensors.TensorPrimitives.Subtract(a.Span, b.Span, difference);
        return panel with
        {
            Title = Join("difference", panel.Title),
            Marks =
            [
                left with
                {
                    Name = "difference",
                    Matrix = new ChartMatrix(left.Matrix.Rows, left.Matrix.Columns, difference),
                    Colors = ColorScale.Diverging(left.Colors.Label),
                },
            ],
        };
    }

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first}: {second}";

    private static ChartProvenance? Provenance(IReadOnlyList<ChartSpec> charts, IReadOnlyList<string> runs)
    {
        var all = charts.Select(chart => chart.Provenance).OfType<ChartProvenance>().ToList();
        return all.Count == 0 ? null : all[0] with
        {
            Run = string.Join(" and ", runs),
            ModelSha256 = Each(one => one.ModelSha256 is { Length: > 12 } hash ? hash[..12] : "unknown"),
            Tensor = all[0].Tensor is null ? null : Each(one => one.Tensor),
            Count = all.All(one => one.Count == all[0].Count) ? all[0].Count : null,
        };

        string Each(Func<ChartProvenance, string?> part) => string.Join(" and ", all.Select(part).Distinct());
    }
}
