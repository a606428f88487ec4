using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Tests;

/// <summary>One chart of every kind, as runs make them, from formulas.</summary>
internal static class Gallery
{
    private static readonly ChartProvenance From = new()
    {
        Run = "s5-mlp",
        ModelSha256 = new string('a', 64),
        Tensor = "logits",
        Count = 14_400,
    };

    public static IReadOnlyDictionary<string, ChartSpec> All { get; } = new Dictionary<string, ChartSpec>(
        StringComparer.Ordinal)
    {
        ["lines"] = Training(),
        ["heat-map-120"] = HeatMap120(),
        ["heat-map-weights"] = Weights(),
        ["channel-grid"] = ChannelGrid(40),
        ["trace"] = Trace(),
        ["stacked-bars"] = StackedBars(),
        ["grouped-bars"] = StackedBars() with { Panels = [StackedBars().Panels[0] with { Bars = BarLayout.Grouped }] },
        ["histogram"] = Histogram(),
        ["scatter-categories"] = Scatter(categories: true),
        ["scatter-values"] = Scatter(categories: false),
        ["spectrum"] = Spectrum(),
        ["heat-map-720"] = Square(720),
        ["one-cell"] = Square(1),
        ["character-table"] = CharacterTable(),
    };

    public static IReadOnlyList<string> Elements(int count)
    {
        // One-line words of permutations of 5, as names of realistic length.
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            names.Add(i == 0 ? "()"
                : i % 3 == 0 ? $"({i % 5} {(i + 1) % 5})({(i + 2) % 5} {(i + 3) % 5})"
                : i % 3 == 1 ? $"({i % 5} {(i + 1) % 5} {(i + 2) % 5})"
                : $"({i % 5} {(i + 1) % 5} {(i + 2) % 5} {(i + 3) % 5} {(i + 4) % 5})");
        }

