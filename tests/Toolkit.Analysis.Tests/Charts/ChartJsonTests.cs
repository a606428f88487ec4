using System.Text;
using Toolkit.Analysis.Charts;
using Toolkit.Formats;

namespace Toolkit.Analysis.Tests.Charts;

public sealed class ChartJsonTests
{
    [Fact]
    public void Read_gives_back_every_kind_of_mark_that_Write_wrote()
    {
        var json = ChartJson.Write(SomeCharts.EveryMark());

        ChartJson.Write(ChartJson.Read(json, "test")).ShouldBe(json);
    }

    [Fact]
    public void Write_keeps_the_bits_of_a_matrix_with_NaN_and_infinities()
    {
        float[] values =
        [
            BitConverter.UInt32BitsToSingle(0x7fc00001), float.PositiveInfinity, float.NegativeInfinity, -0f,
            float.Epsilon, 1.5f
        ];
        var spec = SomeCharts.HeatMap(new ChartMatrix(2, 3, values));

        var back = (HeatMapMark)ChartJson.Read(ChartJson.Write(spec), "test").Panels[0].Marks[0];

        back.Matrix.Values.ToArray().Select(BitConverter.SingleToUInt32Bits)
            .ShouldBe(values.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Write_turns_NaN_into_null_so_that_any_reader_sees_a_gap()
    {
        var spec = ChartSpec.Single(
            "t",
            ChartAxis.Linear("x"),
            ChartAxis.Linear("y"),
            new LineMark { X = [0, 1, 2], Y = [1, double.NaN, double.PositiveInfinity] });

        Encoding.UTF8.GetString(ChartJson.Write(spec)).ShouldContain("\"y\":[1,null,\"Infinity\"]");
    }

    [Fact]
    public void Read_takes_the_default_of_what_a_file_leaves_out()
    {
        var spec = ChartJson.Read(
            "{\"title\":\"t\",\"panels\":[{\"x\":{\"label\":\"x\"},\"y\":{\"label\":\"y\"},\"marks\":[{\"x\":[1],\"y\":[2],\"mark\":\"line\"}]}]}"u8,
            "test");

        spec.Columns.ShouldBe(1);
        spec.Version.ShouldBe(ChartSpec.CurrentVersion);
        spec.Caption.ShouldBe(string.Empty);
        spec.Panels[0].Title.ShouldBe(string.Empty);
        spec.Panels[0].Marks[0].Name.ShouldBe(string.Empty);
    }

    [Theory]
    [InlineData("", "not a chart specification")]
    [InlineData("null", "it is null")]
    [InlineData("[]", "not a chart specification")]
    [InlineData("{\"title\":\"t\"}", "panels")]
    [InlineData("{\"title\":\"t\",\"panels\":null}", "not a chart specification")]
    [InlineData("{\"title\":\"t\",\"panels\":[]}", "panels is empty")]
    [InlineData("{\"title\":\"t\",\"panels\":[],\"colour\":1}", "colour")]
    [InlineData(
        "{\"version\":9,\"title\":\"t\",\"panels\":[{\"x\":{\"label\":\"\"},\"y\":{\"label\":\"\"},\"marks\":[]}]}",
        "version is 9")]
    [InlineData(
        "{\"title\":\"t\",\"panels\":[{\"x\":{\"label\":\"\"},\"y\":{\"label\":\"\"},\"marks\":[{\"mark\":\"line\",\"x\":[1],\"y\":[]}]}]}",
        "x has 1, y 0")]
    [InlineData(
        "{\"title\":\"t\",\"panels\":[{\"x\":{\"label\":\"\"},\"y\":{\"label\":\"\"},\"marks\":[{\"mark\":\"pie\"}]}]}",
        "not a chart specification")]
    public void Read_says_what_is_wrong_with(string json, string expected) =>
        Should.Throw<BadInputException>(() => ChartJson.Read(Encoding.UTF8.GetBytes(json), "chart.json"))
            .Message.ShouldSatisfyAllConditions(m => m.ShouldStartWith("chart.json: "), m => m.ShouldContain(expected));

    [Fact]
    public void Read_refuses_a_matrix_whose_size_overflows() =>
        Should.Throw<BadInputException>(() => ChartJson.Read(
            "{\"title\":\"t\",\"panels\":[{\"x\":{\"label\":\"\"},\"y\":{\"label\":\"\"},\"marks\":[{\"mark\":\"heat-map\",\"colors\":{\"kind\":\"diverging\"},\"matrix\":{\"rows\":65536,\"columns\":65536,\"float32\":\"\"}}]}]}"u8,
            "chart.json"))
            .Message.ShouldContain("65536 × 65536");

    [Fact]
    public void Every_truncation_is_answered_by_our_exception_alone()
    {
        var json = ChartJson.Write(SomeCharts.EveryMark());
        for (var length = 0; length < json.Length; length += 7)
        {
            Should.Throw<BadInputException>(() => ChartJson.Read(json.AsSpan(0, length), "cut"));
        }
    }
}
