using Spectre.Console.Rendering;
using Toolkit.Formats;
using Table = Toolkit.Formats.Tables.Table;

namespace Toolkit.Inspect.Results;

/// <summary>
/// A table drawn as <see cref="TableView.Of"/> draws it where it fits the line, some twenty times as fast: nothing is
/// wrapped or measured twice, which counts from a million cells on.
/// </summary>
/// <param name="table">The table; no line is wrapped, however wide.</param>
internal sealed class PlainTable(Table table) : IRenderable
{
    private const int Gap = 3;

    /// <inheritdoc/>
    public Measurement Measure(RenderOptions options, int maxWidth) => new(maxWidth, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var names = table.Columns.Select(column => HostileText.OneLine(column.Name)).ToArray();
        var cells = table.Columns.Select(column => Enumerable.Range(0, table.RowCount)
            .Select(row => TableView.Cell(column.ValueAt(row)))
            .ToArray()).ToArray();
        var isRight = table.Columns.Select(TableView.IsNumber).ToArray();
        int[] widths = [.. cells.Select((column, c) => column.Select(cell => cell.Length).Append(names[c].Length).Max())];
        Segment Line(Func<int, string> cell) => new($"  {string.Join(new string(' ', Gap), widths.Select((width, c) =>
            isRight[c] ? cell(c).PadLeft(width) : cell(c).PadRight(width)))}  ");

        var whole = widths.Sum() + (Gap * widths.Length) + 1;
        Segment[] around = [new(new string(' ', whole)), Segment.LineBreak];
        return [
            .. around,
            Line(c => names[c]),
            Segment.LineBreak,
            new(new string('─', whole)),
            Segment.LineBreak,
            .. Enumerable.Range(0, table.RowCount).SelectMany(
                row => (Segment[])[Line(c => cells[c][row]), Segment.LineBreak]),
            .. around,
        ];
    }
}
