using System.Globalization;
using Toolkit.Analysis.Charts.Runs.Slices;
using Toolkit.Formats;

namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>
/// Forty features at once: over all pairs of a group or over the places of an image as small heat maps, else as small
/// histograms.
/// </summary>
internal sealed class ChannelGridChart : IRunChart
{
    private const int MostPanels = 40, MostColumns = 8;
    private const int MostCells = 120;
    private const int Bins = 30;

    /// <summary>
    /// Features are read together up to so many numbers: 16 MB where they are stored apart, since each reading opens
    /// all files, else 96 MB, since each reading passes over all values.
    /// </summary>
    private const long MostNumbers = 4L << 20, MostNumbersOfWholeSamples = 24L << 20;

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
            .. IsImage(tensor)
                ? [ChartOption.Integer("sample", "Sample", 0, (int)Math.Clamp(run.SampleCount - 1, 0, int.MaxValue), 0)]
                : ActivationOptions.Positions(tensor),
            ChartOption.Integer("first", "First feature", 0, Math.Max(0, tensor.Channels - 1), 0),
            // Channels of an image differ in size by orders of magnitude: on one scale most would be one colour.
            ChartOption.OneOf(
                "scale", "Colours", IsImage(tensor) ? ["per feature", "shared"] : ["shared", "per feature"]),
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
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var channels = ActivationOptions.Chosen(run, given, "hidden").Channels;
        var first = given.TryGetValue("first", out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var panels = first < channels ? Math.Min(MostPanels, channels - first) : 1;
        return (Math.Min(MostColumns, panels), panels);
    }

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) =>
        ActivationOptions.HasPairs(run) || IsImage(ActivationOptions.Chosen(run, given, "hidden"));

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var first = choices.Integer("first");
        var features = Enumerable.Range(first, Math.Min(MostPanels, tensor.Channels - first)).ToList();
        if (IsImage(tensor))
        {
            return await Images(run, tensor, features, choices, cancellation);
        }

        var pairs = ActivationOptions.HasPairs(run);
        var reduction = pairs
            ? MatrixReduction.Describe(
                ChartMatrix.ByReference(run.Group!.Order, run.Group.Order, "size"), MostCells, MostCells)
            : null;
        var order = pairs ? run.Group!.Orders[choices["order"]] : [];
        var marks = new List<ChartMark>();
        var scale = ColorScale.Sequential("activation");
        var most = run.IsReadByChannel(tensor.Name) ? MostNumbers : MostNumbersOfWholeSamples;
        // Some features at a time: forty of many samples are more than a picture may hold in memory.
        foreach (var group in features.Chunk((int)Math.Clamp(most / Math.Max(1, run.SampleCount), 1, MostPanels)))
        {
            var data = await run.ChannelsAsync(
                tensor.Name,
                [.. group.Select(feature => ActivationOptions.Flat(tensor, choices, feature))],
                cancellation);
            scale = scale.Kind == ColorScaleKind.Diverging
                ? scale
                : RunCharting.ScaleFor(data.Values.Span, "activation");
            var drawn = new ChartMark[group.Length];
            ParallelLoop.For(
                group.Length,
                cores: -1,
                i =>
                {
                    var row = data.Values.Slice(i * data.Columns, data.Columns).Span;
                    drawn[i] = pairs
                        ? new HeatMapMark
                        {
                            Matrix = MatrixReduction.Fit(PairMatrix.Arrange(row, order), MostCells, MostCells),
                            Colors = scale,
                            SquareCells = true,
                        }
                        : EvenHistogram.Of(row, Bins) with { Color = 0 };
                },
                cancellation);
            marks.AddRange(drawn);
        }

        var names = pairs && reduction is null ? run.Group!.ElementsIn(choices["order"]) : null;
        var panels = marks.Select((mark, i) => new ChartPanel
        {
            Title = $"{features[i]}",
            X = pairs ? new ChartAxis { Label = "right factor b", Categories = names } : ChartAxis.Linear("activation"),
            Y = pairs ? new ChartAxis { Label = "left factor a", Categories = names } : ChartAxis.Linear("count"),
            Marks = [mark is HeatMapMark map ? map with { Colors = scale } : mark],
        }).ToList();
        return new ChartSpec
        {
            Title = $"{tensor.Name}: features {features[0]} to {features[^1]} of {tensor.Channels}"
                + ActivationOptions.PlaceOf(tensor, choices),
            Caption = pairs
                ? $"Each panel is one feature over all pairs: rows a, columns b, elements of {run.Group!.Name} "
                    + $"ordered by {choices["order"]}."
                    : "Each panel is the distribution of one feature over all samples.",
            Provenance = run.Provenance(tensor.Name, run.SampleCount, reduction),
            Columns = Math.Min(MostColumns, panels.Count),
            SharedScale = choices["scale"] == "shared" && pairs,
            Panels = panels,
        };
    }

    private static bool IsImage(RunTensor tensor) => tensor is { IsSpatial: true, Dimensions.Count: 3 };

    /// <summary>What a convolution makes of one sample: a map of its places for each feature.</summary>
    private static async Task<ChartSpec> Images(
        IRunData run, RunTensor tensor, List<int> features, ChartChoices choices, CancellationToken cancellation)
    {
        var sample = choices.Integer("sample");
        var values = (await run.ActivationAsync(tensor.Name, sample, 1, cancellation)).Values;
        int[] extents = [1, .. tensor.Dimensions.Select(extent => (int)extent)];
        var whole = features.ConvertAll(feature => TensorSlice.Take(values, extents, 1, 2, [0, 0, 0, feature]));
        var reduction = MatrixReduction.Describe(whole[0], MostCells, MostCells);
        var maps = whole.ConvertAll(map => MatrixReduction.Fit(map, MostCells, MostCells));
        var scale = maps.Exists(
            map => RunCharting.ScaleFor(map.Values.Span, "activation").Kind == ColorScaleKind.Diverging)
            ? ColorScale.Diverging("activation") : ColorScale.Sequential("activation");
        return new ChartSpec
        {
            Title = $"{tensor.Name}: features {features[0]} to {features[^1]} of {tensor.Channels}, "
                + $"sample {SampleNames.NameOf(run, sample)}",
            Caption = "Each panel is one feature of this sample over the places of the image.",
            Provenance = run.Provenance(tensor.Name, 1, reduction),
            Columns = Math.Min(MostColumns, maps.Count),
            SharedScale = choices["scale"] == "shared",
            Panels = [.. maps.Select((map, i) => new ChartPanel
            {
                Title = $"{features[i]}",
                X = ChartAxis.Linear(tensor.NameOf(1) + (reduction is null ? string.Empty : " (block)")),
                Y = ChartAxis.Linear(tensor.NameOf(0) + (reduction is null ? string.Empty : " (block)")),
                Marks = [new HeatMapMark { Matrix = map, Colors = scale, SquareCells = true }],
            })],
        };
    }
}
