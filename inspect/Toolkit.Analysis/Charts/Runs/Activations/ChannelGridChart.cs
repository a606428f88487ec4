namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>Forty features at once: over all pairs of a group as small heat maps, else as small histograms.</summary>
internal sealed class ChannelGridChart : IRunChart
{
    private const int Panels = 40;
    private const int MostCells = 120;

    /// <inheritdoc/>
    public string Name => "channel-grid";

    /// <inheritdoc/>
    public string Title => "Forty features at once";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 30;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Activations.Count == 0 ? ActivationOptions.NoActivations : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => OptionsFor(run, new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var tensor = ActivationOptions.Chosen(run, given, "hidden");
        List<ChartOption> options =
        [
            ActivationOptions.Tensor(run, "hidden"),
            .. ActivationOptions.Position(tensor),
            ChartOption.Integer("first", "First feature", 0, Math.Max(0, tensor.Channels - 1), 0),
            ChartOption.OneOf("scale", "Colours", ["shared", "per feature"]),
        ];
        if (ActivationOptions.HasPairs(run))
        {
            options.Add(ChartOption.OneOf("order", "Order of the elements", [.. run.Group!.Orders.Keys]));
        }

        return options;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => ActivationOptions.InReport(run);

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var first = choices.Integer("first");
        var features = Enumerable.Range(first, Math.Min(Panels, tensor.Channels - first)).ToList();
        var data = await run.ChannelsAsync(tensor.Name, [.. features.Select(feature => ActivationOptions.Flat(tensor, choices, feature))], cancellation);
        var pairs = ActivationOptions.HasPairs(run);
        var scale = RunCharting.ScaleFor(data.Values.Span, "activation");
        var reduction = pairs ? MatrixReduction.Describe(ChartMatrix.ByReference(run.Group!.Order, run.Group.Order, "size"), MostCells, MostCells) : null;
        var panels = features.Select((feature, i) =>
        {
            var row = data.Values.Slice(i * data.Columns, data.Columns);
            return pairs ? MapOf(run.Group!, row, feature, choices["order"], scale) : HistogramOf(row, feature);
        }).ToList();
        return new ChartSpec
        {
            Title = $"{tensor.Name}: features {features[0]} to {features[^1]} of {tensor.Channels}",
            Caption = pairs ? $"Each panel is one feature over all pairs: rows a, columns b, elements of {run.Group!.Name} ordered by {choices["order"]}."
                : "Each panel is the distribution of one feature over all samples.",
            Provenance = run.Provenance(tensor.Name, run.SampleCount, reduction),
            Columns = Math.Min(8, panels.Count),
            SharedScale = choices["scale"] == "shared" && pairs,
            Panels = panels,
        };
    }

    private static ChartPanel MapOf(RunGroup group, ReadOnlyMemory<float> values, int feature, string order, ColorScale scale)
    {
        var matrix = MatrixReduction.Fit(PairMatrix.Arrange(values.Span, group.Orders[order]), MostCells, MostCells);
        var names = matrix.Rows == group.Order ? group.ElementsIn(order) : null;
        return new ChartPanel
        {
            Title = feature.ToString(),
            X = new ChartAxis { Label = "right factor b", Categories = names },
            Y = new ChartAxis { Label = "left factor a", Categories = names },
            Marks = [new HeatMapMark { Matrix = matrix, Colors = scale, SquareCells = true }],
        };
    }

    private static ChartPanel HistogramOf(ReadOnlyMemory<float> values, int feature) => new()
    {
        Title = feature.ToString(),
        X = ChartAxis.Linear("activation"),
        Y = ChartAxis.Linear("count"),
        Marks = [EvenHistogram.Of(values.Span, 30) with { Color = 0 }],
    };
}
