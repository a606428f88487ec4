using Toolkit.Analysis.Charts;

namespace Toolkit.Analysis.Tests.Charts;

/// <summary>Valid specifications.</summary>
internal static class SomeCharts
{
    public static ChartSpec HeatMap(ChartMatrix matrix) => ChartSpec.Single(
        "heat map",
        ChartAxis.Linear("column"),
        ChartAxis.Linear("row"),
        new HeatMapMark { Matrix = matrix, Colors = ColorScale.Diverging("weight") });

    public static ChartSpec EveryMark() => new()
    {
        Title = "Every mark of <W_x> & \"friends\"",
        Caption = "A caption.",
        Provenance = new ChartProvenance
        {
            Run = "s4",
            ModelSha256 = new string('a', 64),
            Tensor = "hidden",
            Count = 14_400,
            Reduction = "every 4th epoch",
        },
        Columns = 2,
        SharedScale = true,
        Panels =
        [
            new ChartPanel
            {
                Title = "lines",
                X = ChartAxis.Log("epoch"),
                Y = ChartAxis.Log("loss", "nat") with { Minimum = 1e-9, Maximum = 10 },
                Marks =
                [
                    new LineMark
                    {
                        Name = "train",
                        X = [0, 1, 10, 100],
                        Y = [5, 1, double.NaN, 1e-7],
                        Style = LineStyle.Dashed,
                        ShowPoints = true,
                        Color = 3,
                    },
                    new RuleMark { Name = "chance", At = 4.8 },
                    new RuleMark { At = 10, Vertical = true },
                ],
            },
            new ChartPanel
            {
                X = ChartAxis.Linear("first"),
                Y = ChartAxis.Linear("second"),
                Marks =
                [
                    new PointMark
                    {
                        X = [1, 2],
                        Y = [3, 4],
                        Labels = ["(0 1)", "e"],
                        Values = [0.5, double.PositiveInfinity],
                        Colors = ColorScale.Sequential("norm"),
                    },
                    new PointMark { X = [1], Y = [2], Categories = ["sign"] },
                ],
            },
            new ChartPanel
            {
                X = ChartAxis.Named("irrep", ["trivial", "sign"]),
                Y = ChartAxis.Linear("share"),
                Bars = BarLayout.Stacked,
                Marks = [new BarMark { Name = "x", Values = [0.25, 0.5] }, new BarMark
                {
                    Name = "y",
                    Values = [0.75, double.NaN],
                }],
            },
            new ChartPanel
            {
                X = ChartAxis.Named("b", ["e", "(0 1)"]),
                Y = ChartAxis.Named("a", ["e", "(0 1)"]),
                Marks = [new HeatMapMark
                {
                    Matrix = new ChartMatrix(2, 2, new float[] { 1, float.NaN, -1, 0 }),
                    Colors = ColorScale.Diverging("logit"),
                    SquareCells = true,
                }],
            },
            new ChartPanel
            {
                X = ChartAxis.Linear("activation"),
                Y = ChartAxis.Linear("count"),
                Marks = [new HistogramMark { Name = "hidden", Edges = [0, 1, 2], Counts = [3, 4] }],
            },
            new ChartPanel
            {
                X = ChartAxis.Linear("column"),
                Y = ChartAxis.Linear("row"),
                Marks = [new HeatMapMark
                {
                    Matrix = ChartMatrix.ByReference(720, 720, "m0"),
                    Colors = ColorScale.Sequential("p") with { Minimum = 0, Maximum = 1 },
                }],
            },
        ],
    };
}
