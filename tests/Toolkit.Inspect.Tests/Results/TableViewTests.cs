using Spectre.Console;
using Toolkit.Inspect.Results;
using Table = Toolkit.Formats.Tables.Table;
using TableColumn = Toolkit.Formats.Tables.TableColumn;

namespace Toolkit.Inspect.Tests.Results;

public class TableViewTests
{
    [Theory]
    [InlineData(-1e-9, "0.00")]
    [InlineData(0, "0.00")]
    [InlineData(-0.125, "-12.50")]
    [InlineData(0.9999, "99.99")]
    [InlineData(double.NaN, "NaN")]
    public void A_share_that_rounds_to_zero_has_no_sign(double share, string shown) =>
        TableView.Percent(share).ShouldBe(shown);

    [Theory]
    [InlineData(24)]
    [InlineData(40)]
    [InlineData(4096)]
    public void Blocks_of_a_wide_table_fit_the_terminal_and_show_every_column_once(int width)
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(i => $"c{i}")];
        var table = new Table([
            TableColumn.Create("irrep", ["trivial", "sign"]),
            .. names.Select(name => TableColumn.Create(name, new[] { 1.0, -0.61803 }))]);
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 10_000;

        foreach (var block in TableView.Blocks(table, 1, width))
        {
            console.Write(block);
        }

        var lines = output.ToString().Split('\n');
        lines.Max(line => line.Length).ShouldBeLessThanOrEqualTo(width);
        string[] headings = [.. lines.Where(line => line.Contains("irrep"))];
        headings.SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)).ShouldBe(names);
        lines.Count(line => line.Contains("sign")).ShouldBe(headings.Length);
    }

    [Fact]
    public void Blocks_look_as_the_console_library_draws_a_table()
    {
        var table = new Table([
            TableColumn.Create("irrep", ["class size", "trivial", "sign\tand\nmore"]),
            TableColumn.Create("type", [null, "Real", "Quaternionic"]),
            TableColumn.Create("e", new[] { 1.0, -0.61803398, double.NaN }),
            TableColumn.Create("(0 1)(2 3)", new[] { 1, 22, 333 })]);
        string Drawn(Action<IAnsiConsole> write)
        {
            using var output = new StringWriter();
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
            console.Profile.Width = 200;
            write(console);
            return output.ToString();
        }

        Drawn(console => console.Write(TableView.Blocks(table, 1, 200).Single())).ShouldBe(
            Drawn(console => console.Write(TableView.Of(table))));
    }
}
