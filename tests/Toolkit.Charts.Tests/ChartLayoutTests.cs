using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Layout;
using Toolkit.Charts.Scenes;

namespace Toolkit.Charts.Tests;

public sealed class ChartLayoutTests
{
    public static TheoryData<string> Names => [.. Gallery.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Titles_legends_and_plots_keep_apart(string name) => KeepApart(Gallery.All[name]);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 30)]
    [InlineData(2, 12)]
    public void Legends_of_panels_keep_off_their_titles(int columns, int series) => KeepApart(new ChartSpec
    {
        Title = "each panel has its own series",
        Columns = columns,
        Panels = [Panel("upper", series), Panel("lower", series + 1)],
    });

    [Fact]
    public void Colour_bar_of_one_value_has_that_value_alone()
    {
        var spec = ChartSpec.Single(
            "one value",
            ChartAxis.Linear("column"),
            ChartAxis.Linear("row"),
            new HeatMapMark
            {
                Matrix = ChartMatrix.Build(1, 1, (_, _) => 16000),
                Colors = ColorScale.Sequential("value"),
            });
        var colors = Scene.Make(spec, ChartTheme.Light).Panels[0].Colors.ShouldNotBeNull();
        ChartLayout.ColorTicks(colors, 200).Labels.ShouldBe(["16,000"]);
    }

    [Fact]
    public void Shared_scale_is_one_range_for_each_quantity()
    {
        var panels = Scene.Make(
            new ChartSpec
            {
                Title = "two runs",
                Columns = 2,
                SharedScale = true,
                Panels = [Of("loss", 20), Of("loss", 5), Of("share", 1), Of("share", 0.5)],
            },
            ChartTheme.Light).Panels;

        panels[0].Y.ShouldBe(panels[1].Y);
        panels[2].Y.ShouldBe(panels[3].Y);
        panels[0].Y.Maximum.ShouldBeGreaterThan(20);
        panels[2].Y.Maximum.ShouldBeLessThan(2);

        static ChartPanel Of(string quantity, double most) => new()
        {
            X = ChartAxis.Linear("x"),
            Y = ChartAxis.Linear(quantity),
            Marks = [new LineMark { X = [0, 1], Y = [0, most] }],
        };
    }

    private static ChartPanel Panel(string title, int series) => new()
    {
        Title = title + " panel, whose title is long enough to reach over most of the plot",
        X = ChartAxis.Linear("x"),
        Y = ChartAxis.Linear("y"),
        Marks = [.. Enumerable.Range(0, series).Select(i =>
            new LineMark { Name = $"series {i} of {title}", X = [0, 1], Y = [0, i] })],
    };

    private static void KeepApart(ChartSpec spec)
    {
        var layout = ChartLayout.Make(Scene.Make(spec, ChartTheme.Light), new RenderOptions());
        (string Name, SKRect Room)[] rooms =
        [
            .. layout.Legend.Select(item => ($"legend '{item.Entry.Text}'", item.Room)),
            .. layout.Panels.Select(panel => ("plot", panel.Plot)),
            .. layout.Panels.Where(panel => panel.Panel.Panel.Title.Length > 0)
                .Select(panel => ($"title '{panel.Panel.Panel.Title}'", panel.Title)),
            .. layout.Panels.Where(panel => panel.Bar is not null).Select(panel => ("colour bar", panel.Bar!.Value)),
        ];
        for (var i = 0; i < rooms.Length; i++)
        {
            for (var k = 0; k < i; k++)
            {
                // Half a pixel is rounding.
                var (one, other) = (rooms[i].Room, SKRect.Inflate(rooms[k].Room, -0.5f, -0.5f));
                one.IntersectsWith(other).ShouldBeFalse($"{rooms[i]} lies over {rooms[k]}");
            }
        }
    }
}