        return names;
    }

    public static ChartSpec Square(int n) => ChartSpec.Single(
        $"{n} × {n}", ChartAxis.Named("b", Elements(n)), ChartAxis.Named("a", Elements(n)),
        new HeatMapMark
        {
            Matrix = ChartMatrix.Build(n, n, (i, j) => MathF.Sin(i * 0.05f) * MathF.Cos(j * 0.031f)),
            Colors = ColorScale.Diverging("activation"),
            SquareCells = true,
        });

    private static ChartSpec Training()
    {
        double[] epochs = [.. Enumerable.Range(0, 400).Select(i => Math.Pow(10, i / 80.0))];
        return new ChartSpec
        {
            Title = "Loss and accuracy over training",
            Caption = "Cross-entropy over training and test pairs; the test loss falls long after the training loss.",
            Provenance = From with { Tensor = null, Count = 400 },
            Columns = 2,
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Log("epoch"),
                    Y = ChartAxis.Log("loss", "nat"),
                    Marks =
                    [
                        new LineMark
                        {
                            Name = "train",
                            X = epochs,
                            Y = [.. epochs.Select(e => (4.8 / (1 + Math.Pow(e / 100, 3))) + 1.5e-6)],
                        },
                        new LineMark
                        {
                            Name = "test",
                            X = epochs,
                            Y = [.. epochs.Select(e => (8 / (1 + Math.Pow(e / 20000, 6))) + 3e-6)],
                        },
                        new RuleMark { Name = "chance", At = Math.Log(120) },
                    ],
                },
                new ChartPanel
                {
                    X = ChartAxis.Log("epoch"),
                    Y = ChartAxis.Linear("accuracy"),
                    Marks =
                    [
                        new LineMark
                        {
                            Name = "train",
                            X = epochs,
                            Y = [.. epochs.Select(e => 1 / (1 + Math.Pow(80 / e, 3)))],
                        },
                        new LineMark { Name = "test", X = epochs, Y = [.. epochs.Select(
                            (e, i) => i is > 200 and < 220 ? double.NaN : 1 / (1 + Math.Pow(20000 / e, 6)))] },
                    ],
                },
            ],
        };
    }

    private static ChartSpec HeatMap120() => ChartSpec.Single(
        "Logit of the identity over all pairs",
        ChartAxis.Named("b", Elements(120)), ChartAxis.Named("a", Elements(120)),
        new HeatMapMark
        {
            Matrix = ChartMatrix.Build(120, 120, (i, j) => (i + j) % 120 == 0 ? 30
                : i == 7 && j < 30 ? float.NaN
                : 10 * MathF.Cos((i + j) * 0.21f) * MathF.Sin(i * 0.4f)),
            Colors = ColorScale.Diverging("logit"),
            SquareCells = true,
        }) with
        {
            Provenance = From,
            Caption = "Rows are the left factor a, columns the right factor b, both in index order.",
        };

    private static ChartSpec Weights() => ChartSpec.Single(
        "Weight W_x", ChartAxis.Linear("column"), ChartAxis.Named("element", Elements(120)),
        new HeatMapMark
        {
            Matrix = ChartMatrix.Build(120, 256, (i, j) => MathF.Sin((i * 17 % 13) + (j * 0.7f))),
            Colors = ColorScale.Diverging("weight"),
        }) with { Provenance = From with { Tensor = "W_x" } };

    private static ChartSpec ChannelGrid(int count) => new()
    {
        Title = "Neurons 0 to 39 of hidden over all pairs",
        Caption = "Each panel is one neuron; rows are a, columns b.",
        Provenance = From,
        Columns = 8,
        SharedScale = true,
        Panels = [.. Enumerable.Range(0, count).Select(k => new ChartPanel
        {
            Title = $"neuron {k}",
            X = ChartAxis.Named("b", Elements(24)),
            Y = ChartAxis.Named("a", Elements(24)),
            Marks = [new HeatMapMark
            {
                Matrix = ChartMatrix.Build(
                    24, 24, (i, j) => Math.Max(0, MathF.Sin(i * 0.1f * k) + MathF.Cos(j * 0.3f * k))),
                Colors = ColorScale.Sequential("activation"),
                SquareCells = true,
            }],
        })],
    };

    private static ChartSpec Trace() => new()
    {
        Title = "Logits for c = (): true, predicted, residual",
        Provenance = From,
        Columns = 3,
        SharedScale = true,
        Panels = [.. new[] { "true", "predicted by Σ w χ(abc⁻¹)", "residual" }.Select((name, k) => new ChartPanel
        {
            Title = name,
            X = ChartAxis.Named("b", Elements(24)),
            Y = ChartAxis.Named("a", Elements(24)),
            Marks = [new HeatMapMark
            {
                Matrix = ChartMatrix.Build(
                    24, 24, (i, j) => (k == 2 ? 0.5f : 10) * MathF.Cos((i * 0.5f) + (j * 0.9f) + (k == 2 ? 1 : 0))),
                Colors = ColorScale.Diverging("logit − mean"),
                SquareCells = true,
            }],
        })],
    };

    private static ChartSpec StackedBars() => ChartSpec.Single(
        "Shares per irrep",
        ChartAxis.Named("where", ["W_x", "W_y", "hidden", "W_U"]), ChartAxis.Linear("share of the squared norm"),
        new BarMark { Name = "trivial", Values = [0.00, 0.00, 0.01, 0.05] },
        new BarMark { Name = "sign", Values = [0.07, 0.07, 0.07, 0.10] },
        new BarMark { Name = "standard", Values = [0.93, 0.93, 0.81, 0.84] })
            with { Provenance = From, Panels = [new ChartPanel
            {
                X = ChartAxis.Named("where", ["W_x", "W_y", "hidden", "W_U"]),
                Y = ChartAxis.Linear("share of the squared norm"),
                Bars = BarLayout.Stacked,
                Marks =
                [
                    new BarMark { Name = "trivial", Values = [0.00, 0.00, 0.01, 0.05] },
                    new BarMark { Name = "sign", Values = [0.07, 0.07, 0.07, 0.10] },
                    new BarMark { Name = "standard", Values = [0.93, 0.93, 0.81, 0.84] },
                ],
            }] };

    private static ChartSpec Histogram() => ChartSpec.Single(
        "Distribution of hidden", ChartAxis.Linear("activation"), ChartAxis.Log("count"),
        new HistogramMark
        {
            Edges = [.. Enumerable.Range(0, 65).Select(i => i * 0.25)],
            Counts = [.. Enumerable.Range(0, 64).Select(i => Math.Floor(1e6 * Math.Exp(-i * 0.3)))],
        });

    private static ChartSpec Scatter(bool categories)
    {
        double[] x = [.. Enumerable.Range(0, 120).Select(i => Math.Cos(i * 0.7) * (1 + (i % 3)))], y = [.. Enumerable
            .Range(0, 120)
                .Select(i => Math.Sin(i * 0.7) * (1 + (i % 3)))];
        return ChartSpec.Single(
            "Components of W_x", ChartAxis.Linear("component 1"), ChartAxis.Linear("component 2"),
            categories
                ? new PointMark
                {
                    X = x,
                    Y = y,
                    Labels = Elements(120),
                    Categories = [.. Enumerable.Range(0, 120).Select(i => $"class of order {1 + (i % 3)}")],
                }
                : new PointMark
                {
                    X = x,
                    Y = y,
                    Labels = Elements(120),
                    Values = y,
                    Colors = ColorScale.Sequential("norm"),
                });
    }

    private static ChartSpec Spectrum() => ChartSpec.Single(
        "Singular values", ChartAxis.Linear("index"), ChartAxis.Log("singular value"),
        [.. new[] { "W_x", "W_y", "W", "W_U", "natural representation" }.Select((name, k) => new LineMark
        {
            Name = name,
            X = [.. Enumerable.Range(1, 24).Select(i => (double)i)],
            Y = [.. Enumerable.Range(1, 24).Select(i => i <= 10 ? 4.9 - (0.1 * i) - (0.3 * k) : 1e-6 / (k + i))],
            ShowPoints = true,
        })]);

    private static ChartSpec CharacterTable() => ChartSpec.Single(
        "Character table of S5",
        ChartAxis.Named("class", ["()", "(0 1)", "(0 1)(2 3)", "(0 1 2)", "(0 1 2)(3 4)", "(0 1 2 3)", "(0 1 2 3 4)"]),
        ChartAxis.Named("irrep", ["trivial", "sign", "standard", "standard_sign", "5d_a", "5d_b", "6d"]),
        new HeatMapMark
        {
            Matrix = new ChartMatrix(
                7,
                7,
                new float[] { 1, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, -1, -1, 1, 4, 2, 0, 1, -1, 0, -1, 4, -2, 0, 1, 1, 0, -1, 5, 1, 1, -1, 1, -1, 0, 5, -1, 1, -1, -1, 1, 0, 6, 0, -2, 0, 0, 0, 1 }),
            Colors = ColorScale.Diverging("χ"),
            SquareCells = true,
        });
}
