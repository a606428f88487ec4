using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.Cosets;

/// <summary>
/// For every neuron, how little of its variance lies within the cosets of its best subgroup, against what chance gives.
/// </summary>
internal sealed class CosetConcentrationChart : IRunChart
{
    private const string Table = "cosets";

    /// <inheritdoc/>
    public string Name => "coset-concentration";

    /// <inheritdoc/>
    public string Title => "Coset concentration";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 35;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table)
        ? null
        : "the cosets have not been looked at yet: `inspect group RUN` does, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        var sides = table.Values<string?>("side").ToArray();
        double[] neurons = table.Numbers("neuron"), energies = table.Numbers("energy"), orders = table.Numbers(
            "subgroup_order");
        double[] inside = table.Numbers("part_var"), isotypic = table.Numbers("isotypic_null"), random = table.Numbers(
            "random_null");
        if (!Array.Exists(orders, order => order > 0))
        {
            throw new Formats.BadInputException(
                $"{run.Name}: the group has no subgroups but itself and the trivial one, so there are no cosets "
                    + "to draw.");
        }

        var colors = Enumerable.Range(0, sides.Length)
            .Where(row => orders[row] > 0)
            .Select(row => orders[row])
            .Distinct()
            .Order()
                .Select((order, color) => (order, color)).ToDictionary(item => item.order, item => item.color);
        return new ChartSpec
        {
            Title = "Variance within cosets, every neuron",
            Caption =
                $"Below {CosetAnalysis.Constant} a neuron is constant on the cosets of its subgroup. Grey: the 5 % "
                    + "quantile for random functions with the same power in every irrep; a neuron "
                    + "below its own grey point is more concentrated than its irreps alone explain. Left: functions "
                    + "of a on right cosets; right: functions of b on left cosets.",
            Provenance = run.Provenance(count: table.RowCount),
            Columns = 2,
            SharedScale = true,
            Panels = [Panel("left"), Panel("right")],
        };

        ChartPanel Panel(string side)
        {
            // Neurons that are off have no subgroup; the others stand in order of the share within cosets.
            int[] rows = [.. Enumerable.Range(0, sides.Length)
                .Where(row => sides[row] == side && double.IsFinite(inside[row]))
                .OrderBy(row => inside[row])
                .ThenByDescending(row => energies[row])];
            double[] places = [.. rows.Select((_, place) => (double)place)];
            return new ChartPanel
            {
                Title = side,
                X = ChartAxis.Linear("neuron, most concentrated first"),
                Y = ChartAxis.Linear("variance within cosets / variance") with { Minimum = -0.03, Maximum = 1.03 },
                Marks =
                [
                    new PointMark
                    {
                        Name = "isotypic null",
                        Color = 6,
                        X = places,
                        Y = [.. rows.Select(row => isotypic[row])],
                    },
                    .. rows.Select(row => orders[row]).Distinct().Order().Select(order =>
                    {
                        int[] members = [.. Enumerable.Range(0, rows.Length)
                            .Where(place => orders[rows[place]] == order)];
                        return (ChartMark)new PointMark
                        {
                            Name = $"subgroup of order {order:0}",
                            Color = colors[order] < 6 ? colors[order] : colors[order] + 1,
                            X = [.. members.Select(place => places[place])],
                            Y = [.. members.Select(place => inside[rows[place]])],
                            Labels = rows.Length > 40
                                ? [.. members.Select(place =>
                                    $"neuron {neurons[rows[place]]:0}, random null {random[rows[place]]:0.00}")]
                                : null,
                        };
                    }),
                    new RuleMark { Name = "constant", At = CosetAnalysis.Constant },
                ],
            };
        }
    }
}
