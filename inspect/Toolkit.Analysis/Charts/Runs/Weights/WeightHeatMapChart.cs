namespace Toolkit.Analysis.Charts.Runs.Weights;

/// <summary>A weight as a heat map, its rows or columns named by the group's elements where they count them.</summary>
internal sealed class WeightHeatMapChart : IRunChart
{
    /// <summary>Cells above which a weight is drawn as means of blocks.</summary>
    private const int MostRows = 1440;
    private const int MostInReport = 12;

    /// <inheritdoc/>
    public string Name => "weight-heat-map";

    /// <inheritdoc/>
    public string Title => "Weight heat map";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 10;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Weights.Count > 0
        ? null
        : "the run holds no weights: its model was too large to be copied, or has none. Capture it again beside its model.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run)
    {
        List<ChartOption> options = [ChartOption.OneOf("weight", "Weight", [.. run.Weights.Select(weight => weight.Name)])];
        if (run.Group is { } group)
        {
            options.Add(ChartOption.OneOf("order", "Order of the elements", [.. group.Orders.Keys]));
        }

        return options;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) =>
        [.. run.Weights.Where(weight => weight.Rows > 1).Take(MostInReport).Select(weight => new Dictionary<string, string> { ["weight"] = weight.Name })];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var name = choices["weight"];
        var weight = run.Weights.First(w => w.Name == name);
        var matrix = await run.WeightAsync(name, cancellation);
        ChartAxis x = ChartAxis.Linear("column"), y = ChartAxis.Linear(weight.Dimensions.Count > 2 ? "row (leading axes together)" : "row");
        if (weight.Dimensions.Count >= 4 && weight.Dimensions[0] > 0)
        {
            // A convolution's kernel: one row per output channel says more than one per kernel row.
            matrix = new ChartMatrix((int)weight.Dimensions[0], (int)(weight.Count / weight.Dimensions[0]), matrix.Values);
            (x, y) = (ChartAxis.Linear("input channel × kernel (trailing axes together)"), ChartAxis.Linear("output channel"));
        }

        if (run.Group is { } group)
        {
            var order = group.Orders[choices["order"]];
            if (matrix.Rows == group.Order || matrix.Rows == group.Order + 1)
            {
                // A transformer's embedding has one more row: that of its "=" token.
                var source = matrix;
                matrix = ChartMatrix.Build(matrix.Rows, matrix.Columns, (i, j) => source[i < order.Count ? order[i] : i, j]);
                y = ChartAxis.Named("element", [.. group.ElementsIn(choices["order"]), .. matrix.Rows > group.Order ? ["="] : Array.Empty<string>()]);
            }

            if (matrix.Columns == group.Order)
            {
                var source = matrix;
                matrix = ChartMatrix.Build(matrix.Rows, matrix.Columns, (i, j) => source[i, order[j]]);
                x = ChartAxis.Named("element", group.ElementsIn(choices["order"]));
            }
        }

        var reduction = MatrixReduction.Describe(matrix, MostRows, MostRows);
        if (reduction is not null)
        {
            matrix = MatrixReduction.Fit(matrix, MostRows, MostRows);
            (x, y) = (x with { Categories = null, Label = $"{x.Label} (block)" }, y with { Categories = null, Label = $"{y.Label} (block)" });
        }

        return ChartSpec.Single($"Weight {name} {weight.Shape}", x, y, new HeatMapMark { Matrix = matrix, Colors = ColorScale.Diverging("weight") })
            with { Provenance = run.Provenance(name, weight.Count, reduction) };
    }
}
