using System.Globalization;
using Spectre.Console;
using Toolkit.CommandLine;

using Table = Spectre.Console.Table;

namespace Toolkit.Inspect.Results;

/// <summary>
/// The tables over many networks as the paper prints them: MLPs and transformers apart, shares in percent, embeddings
/// first.
/// </summary>
internal static class UniversalityView
{
    /// <summary>A mean this many times its median is one run's: the median is shown beside it.</summary>
    private const double Dominated = 2;

    private static readonly (string Heading, string Column)[] Shares =
        [("W_a %", "w_a"), ("W_b %", "w_b"), ("W_U %", "w_u"), ("MLP %", "mlp"), ("ρ(ab) %", "mlp_rho_ab"), (
            "logits %", "logit_fve")];

    private static readonly (string Heading, string Column)[] Losses =
        [("test", "test_loss"), ("excluded", "excluded_loss"), ("restricted", "restricted_loss"), (
            "test/restr.", "loss_ratio")];

    /// <summary>Writes both tables for each architecture.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="averages">The table "universality".</param>
    /// <param name="runs">The table "universality_runs".</param>
    public static void Write(Terminal terminal, Formats.Tables.Table averages, Formats.Tables.Table runs)
    {
        foreach (var architecture in averages.Values<string>("architecture").ToArray().Distinct(StringComparer.Ordinal))
        {
            terminal.Write(Means(averages, architecture));
            terminal.Write(Seeds(runs, architecture));
        }
    }

    private static Table Means(Formats.Tables.Table table, string architecture)
    {
        var view = View($"{architecture}: mean over seeds", architecture, ["group", "definitions", "runs", "keys"], []);
        foreach (var row in Rows(table, architecture))
        {
            double Number(string column) => (double)table[column].ValueAt(row)!;
            bool IsDominated(string column) => Number(column) > Dominated * Number($"{column}_median");
            if (Losses.Any(loss => IsDominated(loss.Column)))
            {
                view.Caption = new TableTitle(
                    "In brackets the median, where the mean is over twice as large: one run dominates it.",
                    Style.Plain);
            }

            view.AddRow(
            [
                Text(table, "group", row),
                Text(table, "definitions", row),
                Text(table, "runs", row),
                new Text(Number("mean_key_irreps").ToString("0.#", CultureInfo.InvariantCulture)),
                .. SharesOf(architecture).Select(share => Percent(Number(share.Column))),
                .. Losses.Select(loss => new Text(IsDominated(loss.Column)
                    ? $"{Loss(Number(loss.Column))} ({Loss(Number($"{loss.Column}_median"))})"
                    : Loss(Number(loss.Column)))),
            ]);
        }

        return view;
    }

    private static Table Seeds(Formats.Tables.Table table, string architecture)
    {
        var view = View(
            $"{architecture}: every network", architecture, ["group", "definitions", "seed"], ["key irreps"]);
        foreach (var row in Rows(table, architecture))
        {
            double Number(string column) => (double)table[column].ValueAt(row)!;
            view.AddRow(
            [
                Text(table, "group", row),
                Text(table, "definitions", row),
                Text(table, "seed", row),
                .. SharesOf(architecture).Select(share => Percent(Number(share.Column))),
                .. Losses.Select(loss => new Text(Loss(Number(loss.Column)))),
                Text(table, "key_irreps", row),
            ]);
        }

        return view;
    }

    private static Table View(string title, string architecture, string[] first, string[] last)
    {
        var view = new Table().Border(TableBorder.Simple).Title(new TableTitle(title, Style.Plain));
        foreach (var heading in (string[])[.. first, .. SharesOf(
            architecture).Select(share => share.Heading), .. Losses.Select(loss => loss.Heading), .. last])
        {
            var isText = heading is "group" or "definitions" || last.Contains(heading);
            view.AddColumn(new TableColumn(new Text(heading))
            {
                Alignment = isText ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, 1, 0),
                NoWrap = !isText,
            });
        }

        return view;
    }

    /// <summary>A transformer has one embedding for both sides, W_E.</summary>
    private static IEnumerable<(string Heading, string Column)> SharesOf(string architecture) =>
        architecture == "Transformer" ? Shares.Where(share => share.Column != "w_b")
            .Select(share => share.Column == "w_a" ? ("W_E %", share.Column) : share) : Shares;

    private static IEnumerable<int> Rows(Formats.Tables.Table table, string architecture) =>
        Enumerable.Range(0, table.RowCount).Where(row => (string)table["architecture"].ValueAt(row)! == architecture);

    private static Text Text(Formats.Tables.Table table, string column, int row) =>
        new(TableView.Cell(table[column].ValueAt(row)));

    private static Text Percent(double share) => new(TableView.Percent(share));

    private static string Loss(double loss) => loss.ToString("G3", CultureInfo.InvariantCulture);
}
