using System.Text.Json.Nodes;
using Toolkit.Formats.Onnx;
using Toolkit.Viewer;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>Whatever a run calls its values, files and folders, a page is as wide as the window.</summary>
public sealed class PageWidthTests(Browser browser) : IAsyncLifetime
{
    // As long as a folder's name may be, with room for the names of files in temporary folders.
    private static readonly string Long = new('r', 200);
    private static readonly string Broken = new('b', 200);
    private static readonly string Longest = new('W', 10_000);

    // Longer addresses are refused by the server.
    private static readonly string Absent = new('a', 3_000);

    private static readonly (string Address, string Content)[] Pages =
    [
        ("", "tr.broken"),
        ($"graph?run={Long}", "[data-effects] td"),
        ($"graph?run={Broken}", ".failure"),
        ($"graph?run={Absent}", ".failure"),
        ("graph?run=s4", "table.graph td"),
        ($"tensor?run={Long}", "figure.chart"),
        ($"tensor?run={Long}&tensor={Absent}", "p.faint"),
        ("tensor?run=s4&tensor=hidden", "figure.chart"),
        ($"training?run=s4&checkpoint={Absent}", "p.faint"),
        ("spectra?run=s4", "details.faint"),
        ("representations?run=s4", "figure.chart"),
        ($"compare?run=s4&with={Long}", "figure.chart, p.card"),
        ($"compare?run=s4&with={Broken}", ".failure"),
        ($"sql?run={Long}&sql=SELECT%20*%20FROM%20tensors", "table.values td"),
        ($"sql?run={Long}&sql=SELECT%20{Absent}", ".failure"),
        ($"{Absent}", ".failure, a"),
    ];

    private readonly TemporaryFolder _folder = new();
    private ViewerServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        OnnxModelFile.Save(
            Of(Graph(
                [$"x:{Longest},2"],
                [$"{Longest}y:{Longest},2"],
                Node("Identity", "x", Longest),
                Node("Neg", Longest, $"{Longest}y"))),
            _folder["model.onnx"]);
        foreach (var run in new[] { Long, Broken })
        {
            await Programs.MakeAsync(
                "inspect", "capture", _folder["model.onnx"], "--inputs", "random:1:4", "--zero", $"{Longest}:0",
                "--out", _folder["runs", run]);
        }

        Rename(_folder["runs", Long, "plan.json"], json => json);
        Rename(_folder["runs", Long, "manifest.json"], json => json["plan"]!);
        File.Delete(_folder["runs", Broken, "manifest.json"]);
        SomeRun.Untrained(_folder["runs", "s4"]);
        _server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [_folder["runs"]], Port = 0 }, _ => { }, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(900)]
    [InlineData(1280)]
    public async Task No_page_scrolls_sideways(int width)
    {
        await using var page = await browser.NewPage(width: width);
        foreach (var (address, content) in Pages)
        {
            await page.Page.GotoAsync(new Uri(_server.Address, address).ToString());
            await page.Answers();
            await page.Page.Locator(content).First.WaitForAsync();
            if (content == "figure.chart")
            {
                await page.Drawn();
            }

            await page.Page.EvaluateAsync(
                "() => document.querySelectorAll('main details').forEach(details => details.open = true)");
            (await HiddenWidth(page)).ShouldBeLessThanOrEqualTo(0, address[..Math.Min(60, address.Length)]);
        }
    }

    [Fact]
    public async Task Report_does_not_scroll_sideways()
    {
        await Programs.MakeAsync("inspect", "report", _folder["runs", Long], "--out", _folder["report.html"]);
        await using var page = await browser.NewPage(width: 900);
        await page.Page.GotoAsync(new Uri(_folder["report.html"]).ToString());
        (await HiddenWidth(page)).ShouldBeLessThanOrEqualTo(0);
        await page.Screenshot("long-names-report", fullPage: false);
    }

    private static Task<int> HiddenWidth(BrowserPage page) => page.Page.EvaluateAsync<int>(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth");

    private static void Rename(string path, Func<JsonNode, JsonNode> plan)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        plan(json)["model"]!["path"] = Longest;
        plan(json)["inputs"]!["source"] = Longest;
        File.WriteAllText(path, json.ToJsonString());
    }
}
