using System.Text;
using System.Text.Json;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Tests.Tables;

public sealed class TextTableTests
{
    private static readonly Table Sample = new(
        TableColumn.Create("name", new string?[] { "a, \"b\"\nc", null, string.Empty }),
        TableColumn.Create("loss", [0.1, double.NaN, double.NegativeInfinity]),
        TableColumn.Create("count", new long?[] { 3, null, -1 }),
        TableColumn.Create("key", [true, false, true]),
        TableColumn.Create("values", new double[]?[] { [1, 2.5], null, [] }));

    [Fact]
    public void Csv_quotes_what_needs_it_and_tells_a_missing_text_from_an_empty_one()
    {
        using var writer = new StringWriter();

        CsvTable.Write(writer, Sample);

        writer.ToString().ShouldBe(
            "name,loss,count,key,values\n"
            + "\"a, \"\"b\"\"\nc\",0.1,3,true,\"[1,2.5]\"\n"
            + ",NaN,,false,\n"
            + "\"\",-Infinity,-1,true,[]\n");
    }

    [Fact]
    public void Json_has_one_object_per_row_with_unrepresentable_numbers_as_strings()
    {
        using var stream = new MemoryStream();

        JsonTable.Write(stream, Sample);

        var text = Encoding.UTF8.GetString(stream.ToArray());
        using var document = JsonDocument.Parse(text);
        text.ShouldBe(
            """[{"name":"a, \"b\"\nc","loss":0.1,"count":3,"key":true,"values":[1,2.5]},"""
            + """{"name":null,"loss":"NaN","count":null,"key":false,"values":null},"""
            + """{"name":"","loss":"-Infinity","count":-1,"key":true,"values":[]}]""");
    }
}
