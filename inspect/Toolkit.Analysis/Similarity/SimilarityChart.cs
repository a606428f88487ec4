using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.Similarity;

/// <summary>
/// One measure between the values of this run and those of others: a map where every value met every other, bars where
/// pairs were compared.
/// </summary>
internal sealed class SimilarityChart : IRunChart
{
    private static readonly string[] Measures = ["cka", "cka_debiased", "svcca", "pwcca", "procrustes", "rsa"];

    /// <inheritdoc/>
    public string Name => "similarity";

    /// <inheritdoc/>
    public string Title => "Similarity to other runs";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Compare;

    /// <inheritdoc/>
    public int Order => 10;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(RepresentationComparison.Name)
        ? null
        : "it has not been compared with another run yet: `inspect compare RUN OTHER` does.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("measure", "Measure of the map", Measures)];

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(RepresentationComparison.Name, cancellation);
        var others = table.Values<string?>("other_run").ToArray();
        var tensors = table.Values<string?>("tensor").ToArray();
        var otherTensors = table.Values<string?>("other_tensor").ToArray();
        return new ChartSpec
        {
            Title = "Similarity to other runs",
            Caption = "Features of the same samples: 1 is the same up to what the measure ignores, 0 nothing in "
                + "common; compare with chance.",
            Provenance = new ChartProvenance { Run = run.Name, ModelSha256 = run.ModelSha256 },
            Panels = [.. Enumerable.Range(0, table.RowCount).GroupBy(row => others[row] ?? string.Empty).Select(Panel)],
        };

        ChartPanel Panel(IGrouping<string, int> rows)
        {
            string[] down = [.. rows.Select(row => tensors[row] ?? string.Empty).Distinct()];
            string[] across = [.. rows.Select(row => otherTensors[row] ?? string.Empty).Distinct()];
            return down.Length * across.Length == rows.Count()
                && down.Length > 1 ? Map(rows, down, across) : Bars(rows);
        }

        ChartPanel Map(IGrouping<string, int> rows, string[] down, string[] across)
        {
            var values = table.Numbers(choices["measure"]);
            var cells = rows.ToDictionary(
                row => (tensors[row] ?? string.Empty, otherTensors[row] ?? string.Empty), row => values[row]);
            return new ChartPanel
            {
                Title = rows.Key,
                X = ChartAxis.Named($"value of {rows.Key}", across),
                Y = ChartAxis.Named($"value of {run.Name}", down),
                Marks =
                [
                    new HeatMapMark
                    {
                        Matrix = ChartMatrix.Build(
                            down.Length, across.Length, (i, j) => (float)cells[(down[i], across[j])]),
                        Colors = ColorScale.Sequential(choices["measure"].Replace('_', ' '))
                            with { Minimum = 0, Maximum = 1 },
                        SquareCells = true,
                    },
                ],
            };
        }

        ChartPanel Bars(IGrouping<string, int> rows) => new()
        {
            Title = rows.Key,
            X = ChartAxis.Named(
                "value",
                [.. rows.Select(row => tensors[row] == otherTensors[row]
                    ? tensors[row] ?? string.Empty
                    : $"{tensors[row]} / {otherTensors[row]}")]),
            Y = ChartAxis.Linear("similarity") with { Maximum = 1 },
            Marks =
            [
                .. Measures.Append("cka_chance").Select(measure =>
                {
                    var values = table.Numbers(measure);
                    return new BarMark
                    {
                        Name = measure.Replace('_', ' '),
                        Values = [.. rows.Select(row => values[row])],
                    };
                }),
            ],
        };
    }
}
