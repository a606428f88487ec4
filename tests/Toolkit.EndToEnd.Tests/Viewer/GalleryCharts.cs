using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>One chart of every kind of mark, drawn from formulas.</summary>
internal abstract class GalleryChart(string name, ChartPage page) : IRunChart
{
    public string Name => name;

    public string Title => $"Gallery: {name}";

    public ChartPage Page => page;

    public int Order => 0;

    public string? WhyNot(IRunData run) => null;

    public virtual IReadOnlyList<ChartOption> Options(IRunData run) => [];

    public Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation) =>
        Task.FromResult(Draw(run, choices) with { Provenance = new ChartProvenance
        {
            Run = run.Name,
            ModelSha256 = run.ModelSha256,
            Tensor = "hidden",
            Count = 576,
        } });

    protected static IReadOnlyList<string> Names(int count) =>
        [.. Enumerable.Range(0, count).Select(i => $"({i % 5} {i / 5 % 5} {i / 25})")];

    protected abstract ChartSpec Draw(IRunData run, ChartChoices choices);

    protected static ChartMatrix Waves(int size, double phase) =>
        ChartMatrix.Build(size, size, (r, c) => (r * 7 + c) % 97 == 0
            ? float.NaN
            : (float)(Math.Sin((r + phase) * 0.13) * Math.Cos((c - phase) * 0.07) * (1 + phase)));
}

internal sealed class MapChart() : GalleryChart("map", ChartPage.Tensor)
{
    public override IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.Integer("size", "rows and columns", 2, 720, 120), ChartOption.OneOf(
            "tensor", "value", [.. run.Activations.Select(t => t.Name)])];

    protected override ChartSpec Draw(IRunData run, ChartChoices choices)
    {
        var size = choices.Integer("size");
        return ChartSpec.Single($"Value {choices["tensor"]}", ChartAxis.Named("b", Names(size)), ChartAxis.Named(
            "a", Names(size)),
            new HeatMapMark
            {
                Matrix = Waves(size, 0.5),
                Colors = ColorScale.Diverging("activation"),
                SquareCells = true,
            });
    }
}

internal sealed class ManyMapsChart() : GalleryChart("many", ChartPage.Tensor)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => new()
    {
        Title = "Forty channels",
        Columns = 8,
        Panels = [.. Enumerable.Range(0, 40).Select(i => new ChartPanel
        {
            Title = $"channel {i} {FakeRun.HostileName}", X = ChartAxis.Named("b", Names(24)), Y = ChartAxis.Named(
                "a", Names(24)),
            Marks = [new HeatMapMark { Matrix = Waves(24, i), Colors = ColorScale.Diverging("activation") }],
        })],
    };
}

internal sealed class ThreeMapsChart() : GalleryChart("three", ChartPage.Representations)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => new()
    {
        Title = "Truth, prediction, residual",
        Columns = 3,
        SharedScale = true,
        Panels = [.. new[] { "true logits", "predicted", "residual" }.Select((title, i) => new ChartPanel
        {
            Title = title, X = ChartAxis.Named("b", Names(60)), Y = ChartAxis.Named("a", Names(60)),
            Marks = [new HeatMapMark
            {
                Matrix = Waves(60, i),
                Colors = ColorScale.Diverging("logit"),
                SquareCells = true,
            }],
        })],
    };
}

internal sealed class LinesChart() : GalleryChart("lines", ChartPage.Training)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => ChartSpec.Single(
        "Losses over training", ChartAxis.Linear("epoch"), ChartAxis.Log("loss", "nat"),
        new LineMark { Name = "train loss", X = X(), Y = Y(1.3) },
        new LineMark { Name = $"test loss {FakeRun.HostileName}", X = X(), Y = Y(1.05), Style = LineStyle.Dashed },
        new RuleMark { Name = "chance", At = Math.Log(120) });

    private static double[] X() => [.. Enumerable.Range(0, 1000).Select(i => i * 10.0)];

    private static double[] Y(double rate) =>
        [.. Enumerable.Range(0, 1000).Select(i => i is > 400 and < 420 ? double.NaN : 4.8 * Math.Pow(rate, -i / 30.0))];
}

internal sealed class ShortLogChart() : GalleryChart("short-log", ChartPage.Training)
{
    public override IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.Integer("ratio", "greatest by least", 2, 1000, 20)];

    protected override ChartSpec Draw(IRunData run, ChartChoices choices)
    {
        double[] values = [.. Enumerable.Range(0, 21)
            .Select(i => 5 * Math.Pow(choices.Integer("ratio"), i / 20.0))];
        return ChartSpec.Single(
            "Less than two decades", ChartAxis.Log("epoch"), ChartAxis.Log("loss"),
            new LineMark { X = values, Y = values });
    }
}

internal sealed class LinearLinesChart() : GalleryChart("accuracy", ChartPage.Training)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => ChartSpec.Single(
        "Accuracy", ChartAxis.Linear("epoch"), new ChartAxis { Label = "accuracy", Minimum = 0, Maximum = 1 },
        new LineMark { Name = "train", X = [1, 10, 100, 1000], Y = [0.1, 0.8, 1, 1], ShowPoints = true },
        new LineMark { Name = "test", X = [1, 10, 100, 1000], Y = [0.01, 0.02, 0.3, 0.99], ShowPoints = true });
}

