using Toolkit.Analysis.Representations;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Progress;

/// <summary>
/// The progress measures over training: train, test, excluded and restricted losses in total and for each key irrep,
/// shares, Σ weights², and in which order the irreps were learnt.
/// </summary>
/// <remarks>
/// N. Nanda et al., "Progress measures for grokking via mechanistic interpretability" (ICLR 2023); B. Chughtai et al.
/// (ICML 2023). Key irreps are those of the final network at every checkpoint. An irrep is learnt at the first
/// checkpoint with a trace similarity over
/// <see cref="LearntSimilarity"/>; of several at one checkpoint the published rule takes one, the others at the next.
/// </remarks>
public static class LearningProgress
{
    /// <summary>The trace similarity from which an irrep counts as learnt.</summary>
    public const double LearntSimilarity = 0.05;

    private static readonly string[] Totals =
    [
        "train_loss", "test_loss", "all_loss", "train_acc", "test_acc", "total_logit_excluded_loss", "total_logit_restricted_loss",
        "total_hidden_excluded_loss", "total_hidden_restricted_loss", "percent_logits_explained", "percent_hidden_explained",
        "percent_x_embed_explained", "percent_y_embed_explained", "percent_unembed_explained", "sum_of_squared_weights",
    ];

    private static readonly (string Column, string Key)[] PerIrrep =
    [
        ("trace_similarity", "logit_{0}_rep_trace_similarity"),
        ("logit_excluded_loss", "logit_excluded_loss_{0}_rep"),
        ("logit_restricted_loss", "logit_restricted_loss_{0}_rep"),
        ("hidden_excluded_loss", "hidden_excluded_loss_{0}_rep"),
        ("hidden_restricted_loss", "hidden_restricted_loss_{0}_rep"),
        ("percent_x_embed", "percent_x_embed_{0}_rep"),
        ("percent_y_embed", "percent_y_embed_{0}_rep"),
        ("percent_unembed", "percent_unembed_{0}_rep"),
        ("total_percent_hidden", "total_percent_hidden_{0}_rep"),
    ];

    /// <summary>The key irreps in the order they were learnt; those that never cross the threshold come last.</summary>
    /// <param name="checkpoints">Measurements by epoch, ascending.</param>
    /// <param name="keyIrreps">The key irreps of the final network.</param>
    /// <returns>Each irrep with the epoch it was learnt at, or null.</returns>
    public static IReadOnlyList<(string Irrep, double? Epoch)> Order(
        IReadOnlyList<RepresentationMetrics> checkpoints, IReadOnlyList<string> keyIrreps)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(keyIrreps);
        var order = new List<(string Irrep, double? Epoch)>();
        var waiting = keyIrreps.ToList();
        foreach (var metrics in checkpoints)
        {
            var learnt = waiting.Find(
                irrep => metrics.Values.TryGetValue($"logit_{irrep}_rep_trace_similarity", out var similarity)
                    && similarity > LearntSimilarity);
            if (learnt is not null)
            {
                waiting.Remove(learnt);
                order.Add((learnt, metrics["epoch"]));
            }
        }

        return [.. order, .. waiting.Select(irrep => (irrep, (double?)null))];
    }

    /// <summary>
    /// The tables "progress" (one row for each checkpoint) and "progress_irreps" (one for each checkpoint and key
    /// irrep).
    /// </summary>
    /// <param name="checkpoints">Measurements by epoch, ascending.</param>
    /// <param name="keyIrreps">The key irreps of the final network.</param>
    /// <returns>The outputs.</returns>
    public static IReadOnlyList<AnalysisOutput> Outputs(
        IReadOnlyList<RepresentationMetrics> checkpoints, IReadOnlyList<string> keyIrreps)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(keyIrreps);
        var summary = new
        {
            Method = "N. Nanda et al., Progress measures for grokking (ICLR 2023); learnt: trace similarity over 0.05, one irrep a checkpoint",
            Checkpoints = checkpoints.Count,
            KeyIrreps = keyIrreps,
            LearningOrder = Order(checkpoints, keyIrreps).Select(item => new { item.Irrep, item.Epoch }),
        };
        var progress = new Table(
        [
            TableColumn.Create("epoch", checkpoints.Select(metrics => (long)metrics["epoch"]).ToArray()),
            .. Totals.Select(key => TableColumn.Create(key, checkpoints.Select(metrics => metrics[key]).ToArray())),
        ]);
        var rows = checkpoints.SelectMany(metrics => keyIrreps.Select(irrep => (metrics, irrep))).ToList();
        var irreps = new Table(
        [
            TableColumn.Create("epoch", rows.Select(row => (long)row.metrics["epoch"]).ToArray()),
            TableColumn.Create("irrep", [.. rows.Select(row => row.irrep)]),
            .. PerIrrep.Select(part => TableColumn.Create(
                part.Column,
                rows.Select(row => row.metrics.Values.TryGetValue(
                    string.Format(null, part.Key, row.irrep), out var value) ? value : double.NaN).ToArray())),
        ]);
        return [new("progress", progress, summary), new("progress_irreps", irreps, summary)];
    }
}
