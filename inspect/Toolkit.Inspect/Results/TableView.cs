using System.Globalization;
using Spectre.Console;
using Toolkit.Formats;
using Table = Toolkit.Formats.Tables.Table;

namespace Toolkit.Inspect.Results;

/// <summary>
/// A table of results as a person reads it on a terminal: numbers with five digits, aligned right; long text cut.
/// </summary>
internal static class TableView
{
    /// <summary>Draws some rows of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="maximumRows">How many rows at most.</param>
    public static Spectre.Console.Table Of(Table table, int maximumRows = int.MaxValue)
    {
        var view = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (var column in table.Columns)
        {
            view.AddColumn(new TableColumn(new Text(HostileText.OneLine(column.Name))) { Alignment = IsNumber(column)
                ? Justify.Right
                : Justify.Left });
        }

        for (var row = 0; row < Math.Min(table.RowCount, maximumRows); row++)
        {
            view.AddRow([.. table.Columns.Select(column => new Text(Cell(column.ValueAt(row))))]);
        }

        return view;
    }

    /// <summary>Draws a wide table as several, each as wide as the terminal and with the first columns again.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">How many columns say what a row is.</param>
    /// <param name="width">Characters of a line of the terminal.</param>
    public static IEnumerable<PlainTable> Blocks(Table table, int keys, int width)
    {
        PlainTable.Column[] first = [.. table.Columns.Take(keys).Select(PlainTable.Column.Of)];
        var most = width - 1 - first.Sum(Room);
        var left = most;
        List<PlainTable.Column> block = [];
        foreach (var column in table.Columns.Skip(keys).Select(PlainTable.Column.Of))
        {
            left -= Room(column);
            if (block.Count > 0 && left < 0)
            {
                yield return new PlainTable([.. first, .. block]);
                block.Clear();
                left = most - Room(column);
            }

            block.Add(column);
        }

        yield return new PlainTable([.. first, .. block]);
    }

    /// <summary>One value as a cell shows it.</summary>
    public static string Cell(object? value) => value switch
    {
        null => "",
        double number => number.ToString("G5", CultureInfo.InvariantCulture),
        float number => number.ToString("G5", CultureInfo.InvariantCulture),
        double[] list => List(list.Length, list.Take(8).Select(v => (object)v)),
        float[] list => List(list.Length, list.Take(8).Select(v => (object)v)),
        bool truth => truth ? "true" : "false",
        string text => HostileText.OneLine(text, 120),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>
    /// A share in percent with two digits: "12.50". The third part of the format is for what rounds to zero, which
    /// would else keep its sign.
    /// </summary>
    public static string Percent(double share) =>
        (100 * share).ToString("0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    private static string List(int length, IEnumerable<object> first) =>
        $"[{string.Join(", ", first.Select(Cell))}{(length > 8 ? $", … {length} in all" : "")}]";

    /// <summary>Whether a column is aligned to the right.</summary>
    public static bool IsNumber(Formats.Tables.TableColumn column) => column.Type is Formats.Tables.ColumnType.Float64
        or Formats.Tables.ColumnType.Float32 or Formats.Tables.ColumnType.Int32 or Formats.Tables.ColumnType.Int64;

    private static int Room(PlainTable.Column column) => column.Width + PlainTable.Gap;
}