internal sealed class PointsChart() : GalleryChart("points", ChartPage.Spectra)
{
    public override IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("colour", "coloured by", ["category", "value"])];

    protected override ChartSpec Draw(IRunData run, ChartChoices choices)
    {
        var angle = Enumerable.Range(0, 5000).Select(i => i * 0.0126).ToArray();
        double[] x = [.. angle.Select(a => a * Math.Cos(a))], y = [.. angle.Select(a => a * Math.Sin(a))];
        return ChartSpec.Single("Components", ChartAxis.Linear("component 1"), ChartAxis.Linear("component 2"),
            choices["colour"] == "value"
                ? new PointMark
                {
                    X = x,
                    Y = y,
                    Values = angle,
                    Colors = ColorScale.Sequential("angle"),
                    Labels = Names(5000),
                }
                : new PointMark
                {
                    X = x,
                    Y = y,
                    Categories = [.. angle.Select(
                        (_, i) => i % 3 == 0 ? "train" : i % 3 == 1 ? "test" : "<b>neither</b>")],
                    Labels = Names(5000),
                });
    }
}

internal sealed class BarsChart() : GalleryChart("bars", ChartPage.Representations)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => new()
    {
        Title = "Shares per irrep",
        Panels =
        [
            new ChartPanel
            {
                X = ChartAxis.Named("matrix", ["W_x", "W_y", "W_U", "hidden"]), Y = ChartAxis.Linear("share"), Bars =
                    BarLayout.Stacked,
                Marks = [.. new[] { "trivial", "sign", "standard", "standard_sign", "s5_5d_a" }.Select(
                    (irrep, i) => new BarMark { Name = irrep, Values = [0.1, 0.2, 0.05 * i, 0.1] })],
            },
        ],
    };
}

internal sealed class TwoQuantitiesChart() : GalleryChart("quantities", ChartPage.Representations)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => new()
    {
        Title = "Loss and shares",
        Columns = 2,
        Panels =
        [
            new ChartPanel
            {
                X = ChartAxis.Linear("epoch"), Y = ChartAxis.Log("loss"),
                Marks = [new LineMark { X = [0, 10], Y = [run.Name == "one" ? 1e-6 : 1e-3, 20] }],
            },
            new ChartPanel
            {
                X = ChartAxis.Named("part", ["embedding"]), Y = ChartAxis.Linear("share"), Bars = BarLayout.Stacked,
                Marks =
                [
                    new BarMark { Name = "sign", Values = [0.4] }, new BarMark { Name = "standard", Values = [0.6] },
                ],
            },
        ],
    };
}

internal sealed class HistogramChart() : GalleryChart("histogram", ChartPage.Tensor)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) =>
        ChartSpec.Single("Values", ChartAxis.Linear("value"), ChartAxis.Linear("count"),
            new HistogramMark
            {
                Edges = [.. Enumerable.Range(0, 65).Select(i => i / 32.0 - 1)],
                Counts = [.. Enumerable.Range(0, 64).Select(i => 1000 * Math.Exp(-(i - 32) * (i - 32) / 200.0))],
            });
}

internal sealed class StripChart() : GalleryChart("strip", ChartPage.Tensor)
{
    public override IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.Integer("columns", "columns", 2, 5000, 227)];

    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => ChartSpec.Single(
        "Three rows",
        ChartAxis.Linear("column"),
        ChartAxis.Linear("row"),
        new HeatMapMark
        {
            Matrix = ChartMatrix.Build(3, choices.Integer("columns"), (row, column) => (row * 100) + (column % 7)),
            Colors = ColorScale.Sequential("activation"),
            SquareCells = true,
        });
}

internal sealed class FlatChart() : GalleryChart("flat", ChartPage.Tensor)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => ChartSpec.Single(
        "One value",
        ChartAxis.Linear("column"),
        ChartAxis.Linear("row"),
        new HeatMapMark
        {
            Matrix = ChartMatrix.Build(1, 1, (_, _) => 16000),
            Colors = ColorScale.Sequential("value"),
        });
}

internal sealed class ManyLinesChart() : GalleryChart("many-lines", ChartPage.Spectra)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => ChartSpec.Single(
        "Singular values",
        ChartAxis.Linear("index"),
        ChartAxis.Linear("singular value"),
        [.. Enumerable.Range(0, 200).Select(i => new LineMark { Name = $"weight {i}", X = [1, 2], Y = [i, 0] })]);
}

internal sealed class BrokenChart() : GalleryChart("broken", ChartPage.Spectra)
{
    protected override ChartSpec Draw(IRunData run, ChartChoices choices) =>
        throw new BadInputException(
            "activations/part-0.parquet: this is not a Parquet file that can be read <b>at all</b>.");
}

internal sealed class UnavailableChart() : GalleryChart("unavailable", ChartPage.Spectra), IRunChart
{
    string? IRunChart.WhyNot(IRunData run) => "there is no results/spectra.parquet; make it with `inspect svd RUN`.";

    protected override ChartSpec Draw(IRunData run, ChartChoices choices) => throw new NotSupportedException();
}
