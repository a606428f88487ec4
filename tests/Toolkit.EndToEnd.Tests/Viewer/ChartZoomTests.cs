using Toolkit.Analysis.Charts;
using Toolkit.Formats;
using Toolkit.Viewer.Charts;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>A downloaded picture shows what the page shows.</summary>
public sealed class ChartZoomTests
{
    [Fact]
    public void Heat_map_keeps_the_cells_that_show_their_names_and_the_colours_of_all()
    {
        var chart = ChartSpec.Single(
            "map", ChartAxis.Linear("column"), ChartAxis.Named("row", ["a", "b", "c", "d"]),
            new HeatMapMark { Matrix = ChartMatrix.Build(4, 6, (row, column) => (10 * row) + column), Colors = ColorScale.Sequential("value") });
        var shown = ChartZoom.Parse("""{"zoom":{"0":{"x":[1.6,4.4],"y":[2.5,0.5]}}}""").Apply(chart);
        var map = (HeatMapMark)shown.Panels[0].Marks[0];
        map.Matrix.Values.ToArray().ShouldBe([12, 13, 14, 22, 23, 24]);
        shown.Panels[0].X.Categories.ShouldBe(["2", "3", "4"]);
        shown.Panels[0].Y.Categories.ShouldBe(["b", "c"]);
        (map.Colors.Minimum, map.Colors.Maximum).ShouldBe((0, 35));
        shown.Caption.ShouldContain("Shown in part");
    }

    [Fact]
    public void Lines_keep_their_data_and_get_the_ranges_of_the_axes()
    {
        var chart = ChartSpec.Single("lines", ChartAxis.Linear("epoch"), ChartAxis.Linear("loss"), new LineMark { X = [1, 2, 3], Y = [1, 10, 100] });
        var shown = ChartZoom.Parse("""{"logY":true,"zoom":{"0":{"x":[1.5,2.5],"y":[-1,2]}}}""").Apply(chart).Panels[0];
        (shown.X.Minimum, shown.X.Maximum).ShouldBe((1.5, 2.5));
        shown.Y.Scale.ShouldBe(AxisScale.Log);
        shown.Y.Minimum!.Value.ShouldBe(0.1, 1e-12);
        shown.Y.Maximum!.Value.ShouldBe(100, 1e-9);
        shown.Marks.ShouldBe(chart.Panels[0].Marks);
    }

    [Fact]
    public void Data_are_those_of_the_window()
    {
        var lines = ChartSpec.Single(
            "lines", ChartAxis.Linear("epoch"), ChartAxis.Linear("loss"), new LineMark { X = [1, 2, 3, 4], Y = [1, 10, 1000, 10] });
        var zoom = ChartZoom.Parse("""{"logY":true,"zoom":{"0":{"x":[1.5,4.5],"y":[-1,2]}}}""");
        ChartTable.From(lines, zoom.Holds(lines)).Numbers("x").ShouldBe([2, 4]);

        var map = ChartSpec.Single(
            "map", ChartAxis.Linear("column"), ChartAxis.Named("row", ["a", "b", "c", "d"]),
            new HeatMapMark { Matrix = ChartMatrix.Build(4, 6, (row, column) => (10 * row) + column), Colors = ColorScale.Sequential("value") });
        zoom = ChartZoom.Parse("""{"zoom":{"0":{"x":[1.6,4.4],"y":[2.5,0.5]}}}""");
        ChartTable.From(map, zoom.Holds(map)).Numbers("value").ShouldBe([12, 13, 14, 22, 23, 24]);

        var histogram = ChartSpec.Single(
            "bins", ChartAxis.Linear("value"), ChartAxis.Linear("count"), new HistogramMark { Edges = [0, 1, 2, 3], Counts = [5, 6, 7] });
        zoom = ChartZoom.Parse("""{"zoom":{"0":{"x":[1.2,1.8],"y":[0,1]}}}""");
        ChartTable.From(histogram, zoom.Holds(histogram)).Numbers("y").ShouldBe([6]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"zoom\":{\"x\":1}}")]
    [InlineData("{\"zoom\":{\"0\":{\"x\":[1]}}}")]
    [InlineData("{\"zoom\":{\"0\":{\"x\":[1,1e999]}}}")]
    [InlineData("{\"zoom\":[[[[[[[[[[1]]]]]]]]]]}")]
    public void Anything_else_is_refused_in_a_sentence(string text) =>
        Should.Throw<BadInputException>(() => ChartZoom.Parse(text)).Message.ShouldContain("Leave it out for the whole chart");
}
