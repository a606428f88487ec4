using Toolkit.Analysis.Charts;

namespace Toolkit.Analysis.Tests.Charts;

public sealed class ChartTableTests
{
    [Fact]
    public void From_names_the_cells_of_a_heat_map()
    {
        var table = ChartTable.From(ChartSpec.Single(
            "t", ChartAxis.Named("b", ["e", "(0 1)"]), ChartAxis.Named("a", ["e"]),
            new HeatMapMark
            {
                Matrix = new ChartMatrix(1, 2, new float[] { 1.5f, float.NaN }),
                Colors = ColorScale.Diverging("logit"),
            }));

        table.Columns.Select(column => column.Name).ShouldBe(["x", "x_name", "y", "y_name", "value"]);
        table.Values<string?>("x_name").ToArray().ShouldBe(["e", "(0 1)"]);
        table.Values<string?>("y_name").ToArray().ShouldBe(["e", "e"]);
        table.Numbers("value").ShouldBe([1.5, double.NaN]);
    }

    [Fact]
    public void From_holds_every_point_bar_and_bin_but_no_rules()
    {
        var spec = SomeCharts.EveryMark();
        var table = ChartTable.From(spec with { Panels = [.. spec.Panels.Take(5)] });

        table.RowCount.ShouldBe(4 + 3 + 4 + 4 + 2);
        table.Values<string?>("series").ToArray().ShouldContain("sign");
        table.Numbers("x_end").Count(double.IsFinite).ShouldBe(2);
    }

    [Fact]
    public void From_gives_an_empty_table_where_there_is_nothing_to_show() =>
        ChartTable.From(ChartSpec.Single("t", ChartAxis.Linear("x"), ChartAxis.Linear("y"))).RowCount.ShouldBe(0);
}
