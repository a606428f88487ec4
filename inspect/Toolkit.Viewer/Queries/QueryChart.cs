using System.Globalization;
using Toolkit.Analysis.Charts;
using Toolkit.Formats;
using Toolkit.Formats.Tables;

namespace Toolkit.Viewer.Queries;

/// <summary>A quick chart of a query's result.</summary>
internal static class QueryChart
{
    /// <summary>
    /// The chart's name in addresses; its parameters are <c>run</c>, <c>sql</c>, <c>kind</c>, <c>x</c>, <c>y</c> and
    /// <c>colour</c>.
    /// </summary>
    public const string Name = "sql";

    /// <summary>What a chart can be made of.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["line", "points", "bars"];

    /// <summary>Columns that hold numbers.</summary>
    public static IReadOnlyList<string> Numeric(Table table) =>
        [.. table.Columns.Where(IsNumber).Select(column => column.Name)];

    /// <summary>Draws columns of a table.</summary>
    /// <exception cref="BadInputException">A column does not exist or holds no numbers.</exception>
    public static ChartSpec Draw(Table table, string run, string kind, string x, string y, string? colour)
    {
        var ys = Numbers(table, y);
        var mark = kind switch
        {
            "bars" => (ChartMark)new BarMark { Values = ys },
            "points" => Points(table, x, ys, colour),
            "line" => new LineMark { X = Numbers(table, x), Y = ys, ShowPoints = table.RowCount <= 60 },
            _ => throw new BadInputException(
                $"'{kind}' is not a kind of chart. There are: {string.Join(", ", Kinds)}."),
        };
        var xAxis = kind == "bars" ? ChartAxis.Named(x, Texts(table, x)) : ChartAxis.Linear(x);
        return ChartSpec.Single($"{y} over {x}", xAxis, ChartAxis.Linear(y), mark)
            with { Provenance = new ChartProvenance { Run = run, Count = table.RowCount } };
    }

    private static PointMark Points(Table table, string x, double[] ys, string? colour)
    {
        var points = new PointMark { X = Numbers(table, x), Y = ys };
        return colour is null ? points
            : IsNumber(Column(table, colour))
            ? points with { Values = Numbers(table, colour), Colors = ColorScale.Sequential(colour) }
                : points with { Categories = Texts(table, colour) };
    }

    private static bool IsNumber(TableColumn column) =>
        column.Type is ColumnType.Float32
            or ColumnType.Float64 or ColumnType.Int32 or ColumnType.Int64 or ColumnType.Boolean;

    private static TableColumn Column(Table table, string name) => table.Contains(name)
        ? table[name]
        : throw new BadInputException(
            $"The result has no column '{name}'. It has: "
                + $"{string.Join(", ", table.Columns.Select(column => column.Name))}.");

    private static double[] Numbers(Table table, string name) => IsNumber(Column(table, name))
        ? table.Numbers(name)
        : throw new BadInputException(
            $"'{name}' holds no numbers; numbers are in: {string.Join(", ", Numeric(table))}.");

    private static IReadOnlyList<string> Texts(Table table, string name)
    {
        var column = Column(table, name);
        return [.. Enumerable.Range(0, column.Count)
            .Select(row => Convert.ToString(column.ValueAt(row), CultureInfo.InvariantCulture) ?? "NULL")];
    }
}
