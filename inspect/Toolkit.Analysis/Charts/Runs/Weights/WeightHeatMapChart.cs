using Toolkit.Analysis.Charts.Runs.Slices;

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
    public bool FollowsTraining => true;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Weights.Count > 0
        ? null
        : "the run holds no weights: its model was too large to be copied, or has none. Capture it again beside its model.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => OptionsFor(run, new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var names = ChartOption.OneOf("weight", "Weight", [.. run.Weights.Select(weight => weight.Name)]);
        List<ChartOption> options = [names];
        var name = given.TryGetValue("weight", out var chosen) && names.Choices!.Contains(chosen) ? chosen : names.Default;
        if (run.Weights.First(weight => weight.Name == name) is { Dimensions.Count: > 2 } deep)
        {
            // Of a convolution's kernel one row per output channel says most; of heads, one matrix each.
            options.AddRange(deep.Dimensions.Count == 3 ? TensorSlice.Options(AxesOf(deep), given, 1, 2) : TensorSlice.Options(AxesOf(deep), given, 0, null));
        }

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
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var name = choices["weight"];
        var weight = run.Weights.First(w => w.Name == name);
        var matrix = await run.WeightAsync(name, cancellation);
        ChartAxis x = ChartAxis.Linear("column"), y = ChartAxis.Linear("row");
        var place = string.Empty;
        if (weight.Dimensions.Count > 2)
        {
            var axes = AxesOf(weight);
            var (rows, columns) = TensorSlice.Chosen(axes, choices);
            int[] at = [.. axes.Select((axis, i) => i == rows || i == columns || columns is null || axis.Extent == 1 ? 0 : choices.Integer(axis.Option))];
            matrix = TensorSlice.Take(matrix.Values, [.. axes.Select(axis => axis.Extent)], rows, columns, at);
            (x, y) = (ChartAxis.Linear(columns is { } across ? axes[across].Name : TensorSlice.Together), ChartAxis.Linear(axes[rows].Name));
            place = columns is null ? string.Empty
                : string.Concat(axes.Select((axis, i) => i == rows || i == columns || axis.Extent == 1 ? string.Empty : $", {axis.Name} = {at[i]}"));
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

        return ChartSpec.Single($"Weight {name} {weight.Shape}{place}", x, y, new HeatMapMark { Matrix = matrix, Colors = ColorScale.Diverging("weight") })
            with { Provenance = run.Provenance(name, weight.Count, reduction) };
    }

    private static TensorAxis[] AxesOf(RunTensor weight) =>
        [.. weight.Dimensions.Select((extent, axis) => new TensorAxis($"axis {axis}", $"axis-{axis}", checked((int)extent)))];
}
