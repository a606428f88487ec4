using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Microsoft.Playwright;
using Toolkit.EndToEnd.Tests.Viewer;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Tensors;
using Toolkit.Viewer;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.EndToEnd.Tests.Capture;

/// <summary>What interventions did to the outputs, as the programs tell it; the numbers are made by hand.</summary>
public sealed class InterventionProcessTests(Browser browser)
{
    private const string HostileName = "y<script>window.hacked=1</script><img/src=x/onerror=window.hacked=2>";

    // The squares of all elements sum to 43, those of the first column to 25. Of four rows one, (3, 3), has its largest
    // element elsewhere without it.
    private static readonly string[] Effect = [HostileName, "0.7625", "1.768", "4", "25 %", "0", "4"];

    [Fact]
    public async Task Shards_a_merge_and_a_query_tell_the_effect_of_their_samples()
    {
        // y = x but for the first column: the changes are 3 and 0 in the first half, 0 and 4 in the second.
        using var folder = Folder();
        string[] arguments =
        [
            "capture", folder["model.onnx"], "--inputs", folder["x.npz"], "--batch", "1", "--zero", "c:0",
            "--out", folder["run"],
        ];
        var first = await Programs.RunAsync("inspect", [.. arguments, "--shard", "0/2"]);
        first.ExitCode.ShouldBe(0, first.Error);
        first.Output.ShouldContain("'y' changed by 0.7071 of its norm, at most by 3;");
        first.Output.ShouldContain(
            "This is over 2 of 4 samples, those of this shard; `inspect merge` tells it for all.");
        (await Programs.RunAsync("inspect", [.. arguments, "--shard", "1/2"])).Output.ShouldContain(
            "'y' changed by 0.8 of its norm, at most by 4;");
        var again = await Programs.RunAsync("inspect", [.. arguments, "--shard", "0/2", "--resume"]);
        again.Output.ShouldContain("'y' changed by 0.7071 of its norm, at most by 3;");

        var merged = await Programs.RunAsync("inspect", "merge", folder["run"]);
        merged.Output.ShouldContain("'y' changed by 0.7625 of its norm, at most by 4;");
        var text = await Programs.RunAsync("inspect", "merge", folder["run"], "--json");
        using var json = JsonDocument.Parse(text.Output);
        var effect = json.RootElement.GetProperty("effects").EnumerateArray().Single();
        effect.GetProperty("output").GetString().ShouldBe("y");
        effect.GetProperty("samples").GetInt64().ShouldBe(4);
        effect.GetProperty("relative").GetDouble().ShouldBe(Math.Sqrt(25.0 / 43), 1e-12);
        (await Programs.RunAsync(
            "inspect",
            "sql",
            folder["run"],
            "SELECT output, samples, n, squared_change, rows, changed_rows FROM effects",
            "--csv")).Output.ReplaceLineEndings("\n").ShouldBe(
            "output,samples,n,squared_change,rows,changed_rows\ny,4,8,25,4,1\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_comparison_of_runs_is_proposed_only_where_they_hold_values(bool statisticsOnly)
    {
        using var folder = Folder();
        string[] arguments =
        [
            "capture", folder["model.onnx"], "--inputs", folder["x.npz"], "--zero", "c:0", "--out", folder["run"],
        ];
        (await Programs.RunAsync("inspect", statisticsOnly ? [.. arguments, "--stats-only"] : arguments)).Output
            .ReplaceLineEndings(" ").ShouldContain(
                "The effect on 'best' is not measured, for it is no tensor of floats; capture it "
                    + (statisticsOnly ? "without --stats-only, " : string.Empty)
                    + "with and without the change, and compare with `inspect diff`.");
    }

    [Fact]
    public async Task Report_shows_the_effect_and_names_a_file_of_effects_that_is_missing()
    {
        using var folder = Folder(HostileName);
        await CaptureWithoutFirstColumn(folder);
        var page = await Report(folder);
        var table = page.Descendants().First(element => element.Name.LocalName == "table");
        table.Descendants().Where(element => element.Name.LocalName == "td").Select(cell => cell.Value)
            .ShouldBe(Effect);
        page.Descendants().Where(element => element.Name.LocalName == "code").Select(code => code.Value)
            .ShouldContain("--zero c:0");

        File.Delete(folder["run", "effects.parquet"]);
        (await Report(folder)).Descendants().Where(element => element.Name.LocalName == "li")
            .ShouldContain(item => item.Value.StartsWith("Interventions:") && item.Value.Contains("effects.parquet"));
    }

    [Fact]
    public async Task Viewer_shows_the_effect_and_beside_a_missing_file_of_effects_the_values()
    {
        using var folder = Folder(HostileName);
        await CaptureWithoutFirstColumn(folder);
        await using (var server = await Serve(folder["run"]))
        {
            await using var page = await browser.NewPage();
            await page.Page.GotoAsync(new Uri(server.Address, "graph?run=run").ToString());
            await page.Answers();
            var effects = page.Page.Locator("[data-effects]");
            await Assertions.Expect(effects.Locator("td")).ToHaveTextAsync(Effect);
            await Assertions.Expect(effects.GetByText("--zero c:0", new() { Exact = true })).ToBeVisibleAsync();
            (await page.Page.EvaluateAsync<bool>(
                "() => 'hacked' in window || document.querySelector('main img') !== null")).ShouldBeFalse();

            // What stands below was not pushed down.
            (await page.LayoutShifts).ShouldNotContain("DIV controls");
            await page.Screenshot("effects");
            page.Complaints.ShouldBeEmpty();
        }

        File.Delete(folder["run", "effects.parquet"]);
        await using var damaged = await Serve(folder["run"]);
        await using var rest = await browser.NewPage();
        await rest.Page.GotoAsync(new Uri(damaged.Address, "graph?run=run").ToString());
        await rest.Answers();
        await Assertions.Expect(rest.Page.Locator(".failure")).ToContainTextAsync("effects.parquet");
        await Assertions.Expect(rest.Page.Locator("table.graph td.name a").First).ToBeVisibleAsync();
    }

    private static Task CaptureWithoutFirstColumn(TemporaryFolder folder) => Programs.MakeAsync(
        "inspect", "capture", folder["model.onnx"], "--inputs", folder["x.npz"], "--zero", "c:0",
        "--out", folder["run"]);

    private static Task<ViewerServer> Serve(string run) => ViewerServer.StartAsync(
        new ViewerOptions { Runs = [run], Port = 0 }, _ => { }, TestContext.Current.CancellationToken);

    private static async Task<XDocument> Report(TemporaryFolder folder)
    {
        await Programs.MakeAsync("inspect", "report", folder["run"], "--out", folder["report.html"]);
        using var reader = XmlReader.Create(
            folder["report.html"], new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static TemporaryFolder Folder(string output = "y")
    {
        var folder = new TemporaryFolder();
        var graph = Graph(
            ["x:batch,2"],
            [$"{output}:batch,2"],
            Node("Identity", "x", "c"),
            Node("Neg", "c", "negative"),
            Node("Neg", "negative", output),
            Node("ArgMax", output, "best", Attribute("axis", 1L)));
        graph.Output.Add(Value("best:batch,1", ElementType.Int64));
        OnnxModelFile.Save(Of(graph), folder["model.onnx"]);
        NpzWriter.Write(folder["x.npz"], [KeyValuePair.Create(
            "x", HostTensor.Float32(new TensorShape(4, 2), [3f, 3f, 0f, 0f, 0f, 3f, 4f, 0f]))]);
        return folder;
    }
}
