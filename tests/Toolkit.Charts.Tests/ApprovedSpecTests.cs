using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Charts.Tests;

/// <summary>The JSON of some charts, approved by eye: a change of a chart or of the format shows here.</summary>
public sealed class ApprovedSpecTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Theory]
    [InlineData("training-curves")]
    [InlineData("irrep-shares")]
    [InlineData("learning-order")]
    [InlineData("character-table")]
    [InlineData("pair-heat-map")]
    public async Task Specification_is_the_approved_one(string name)
    {
        var spec = await new RunCharts().DrawAsync(
            FakeRun.OnGroup(),
            new ChartRequest(name, new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);

        var json = JsonNode.Parse(ChartJson.Write(spec))!;
        Hide(json);

        json.ToJsonString(Indented).ShouldMatchApproved(
            options => options.WithDiscriminator(name).SubFolder("Approved").NoDiff());
    }

    /// <summary>Values of matrices differ in the last bit between processors: their size is enough here.</summary>
    private static void Hide(JsonNode node)
    {
        if (node is JsonObject parts)
        {
            foreach (var (key, value) in parts.ToList())
            {
                if (key == "float32")
                {
                    parts[key] = $"{Convert.FromBase64String(value!.GetValue<string>()).Length} bytes";
                }
                else if (value is not null)
                {
                    Hide(value);
                }
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                if (item is not null)
                {
                    Hide(item);
                }
            }
        }
    }
}
