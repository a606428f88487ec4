using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.RhoSets;

/// <summary>
/// The summed coefficients over the pairs (b, c) of the largest ρ-sets: even in the idealised circuit.
/// </summary>
internal sealed class RhoSetsChart : IRunChart
{
    private const string Table = "rho_sets";
    private const int MostPanels = 6;

    /// <inheritdoc/>
    public string Name => "rho-sets";

    /// <inheritdoc/>
    public string Title => "ρ-sets";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 33;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table)
        ? null
        : "the neurons have not been fitted to ρ-sets yet: `inspect group RUN` does, for one-layer networks on group "
            + "composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        string?[] irreps = [.. table.Values<string?>("irrep")];
        double[] sets = table.Numbers("rho_set"), b =
            table.Numbers("b"), c = table.Numbers("c"), values = table.Numbers("coefficient");
        var panels = Enumerable.Range(0, irreps.Length)
            .GroupBy(row => (irreps[row], sets[row]))
            .Select(rows => rows.ToArray())
                .OrderByDescending(rows => rows.Count(row => double.IsFinite(values[row]))).Take(MostPanels).ToArray();
        if (panels.Length == 0)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: no neuron lies on a ρ-set, so there is nothing to draw; `results/rho_circuits` says "
                    + "which check failed.");
        }

        return new ChartSpec
        {
            Title = Title,
            Caption =
                "Neurons of an irrep compute ReLU(b·ρ(a)v + v·ρ(b)c); every cell sums scale × unembedding "
                    + "coefficient of the neurons of a pair (b, −c). "
                    + "The idealised circuit has one colour; a gap is a pair without a neuron.",
            Provenance = run.Provenance(),
            Columns = Math.Min(3, panels.Length),
            Panels = [.. panels.Select(Panel)],
        };

        ChartPanel Panel(int[] rows)
        {
            var size = (int)Math.Sqrt(rows.Length);
            var cells = new float[rows.Length];
            foreach (var row in rows)
            {
                cells[((int)b[row] * size) + (int)c[row]] = (float)values[row];
            }

            string[] names = [.. Enumerable.Range(0, size)
                .Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
            return new ChartPanel
            {
                Title = $"{irreps[rows[0]]}, {size} vectors",
                X = ChartAxis.Named("−c", names),
                Y = ChartAxis.Named("b", names),
                Marks = [new HeatMapMark
                {
                    Matrix = new ChartMatrix(size, size, cells),
                    Colors = RunCharting.ScaleFor(cells, "coefficient"),
                    SquareCells = true,
                }],
            };
        }
    }
}
