using Toolkit.Analysis.Charts;
using Toolkit.Viewer.Charts;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>One chart made of the same chart of several runs.</summary>
public sealed class ChartCombinationTests
{
    [Fact]
    public void Over_keeps_the_colours_of_lines_and_strokes_each_run_in_its_own_way()
    {
        var marks = ChartCombination.Over([Lines("a", 2), Lines("b", 2)], ["a", "b"]).Panels[0].Marks
            .Cast<LineMark>()
            .ToList();

        marks.Select(mark => (mark.Name, mark.Color, mark.Style)).ShouldBe(
        [
            ("a: line 0", 0, LineStyle.Solid), ("a: line 1", 1, LineStyle.Solid), ("b: line 0", 0, LineStyle.Dashed), (
                "b: line 1", 1, LineStyle.Dashed),
        ]);
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 3)]
    [InlineData(5, 1)]
    public void Over_leaves_no_two_lines_alike(int runs, int lines)
    {
        var names = Enumerable.Range(0, runs).Select(run => $"run {run}").ToList();
        var marks = ChartCombination.Over([.. names.Select(name => Lines(name, lines))], names).Panels[0].Marks
            .Cast<LineMark>()
            .ToList();

        marks.Select(mark => (mark.Color, mark.Style)).Distinct().Count().ShouldBe(runs * lines);
    }

    [Fact]
    public void Over_gives_every_bar_its_colour()
    {
        var bars = ChartSpec.Single(
            "ranks",
            ChartAxis.Named("matrix", ["W"]),
            ChartAxis.Linear("rank"),
            new BarMark { Values = [1] },
            new BarMark { Values = [2] });

        ChartCombination.Over([bars, bars], ["a", "b"]).Panels[0].Marks
            .Select(mark => mark.Color)
            .ShouldBe([0, 1, 2, 3]);
    }

    [Fact]
    public void Over_puts_what_is_of_one_name_at_one_place()
    {
        var panel = ChartCombination.Over([Ranks(["W", "U"], 1, 2), Ranks(["U", "V", "V"], 3, 4, 5)], ["a", "b"])
            .Panels[0];

        panel.X.Categories.ShouldBe(["W", "U", "V", "V"]);
        panel.Marks.OfType<BarMark>()
            .Select(bars => bars.Values)
            .ShouldBe([[1, 2, double.NaN, double.NaN], [double.NaN, 3, 4, 5]]);
        panel.Marks.OfType<LineMark>().Select(line => line.X).ShouldBe([[0, 1], [1, 2, 3]]);

        static ChartSpec Ranks(IReadOnlyList<string> names, params double[] ranks) => ChartSpec.Single(
            "ranks",
            ChartAxis.Named("matrix", names),
            ChartAxis.Linear("rank"),
            new BarMark { Values = ranks },
            new LineMark { X = [.. names.Select((_, at) => (double)at)], Y = ranks });
    }

    [Theory]
    [InlineData(3, 3, "")]
    [InlineData(2, 2, "No difference: the two are not of one size.")]
    public void Beside_shows_the_difference_or_says_why_there_is_none(int secondSize, int panels, string caption)
    {
        var chart = ChartCombination.Beside([Map("a", 3), Map("b", secondSize)], ["a", "b"]);

        chart.Panels.Count.ShouldBe(panels);
        chart.Caption.ShouldBe(caption);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Beside_keeps_the_one_scale_of_small_maps_or_gives_each_pair_its_own(bool isShared)
    {
        var chart = ChartCombination.Beside([Maps(1, isShared), Maps(2, isShared)], ["a", "b"]);

        var limits = chart.Panels.Select(panel => ((HeatMapMark)panel.Marks[0]).Colors)
            .Select(colors => (colors.Minimum, colors.Maximum));
        limits.ShouldBe(isShared
            ? [(0, 40), (0, 40), (-20, 20), (0, 40), (0, 40), (-20, 20)]
            : new (double?, double?)[] { (0, 4), (0, 4), (null, null), (0, 40), (0, 40), (null, null) });

        static ChartSpec Maps(int factor, bool isShared) => new()
        {
            Title = "maps",
            SharedScale = isShared,
            Panels = [.. new[] { 1, 10 }.Select(size => new ChartPanel
            {
                X = ChartAxis.Linear("b"),
                Y = ChartAxis.Linear("a"),
                Marks = [new HeatMapMark
                {
                    Matrix = ChartMatrix.Build(1, 3, (_, column) => factor * size * column),
                    Colors = ColorScale.Sequential("activation"),
                }],
            })],
        };
    }

    [Fact]
    public void Provenance_names_both_models_and_values()
    {
        var provenance = ChartCombination.Beside([Map("a", 3), Map("b", 3)], ["run a", "run b"]).Provenance;

        provenance.ShouldNotBeNull().ToString().ShouldBe(
            "Run run a and run b, model aaaaaaaaaaaa and bbbbbbbbbbbb, value hidden a and hidden b, n = 9.");
    }

    [Fact]
    public void Caption_and_title_are_those_of_each_run_where_they_differ()
    {
        ChartSpec[] charts =
            [Lines("3 neurons", 1) with { Caption = "3 off." }, Lines("5 neurons", 1) with { Caption = "1 off." }];

        foreach (var combine in new[] { ChartCombination.Over, ChartCombination.Beside })
        {
            var chart = combine(charts, ["a", "b"]);
            chart.Title.ShouldBe("3 neurons and 5 neurons");
            chart.Caption.ShouldBe("a: 3 off. b: 1 off.");
        }
    }

    private static ChartSpec Lines(string name, int count) => ChartSpec.Single(
        name, ChartAxis.Linear("epoch"), ChartAxis.Linear("loss"), [.. Enumerable.Range(0, count)
            .Select(at => new LineMark { Name = $"line {at}", X = [0, 1], Y = [at, at] })]);

    private static ChartSpec Map(string name, int size) => ChartSpec.Single(
        "map", ChartAxis.Linear("b"), ChartAxis.Linear("a"),
        new HeatMapMark
        {
            Matrix = ChartMatrix.Build(size, size, (r, c) => r + c),
            Colors = ColorScale.Diverging("value"),
        })
            with
        {
            Provenance = new ChartProvenance
            {
                Run = name,
                ModelSha256 = new string(name[0], 64),
                Tensor = $"hidden {name}",
                Count = 9,
            },
        };
}
