namespace Toolkit.Analysis.Charts;

/// <summary>Finds contradictions in a specification, so that a renderer meets none.</summary>
public static class ChartFaults
{
    /// <summary>Lists every fault with its place.</summary>
    /// <param name="spec">The specification.</param>
    /// <returns>One sentence per fault; none for a sound specification.</returns>
    public static IEnumerable<string> Find(ChartSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Version > ChartSpec.CurrentVersion || spec.Version < 1)
        {
            yield return $"version is {spec.Version}; this program reads 1 to {ChartSpec.CurrentVersion}.";
        }

        if (spec.Panels.Count == 0)
        {
            yield return "panels is empty; a chart has at least one.";
        }

        if (spec.Columns < 1)
        {
            yield return $"columns is {spec.Columns}; it is at least 1.";
        }

        for (var i = 0; i < spec.Panels.Count; i++)
        {
            foreach (var fault
                in spec.Panels[i].Marks.SelectMany((mark, j) => Find(mark, spec.Panels[i], $"panels[{i}].marks[{j}]")))
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<string> Find(ChartMark mark, ChartPanel panel, string place) => mark switch
    {
        LineMark line => Same(place, ("x", line.X.Count), ("y", line.Y.Count)),
        PointMark points => Same(place, ("x", points.X.Count), ("y", points.Y.Count), ("labels", points.Labels?.Count),
                ("values", points.Values?.Count), ("categories", points.Categories?.Count))
            .Concat(If(points.Values is not null && points.Colors is null, $"{place} has values but no colors."))
            .Concat(If(
                points.Values is not null && points.Categories is not null,
                $"{place} has values and categories; a point has one colour.")),
        BarMark bars => If(panel.X.Categories is null, $"{place} is bars, but the x axis has no categories.")
            .Concat(Same(place, ("values", bars.Values.Count), ("the x axis's categories", panel.X.Categories?.Count))),
        HistogramMark histogram =>
            Same(place, ("edges less one", histogram.Edges.Count - 1), ("counts", histogram.Counts.Count))
                .Concat(If(!IsAscending(histogram.Edges), $"{place}: the edges do not ascend.")),
        HeatMapMark map =>
            Same(place, ("columns", map.Matrix.Columns), ("the x axis's categories", panel.X.Categories?.Count))
                .Concat(Same(place, ("rows", map.Matrix.Rows), ("the y axis's categories", panel.Y.Categories?.Count))),
        RuleMark rule =>
            If(!double.IsFinite(rule.At), $"{place} stands at {rule.At}; a rule stands at a finite value."),
        _ => [],
    };

    private static IEnumerable<string> If(bool wrong, string fault) => wrong ? [fault] : [];

    private static IEnumerable<string> Same(string place, params (string What, int? Count)[] lists)
    {
        var (first, expected) = lists[0];
        return lists.Where(list => list.Count is { } count && count != expected)
            .Select(list => $"{place}: {first} has {expected}, {list.What} {list.Count}; they must agree.");
    }

    private static bool IsAscending(IReadOnlyList<double> edges)
    {
        for (var i = 1; i < edges.Count; i++)
        {
            if (!(edges[i] > edges[i - 1]))
            {
                return false;
            }
        }

        return true;
    }
}
