using Toolkit.Analysis.Charts.Runs.Slices;

namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>A captured value along two of its axes, which the reader chooses; the others, the samples among them, have a slider each.</summary>
internal sealed class ActivationHeatMapChart : IRunChart
{
    private const int MostSamples = 400;
    private const int MostCells = 1440;

    /// <summary>Beyond so many numbers fewer samples are read at once: 32 MB.</summary>
    private const long MostNumbers = 8L << 20;

    /// <inheritdoc/>
    public string Name => "activation-heat-map";

    /// <inheritdoc/>
    public string Title => "A value along two of its axes";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 40;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Activations.Count == 0 ? ActivationOptions.NoActivations : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => OptionsFor(run, new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var tensor = ActivationOptions.Chosen(run, given, "hidden");
        var axes = AxesOf(run, tensor);
        // Of an image the two axes before the features, of a sequence positions and features, else samples and features.
        var rows = Math.Max(0, axes.Count - (axes.Count > 3 ? 3 : 2));
        var options = TensorSlice.Options(axes, given, rows, axes.Count > 1 ? rows + 1 : null);
        return
        [
            ActivationOptions.Tensor(run, "hidden"),
            .. options,
            // Where samples are shown, the slider says with which the picture begins.
            .. options.Any(option => option.Name == axes[0].Option) ? Array.Empty<ChartOption>()
                : [ChartOption.Integer(axes[0].Option, "First sample", 0, axes[0].Extent - 1, 0)],
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) => ActivationOptions.HasPairs(run) ? [] : ActivationOptions.InReport(run);

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public bool HasHeatMaps(IRunData run, IReadOnlyDictionary<string, string> given) => true;

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var axes = AxesOf(run, tensor);
        var (rows, columns) = TensorSlice.Chosen(axes, choices);
        var first = choices.Integer(axes[0].Option);
        var count = rows == 0 || columns is null or 0 ? (int)Math.Min(Math.Clamp(MostNumbers / Math.Max(1, tensor.Count), 1, MostSamples), run.SampleCount - first) : 1;
        var values = (await run.ActivationAsync(tensor.Name, first, count, cancellation)).Values;
        int[] extents = [count, .. axes.Skip(1).Select(axis => axis.Extent)];
        int[] at = [.. axes.Select((axis, i) => i == 0 || i == rows || i == columns || columns is null || axis.Extent == 1 ? 0 : choices.Integer(axis.Option))];
        var matrix = TensorSlice.Take(values, extents, rows, columns, at);
        var reduction = MatrixReduction.Describe(matrix, MostCells, MostCells);
        matrix = MatrixReduction.Fit(matrix, MostCells, MostCells);
        var names = reduction is null && count > 1 ? await SampleNames.ReadAsync(run, first, count, cancellation) : null;
        var samples = count > 1 ? $"samples {first:N0} to {first + count - 1:N0}" : $"sample {SampleNames.NameOf(run, first)}";
        var places = string.Concat(axes.Select((axis, i) => i == 0 || i == rows || i == columns || columns is null || axis.Extent == 1 ? string.Empty : $", {axis.Name} {at[i]}"));
        return ChartSpec.Single(
            $"{tensor.Name} {tensor.Shape}: {samples}{places}",
            Axis(columns is { } across ? axes[across] : null, columns == 0 ? names : null),
            Axis(axes[rows], rows == 0 ? names : null),
            new HeatMapMark { Matrix = matrix, Colors = RunCharting.ScaleFor(matrix.Values.Span, "activation"), SquareCells = rows > 0 && columns > 0 && axes.Count > 3 })
            with { Provenance = run.Provenance(tensor.Name, count, reduction) };

        ChartAxis Axis(TensorAxis? axis, IReadOnlyList<string>? categories) => new()
        {
            Label = (axis?.Name ?? TensorSlice.Together) + (reduction is null ? string.Empty : " (block)"),
            // A few places are counted, not measured: no ticks between them.
            Categories = categories ?? (axis is { Extent: <= 12 } few ? [.. Enumerable.Range(0, few.Extent).Select(place => $"{place}")] : null),
        };
    }

    private static IReadOnlyList<TensorAxis> AxesOf(IRunData run, RunTensor tensor)
    {
        var sliders = ActivationOptions.PositionAxes(tensor).ToDictionary(axis => axis.Axis);
        var last = tensor.Dimensions.Count - 1;
        return
        [
            new TensorAxis("sample", "sample", (int)Math.Min(int.MaxValue, Math.Max(1, run.SampleCount))),
            .. tensor.Dimensions.Select((extent, axis) => axis == last
                ? new TensorAxis("feature", "feature", (int)extent)
                : new TensorAxis(last == 1 ? "position" : tensor.NameOf(axis), sliders.TryGetValue(axis, out var slider) ? slider.Option : $"axis-{axis + 1}", (int)extent, tensor.FirstShown((int)extent))),
        ];
    }
}
