using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Charts;

/// <summary>The data behind a chart as one long table, for download as CSV or Parquet.</summary>
/// <remarks>
/// One row per point, bar, bin or cell. Columns, those without any value left out: <c>panel</c>, <c>series</c>, <c>x</c>,
/// <c>x_name</c>, <c>x_end</c> (histograms: the upper edge), <c>y</c>, <c>y_name</c>, <c>value</c> (cells, coloured points),
/// <c>label</c>. Rules across the panel are no data and have no row.
/// </remarks>
public static class ChartTable
{
    /// <summary>Collects the data of all panels.</summary>
    /// <param name="spec">The chart; its matrices are in memory.</param>
    /// <param name="isTaken">Which rows are taken: panel, mark, x, x_end (x where it has none), y; null for all.</param>
    /// <returns>The table; it may have no rows.</returns>
    public static Table From(ChartSpec spec, Func<int, ChartMark, double, double, double, bool>? isTaken = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var rows = new Rows();
        for (var at = 0; at < spec.Panels.Count; at++)
        {
            var index = at;
            rows.IsTaken = isTaken is null ? null : (mark, x, end, y) => isTaken(index, mark, x, end, y);
            foreach (var mark in spec.Panels[at].Marks)
            {
                Add(rows, spec.Panels[at], mark);
            }
        }

        return rows.ToTable();
    }

    private static void Add(Rows rows, ChartPanel panel, ChartMark mark)
    {
        switch (mark)
        {
            case LineMark line:
                for (var i = 0; i < line.X.Count; i++)
                {
                    rows.Add(panel, mark, x: line.X[i], y: line.Y[i]);
                }

                break;
            case PointMark points:
                for (var i = 0; i < points.X.Count; i++)
                {
                    rows.Add(panel, mark, x: points.X[i], y: points.Y[i], value: points.Values?[i], label: points.Labels?[i], series: points.Categories?[i]);
                }

                break;
            case BarMark bars:
                for (var i = 0; i < bars.Values.Count; i++)
                {
                    rows.Add(panel, mark, x: i, y: bars.Values[i]);
                }

                break;
            case HistogramMark histogram:
                for (var i = 0; i < histogram.Counts.Count; i++)
                {
                    rows.Add(panel, mark, x: histogram.Edges[i], end: histogram.Edges[i + 1], y: histogram.Counts[i]);
                }

                break;
            case HeatMapMark map:
                for (var i = 0; i < map.Matrix.Rows; i++)
                {
                    for (var j = 0; j < map.Matrix.Columns; j++)
                    {
                        rows.Add(panel, mark, x: j, y: i, value: map.Matrix[i, j]);
                    }
                }

                break;
        }
    }

    private sealed class Rows
    {
        private readonly List<string?> _panel = [], _series = [], _xName = [], _yName = [], _label = [];
        private readonly List<double?> _end = [], _value = [];
        private readonly List<double> _x = [], _y = [];

        public Func<ChartMark, double, double, double, bool>? IsTaken { get; set; }

        public void Add(
            ChartPanel panel, ChartMark mark, double x, double y, double? end = null, double? value = null, string? label = null, string? series = null)
        {
            if (IsTaken?.Invoke(mark, x, end ?? x, y) == false)
            {
                return;
            }

            _panel.Add(Text(panel.Title));
            _series.Add(series ?? Text(mark.Name));
            _x.Add(x);
            _xName.Add(NameAt(panel.X, x));
            _end.Add(end);
            _y.Add(y);
            _yName.Add(NameAt(panel.Y, y));
            _value.Add(value);
            _label.Add(label);
        }

        public Table ToTable()
        {
            var columns = new List<TableColumn>();
            AddText("panel", _panel);
            AddText("series", _series);
            columns.Add(TableColumn.Create("x", _x.ToArray()));
            AddText("x_name", _xName);
            AddNumber("x_end", _end);
            columns.Add(TableColumn.Create("y", _y.ToArray()));
            AddText("y_name", _yName);
            AddNumber("value", _value);
            AddText("label", _label);
            return new Table(columns);

            void AddText(string name, List<string?> values)
            {
                if (values.Exists(value => value is not null))
                {
                    columns.Add(TableColumn.Create(name, values.ToArray()));
                }
            }

            void AddNumber(string name, List<double?> values)
            {
                if (values.Exists(value => value is not null))
                {
                    columns.Add(TableColumn.Create(name, values.ToArray()));
                }
            }
        }

        private static string? Text(string text) => text.Length == 0 ? null : text;

        private static string? NameAt(ChartAxis axis, double position) =>
            axis.Categories is { } names && position >= 0 && position < names.Count && Math.Abs(position - Math.Round(position)) < 1e-9
                ? names[(int)Math.Round(position)]
                : null;
    }
}
