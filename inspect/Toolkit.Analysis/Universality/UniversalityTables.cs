using System.Text.RegularExpressions;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Universality;

/// <summary>
/// The paper's tables over many networks: one row for each, and for each group the mean over seeds with the median
/// beside it. Published and correct definitions are never averaged together.
/// </summary>
/// <remarks>
/// B. Chughtai, L. Chan, N. Nanda, "A Toy Model of Universality" (ICML 2023), tables of section 6. Ratios and
/// restricted losses span many orders of magnitude, so one run dominates a mean: read the median.
/// </remarks>
public static partial class UniversalityTables
{
    private static readonly (string Column, string Key)[] Measures =
    [
        ("test_loss", "test_loss"),
        ("test_acc", "test_acc"),
        ("excluded_loss", "total_hidden_excluded_loss"),
        ("restricted_loss", "total_hidden_restricted_loss"),
        ("loss_ratio", "test_loss_restricted_loss_ratio"),
        ("logit_fve", "percent_logits_explained"),
        ("w_a", "percent_x_embed_explained"),
        ("w_b", "percent_y_embed_explained"),
        ("w_u", "percent_unembed_explained"),
        ("mlp", "percent_hidden_explained"),
        ("mlp_rho_ab", "percent_hidden_xy_explained"),
    ];

    /// <summary>Makes both tables.</summary>
    /// <param name="runs">The networks.</param>
    /// <param name="broken">Folders that could not be read, for the summary.</param>
    /// <returns>"universality" and "universality_runs", both with the groups in the paper's order C, D, S,
    /// A.</returns>
    public static IReadOnlyList<AnalysisOutput> Outputs(
        IReadOnlyList<MeasuredRun> runs, IReadOnlyList<BrokenRun> broken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(broken);
        var sorted = runs.OrderBy(run => run.IsTransformer).ThenBy(run => Rank(run.Group)).ThenBy(
            run => run.Group, StringComparer.Ordinal)
            .ThenByDescending(run => run.IsLegacy).ThenBy(run => run.Seed)
            .ThenBy(run => run.Name, StringComparer.Ordinal).ToList();
        var summary = new
        {
            Method = "B. Chughtai, L. Chan, N. Nanda, A Toy Model of Universality (ICML 2023); mean and median over seeds",
            Runs = sorted.Count,
            Groups = sorted.Select(run => run.Group).Distinct(StringComparer.Ordinal),
            Broken = broken,
        };
        return [new("universality", Averages(sorted), summary), new("universality_runs", Runs(sorted), summary)];
    }

    private static Table Runs(List<MeasuredRun> runs) => new(
    [
        TableColumn.Create("architecture", [.. runs.Select(run => run.Architecture)]),
        TableColumn.Create("group", [.. runs.Select(run => run.Group)]),
        TableColumn.Create("definitions", [.. runs.Select(run => run.Definitions)]),
        TableColumn.Create("seed", runs.Select(run => run.Seed).ToArray()),
        TableColumn.Create("key_irreps", [.. runs.Select(run => string.Join(", ", run.KeyIrreps.Select(Short)))]),
        .. Measures.Select(
            measure => TableColumn.Create(measure.Column, runs.Select(run => Value(run, measure.Key)).ToArray())),
        TableColumn.Create("run", [.. runs.Select(run => run.Name)]),
    ]);

    private static Table Averages(List<MeasuredRun> runs)
    {
        var groups = runs.GroupBy(run => (run.IsTransformer, run.Group, run.IsLegacy))
            .Select(group => group.ToList()).ToList();
        List<TableColumn> columns =
        [
            TableColumn.Create("architecture", [.. groups.Select(group => group[0].Architecture)]),
            TableColumn.Create("group", [.. groups.Select(group => group[0].Group)]),
            TableColumn.Create("definitions", [.. groups.Select(group => group[0].Definitions)]),
            TableColumn.Create("runs", groups.Select(group => group.Count).ToArray()),
            TableColumn.Create(
                "mean_key_irreps", groups.Select(group => group.Average(run => run.KeyIrreps.Count)).ToArray()),
        ];
        foreach (var (column, key) in Measures)
        {
            columns.Add(
                TableColumn.Create(column, groups.Select(group => group.Average(run => Value(run, key))).ToArray()));
            columns.Add(TableColumn.Create(
                $"{column}_median",
                groups.Select(group => Median([.. group.Select(run => Value(run, key))])).ToArray()));
        }

        return new Table(columns);
    }

    private static double Value(MeasuredRun run, string key) =>
        run.Metrics.TryGetValue(key, out var value) ? value : double.NaN;

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static int Rank(string group) =>
        group.Length == 0 ? 4 : "CDSA".IndexOf(group[0], StringComparison.Ordinal) is >= 0 and var at ? at : 4;

    /// <summary>As the paper writes the names that it knows: "3" for freq_3, "5d-a" for s5_5d_a.</summary>
    private static string Short(string irrep) =>
        Published().Match(irrep) is { Success: true } name ? name.Groups["short"].Value.Replace('_', '-') : irrep;

    [GeneratedRegex(
        "^(freq_(?<short>[0-9]+)|[sad][0-9]+_(?<short>[0-9]d(_[a-z])?)|(?<short>standard_sign))$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Published();
}
