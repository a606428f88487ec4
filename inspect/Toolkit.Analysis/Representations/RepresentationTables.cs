using Toolkit.Formats.Tables;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Representations;

/// <summary>The measurements as a table with one row for each irrep, and the totals as a summary.</summary>
public static class RepresentationTables
{
    /// <summary>Per-irrep columns: name of the column, and the key with {0} for the irrep.</summary>
    private static readonly (string Column, string Key)[] Columns =
    [
        ("trace_similarity", "logit_{0}_rep_trace_similarity"),
        ("logit_excluded_loss", "logit_excluded_loss_{0}_rep"),
        ("logit_restricted_loss", "logit_restricted_loss_{0}_rep"),
        ("percent_x_embed", "percent_x_embed_{0}_rep"),
        ("percent_y_embed", "percent_y_embed_{0}_rep"),
        ("percent_unembed", "percent_unembed_{0}_rep"),
        ("percent_hidden_x", "percent_hidden_x_{0}_rep"),
        ("percent_hidden_y", "percent_hidden_y_{0}_rep"),
        ("percent_hidden_xy", "percent_hidden_xy_{0}_rep"),
        ("total_percent_hidden", "total_percent_hidden_{0}_rep"),
        ("hidden_excluded_loss", "hidden_excluded_loss_{0}_rep"),
        ("hidden_restricted_loss", "hidden_restricted_loss_{0}_rep"),
        ("hidden_excluded_loss_with_residual", "hidden_excluded_loss_{0}_rep_with_residual"),
        ("hidden_restricted_loss_with_residual", "hidden_restricted_loss_{0}_rep_with_residual"),
    ];

    /// <summary>Every key and its value, and behind them <c>key_irreps</c> and <c>self_tests</c>.</summary>
    /// <param name="metrics">The measurements.</param>
    /// <returns>What a script reads.</returns>
    public static IReadOnlyDictionary<string, object> Document(RepresentationMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return new OrderedDictionary<string, object>(
            [.. metrics.Values.Select(pair => KeyValuePair.Create(pair.Key, (object)pair.Value)), new(
                "key_irreps", metrics.KeyIrreps), new("self_tests", metrics.SelfTests)],
            StringComparer.Ordinal);
    }

    /// <summary>Every key and its value, and behind them <c>published</c>: what the comparison counts.</summary>
    /// <param name="metrics">The measurements.</param>
    /// <param name="compared">What <see cref="PublishedSummary.Compare"/> gave.</param>
    /// <returns>What a script reads.</returns>
    public static IReadOnlyDictionary<string, object> Document(RepresentationMetrics metrics, AnalysisOutput compared)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(compared);
        return new OrderedDictionary<string, object>(
            [.. metrics.Values.Select(pair => KeyValuePair.Create(pair.Key, (object)pair.Value)), new(
                compared.Name, compared.Summary)],
            StringComparer.Ordinal);
    }

    /// <summary>The table "group": shares and losses of every irrep.</summary>
    /// <param name="metrics">The measurements.</param>
    /// <param name="spans">The irreps measured.</param>
    /// <param name="config">The network's configuration (cfg.json), which says its group and seed; null where it goes
    /// nowhere.</param>
    /// <returns>The output; a column that the network cannot have is left out, a value that an irrep cannot have is
    /// null.</returns>
    public static AnalysisOutput Output(
        RepresentationMetrics metrics, IReadOnlyList<RepresentationSpan> spans, string? config = null)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(spans);
        List<TableColumn> columns =
        [
            TableColumn.Create("irrep", [.. spans.Select(span => span.Name)]),
            TableColumn.Create("dimension", spans.Select(span => span.Dimension).ToArray()),
            TableColumn.Create("type", [.. spans.Select(span => span.Type?.ToString())]),
            TableColumn.Create("is_key", spans.Select(span => metrics.KeyIrreps.Contains(span.Name)).ToArray()),
        ];
        foreach (var (column, key) in Columns)
        {
            double?[] values = [.. spans.Select(
                span => metrics.Values.TryGetValue(string.Format(null, key, span.Name), out var value)
                    ? value
                    : (double?)null)];
            if (Array.Exists(values, value => value is not null))
            {
                columns.Add(TableColumn.Create(column, values));
            }
        }

        return new AnalysisOutput("group", new Table(columns), new
        {
            Method = "B. Chughtai, L. Chan, N. Nanda, A Toy Model of Universality (ICML 2023); isotypic projectors, sums over pairs",
            Config = config,
            metrics.KeyIrreps,
            metrics.SelfTests,
            Metrics = metrics.Values,
        });
    }
}
