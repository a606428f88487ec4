using Spectre.Console.Rendering;
using Toolkit.Formats;
using TableColumn = Toolkit.Formats.Tables.TableColumn;

namespace Toolkit.Inspect.Results;

/// <summary>
/// A table drawn as <see cref="TableView.Of"/> draws it where it fits the line, some twenty times as fast: nothing is
/// wrapped or measured twice, which counts from a million cells on.
/// </summary>
/// <param name="columns">The columns; no line is wrapped, however wide.</param>
internal sealed class PlainTable(IReadOnlyList<PlainTable.Column> columns) : IRenderable
{
    /// <summary>Characters between two columns.</summary>
    public const int Gap = 3;

    /// <summary>A column as it is shown.</summary>
    /// <param name="Name">Its heading.</param>
    /// <param name="Cells">One for each row.</param>
    /// <param name="IsRight">Whether it is aligned to the right.</param>
    public sealed record Column(string Name, string[] Cells, bool IsRight)
    {
        /// <summary>Characters of the longest cell, or of the heading.</summary>
        public int Width { get; } = Cells.Select(cell => cell.Length).Append(Name.Length).Max();

        /// <summary>Formats every cell.</summary>
        public static Column Of(TableColumn column) => new(
            HostileText.OneLine(column.Name),
            [.. Enumerable.Range(0, column.Count).Select(row => TableView.Cell(column.ValueAt(row)))],
            TableView.IsNumber(column));

        /// <summary>A text as wide as the column.</summary>
        public string Pad(string text) => IsRight ? text.PadLeft(Width) : text.PadRight(Width);
    }

    /// <inheritdoc/>
    public Measurement Measure(RenderOptions options, int maxWidth) => new(maxWidth, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        Segment Line(Func<Column, string> cell) =>
            new($"  {string.Join(new string(' ', Gap), columns.Select(column => column.Pad(cell(column))))}  ");
        var whole = columns.Sum(column => column.Width + Gap) + 1;
        Segment[] around = [new(new string(' ', whole)), Segment.LineBreak];
        return [
            .. around,
            Line(column => column.Name),
            Segment.LineBreak,
            new(new string('─', whole)),
            Segment.LineBreak,
            .. Enumerable.Range(0, columns[0].Cells.Length).SelectMany(
                row => (Segment[])[Line(column => column.Cells[row]), Segment.LineBreak]),
            .. around,
        ];
    }
}
