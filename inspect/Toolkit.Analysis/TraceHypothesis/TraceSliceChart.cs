using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>
/// The logit of the identity for every pair, what the fitted trace says, and the difference, on the group's axes.
/// </summary>
internal sealed class TraceSliceChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "trace-logits";

    /// <inheritdoc/>
    public string Title => "Trace hypothesis: logits, trace, residual";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 20;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => !run.Results.Contains(TraceResult.SliceName)
        ? "the trace hypothesis has not been tested yet: `inspect notebook RUN` does, for networks on group "
            + "composition."
        : run.Group is null ? "the run is not of all pairs of a group." : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("order", "Order of the elements", [.. run.Group!.Orders.Keys])];

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(TraceResult.SliceName, cancellation);
        var group = run.Group!;
        if (table.RowCount != group.Order * group.Order)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: results/{TraceResult.SliceName}.parquet has {table.RowCount} rows; "
                    + $"{group.Order * group.Order} pairs were "
                + "expected. Make it again with `inspect notebook`.");
        }

        var order = group.Orders[choices["order"]];
        IReadOnlyList<string> names = [.. order.Select(element => group.Elements[element])];
        return new ChartSpec
        {
            Title = "Logit of the identity",
            Caption = "Logits minus their mean over the answers; the trace times the factor that fits them best; the "
                + "difference of both.",
            Columns = 3,
            SharedScale = true,
            Provenance = new ChartProvenance
            {
                Run = run.Name,
                ModelSha256 = run.ModelSha256,
                Tensor = "logits",
                Count = table.RowCount,
            },
            Panels = [Panel("logits", "logit"), Panel("fitted trace", "predicted"), Panel("residual", "residual")],
        };

        ChartPanel Panel(string title, string column)
        {
            var values = table.Values<float>(column).ToArray();
            return new ChartPanel
            {
                Title = title,
                X = ChartAxis.Named("b", names),
                Y = ChartAxis.Named("a", names),
                Marks =
                [
                    new HeatMapMark
                    {
                        Matrix = ChartMatrix.Build(
                            group.Order, group.Order, (row, at) => values[(order[row] * group.Order) + order[at]]),
                        Colors = ColorScale.Diverging("logit"),
                        SquareCells = true,
                    },
                ],
            };
        }
    }
}
