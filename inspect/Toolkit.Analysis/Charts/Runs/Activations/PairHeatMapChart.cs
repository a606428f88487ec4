namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>One feature of a captured value over all pairs (a, b): a neuron or a logit on the group's axes.</summary>
internal sealed class PairHeatMapChart : IRunChart
{
    private const int MostCells = 1440;

    /// <inheritdoc/>
    public string Name => "pair-heat-map";

    /// <inheritdoc/>
    public string Title => "Value over all pairs";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 20;

    /// <inheritdoc/>
    public bool FollowsTraining => true;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Activations.Count == 0 ? ActivationOptions.NoActivations
        : ActivationOptions.HasPairs(run) ? null : ActivationOptions.NoPairs;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => OptionsFor(run, new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var tensor = ActivationOptions.Chosen(run, given, "hidden");
        return
        [
            ActivationOptions.Tensor(run, "hidden"),
            .. ActivationOptions.Positions(tensor),
            ActivationOptions.Feature(tensor),
            ChartOption.OneOf("order", "Order of the elements", [.. run.Group!.Orders.Keys]),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) =>
    [
        .. Choices(run, "hidden", [0, 1, 2, 3]),
        .. Choices(run, "logits", run.Group is { } group ? [group.Structure.Identity] : [0]),
    ];

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var group = run.Group!;
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var feature = choices.Integer("feature");
        var channel = await run.ChannelsAsync(tensor.Name, [ActivationOptions.Flat(tensor, choices, feature)], cancellation);
        var matrix = PairMatrix.Arrange(channel.Values.Span, group.Orders[choices["order"]]);
        var reduction = MatrixReduction.Describe(matrix, MostCells, MostCells);
        matrix = MatrixReduction.Fit(matrix, MostCells, MostCells);
        var names = reduction is null ? group.ElementsIn(choices["order"]) : null;
        var what = ActivationOptions.NameOf(run, tensor, feature) + ActivationOptions.PlaceOf(tensor, choices);
        return ChartSpec.Single(
            $"{what} over all pairs",
            new ChartAxis { Label = reduction is null ? "right factor b" : "right factor b (block)", Categories = names },
            new ChartAxis { Label = reduction is null ? "left factor a" : "left factor a (block)", Categories = names },
            new HeatMapMark { Matrix = matrix, Colors = RunCharting.ScaleFor(matrix.Values.Span, tensor.Role == "logits" ? "logit" : "activation"), SquareCells = true })
            with { Caption = $"Elements of {group.Name} ordered by {choices["order"]}.", Provenance = run.Provenance(tensor.Name, run.SampleCount, reduction) };
    }

    private static IEnumerable<Dictionary<string, string>> Choices(IRunData run, string role, int[] features) =>
        run.ActivationOf(role) is { } tensor
            ? features.Where(feature => feature < tensor.Channels).Select(feature => new Dictionary<string, string>
            {
                ["tensor"] = tensor.Name,
                ["feature"] = feature.ToString(System.Globalization.CultureInfo.InvariantCulture),
            })
            : [];
}
