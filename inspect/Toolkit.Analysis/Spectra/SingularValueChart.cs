using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// Singular values of one matrix or of several, on a logarithmic axis, and the variance they explain together.
/// </summary>
internal sealed class SingularValueChart : IRunChart
{
    private const string All = "all weights";
    private const string Effective = "effective and natural";

    /// <inheritdoc/>
    public string Name => "singular-values";

    /// <inheritdoc/>
    public string Title => "Singular values";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Spectra;

    /// <inheritdoc/>
    public int Order => 10;

    /// <inheritdoc/>
    public bool FollowsTraining => true;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(SpectraTables.Values)
        ? null
        : "there are no singular values yet: `inspect svd RUN` computes them.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf(
            "matrix",
            "Matrix",
            [All, Effective, .. run.Weights.Select(w => w.Name), .. run.Activations.Select(a => a.Name)])];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(SpectraTables.Values, cancellation);
        var matrices = table.Values<string?>("matrix").ToArray();
        var kinds = table.Values<string?>("kind").ToArray();
        var indices = table.Numbers("index");
        var values = table.Numbers("singular_value");
        var cumulative = table.Numbers("cumulative_variance");
        var choice = choices["matrix"];
        var anyWeight = kinds.Contains("weight");
        var rows = Enumerable.Range(0, table.RowCount).Where(row => choice switch
        {
            // The first choice of a run whose captured values alone were asked about must not be an empty one.
            All => kinds[row] == "weight" || !anyWeight,
            Effective => kinds[row] is "effective" or "natural",
            _ => matrices[row] == choice,
        });
        var series = rows.GroupBy(row => matrices[row] ?? string.Empty).ToList();
        if (series.Count == 0)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: there are no singular values of '{choice}'. Compute them: "
                    + "`inspect svd RUN --tensor NAME`.");
        }

        return new ChartSpec
        {
            Title = series.Count == 1 ? $"Singular values of {series[0].Key}" : "Singular values",
            Caption =
                "Singular values descend to 1e-8 of the largest, below which rounding begins. Variance kept: the share "
                    + "of all squared values that the first k keep together.",
            Columns = 2,
            Provenance = new ChartProvenance
            {
                Run = run.Name,
                ModelSha256 = run.ModelSha256,
                Tensor = series.Count == 1 ? series[0].Key : null,
            },
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Linear("index"),
                    Y = Above(series.SelectMany(rows => rows).Select(row => values[row])),
                    Marks = [.. series.Select((rows, at) => Line(rows, at, values))],
                },
                new ChartPanel
                {
                    X = ChartAxis.Linear("rank k"),
                    Y = ChartAxis.Linear("variance kept") with { Minimum = 0, Maximum = 1.03 },
                    Marks = [.. series.Select((rows, at) => Line(rows, at, cumulative))],
                },
            ],
        };

        // Rounding noise of 1e-17 would take most of the axis; where all values are above the floor the data decide.
        static ChartAxis Above(IEnumerable<double> shown)
        {
            var all = shown.ToList();
            var floor = 1e-8 * all.Max();
            var axis = ChartAxis.Log("singular value");
            return all.Min() < floor && floor > 0 ? axis with { Minimum = floor, Maximum = 2 * all.Max() } : axis;
        }

        LineMark Line(IGrouping<string, int> rows, int color, double[] y) => new()
        {
            Name = rows.Key,
            Color = color,
            Style = color % 2 == 0 ? LineStyle.Solid : LineStyle.Dashed,
            X = [.. rows.Select(row => indices[row])],
            Y = [.. rows.Select(row => y[row])],
            ShowPoints = rows.Count() <= 40,
        };
    }
}
