using System.Globalization;
using Spectre.Console;
using Toolkit.Analysis;
using Toolkit.Analysis.Representations;
using Toolkit.CommandLine;
using Toolkit.Models.Representations;

namespace Toolkit.Inspect.Results;

/// <summary>
/// The representation analysis as a person reads it: a table that fits a terminal of 100 columns, the totals, a line
/// for each further analysis.
/// </summary>
internal static class GroupView
{
    /// <summary>Shares shown as percent: heading, and the key with {0} for the irrep.</summary>
    private static readonly (string Heading, string Key)[] Shares =
    [
        ("W_a %", "percent_x_embed_{0}_rep"),
        ("W_b %", "percent_y_embed_{0}_rep"),
        ("W_U %", "percent_unembed_{0}_rep"),
        ("hidden %", "total_percent_hidden_{0}_rep"),
        ("ρ(ab) %", "percent_hidden_xy_{0}_rep"),
    ];

    private const string Similarity = "logit_{0}_rep_trace_similarity";

    private static readonly (string Heading, string Key)[] Losses =
    [
        ("excl. nats", "hidden_excluded_loss_{0}_rep"),
        ("restr. nats", "hidden_restricted_loss_{0}_rep"),
    ];

    /// <summary>Writes all of it.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="metrics">The keys.</param>
    /// <param name="spans">The irreps, in order.</param>
    /// <param name="outputs">Every analysis.</param>
    public static void Write(
        Terminal terminal,
        RepresentationMetrics metrics,
        IReadOnlyList<RepresentationSpan> spans,
        IReadOnlyList<AnalysisOutput> outputs)
    {
        terminal.Write(Irreps(metrics, spans));
        terminal.Write(new Text(
            "* key irrep. Losses of the hidden layer without the irrep (training pairs) and with it alone (all).\n"));
        var totals = Compact("measure", "value");
        foreach (var (key, value) in metrics.Values.Where(pair => !pair.Key.Contains("_rep", StringComparison.Ordinal)))
        {
            totals.AddRow(
                new Text(key),
                new Text(key == "epoch" ? value.ToString(CultureInfo.InvariantCulture) : TableView.Cell(value)));
        }

        terminal.Write(totals);
        terminal.Write(new Text(
            $"Key irreps: {(metrics.KeyIrreps.Count == 0 ? "none" : string.Join(", ", metrics.KeyIrreps))}\n"));
        foreach (var headline in outputs.Select(output => output.Headline).OfType<string>())
        {
            terminal.Write(new Text($"{headline}.\n"));
        }
    }

    private static Table Irreps(RepresentationMetrics metrics, IReadOnlyList<RepresentationSpan> spans)
    {
        var view = Compact(["irrep", "d", .. Shares.Select(column => column.Heading), "similarity", .. Losses.Select(
            column => column.Heading)]);
        foreach (var span in spans)
        {
            double? Value(string key) =>
                metrics.Values.TryGetValue(string.Format(null, key, span.Name), out var value) ? value : null;
            view.AddRow(
            [
                new Text($"{span.Name}{(metrics.KeyIrreps.Contains(span.Name) ? " *" : string.Empty)}"),
                new Text(TableView.Cell(span.Dimension)),
                .. Shares.Select(
                    column => new Text(Value(column.Key) is { } share ? TableView.Percent(share) : string.Empty)),
                new Text(Value(Similarity) is { } similarity
                    ? similarity.ToString("0.0000;-0.0000;0", CultureInfo.InvariantCulture)
                    : string.Empty),
                .. Losses.Select(column => new Text(
                    Value(column.Key) is { } loss ? loss.ToString("G3", CultureInfo.InvariantCulture) : string.Empty)),
            ]);
        }

        return view;
    }

    private static Table Compact(params ReadOnlySpan<string> headings)
    {
        var view = new Table().Border(TableBorder.Simple);
        for (var i = 0; i < headings.Length; i++)
        {
            view.AddColumn(new TableColumn(new Text(headings[i]))
            {
                Alignment = i == 0 ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, 1, 0),
                NoWrap = true,
            });
        }

        return view;
    }
}
