using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>
/// Runs that were made to do harm, or were harmed: their text stays text, and what is broken stays alone.
/// </summary>
public sealed class HostileRunTests(Browser browser) : IAsyncLifetime
{
    private const string RunName = "<img src=x onerror=window.hacked=3>";

    private readonly TemporaryFolder _folder = new();
    private ViewerServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        SomeRun.Untrained(_folder[RunName], FakeRun.HostileName);
        SomeRun.Untrained(_folder["truncated"]);
        SomeRun.Untrained(_folder["unfinished"]);
        SomeRun.Untrained(_folder["nonsense"]);
        SomeRun.Untrained(_folder["linked"]);
        Truncate(Directory.GetFiles(_folder["truncated", "activations", "tensor=0"]).Single());
        File.Delete(_folder["unfinished", "manifest.json"]);
        await File.WriteAllTextAsync(
            _folder["nonsense", "manifest.json"], "{<b>", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_folder["linked", "results"]);
        File.CreateSymbolicLink(
            _folder["linked", "results", "stolen.parquet"], _folder["truncated", "tensors.parquet"]);
        foreach (var file in new[] { "manifest.json", "plan.json" })
        {
            var path = _folder[RunName, file];
            var json = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;
            (file == "plan.json" ? json : json["plan"]!)["inputs"]!["source"] = FakeRun.HostileName;
            await File.WriteAllTextAsync(path, json.ToJsonString(), TestContext.Current.CancellationToken);
        }

        _server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [_folder.FullPath], Port = 0 },
            line => TestContext.Current.SendDiagnosticMessage(line),
            TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("graph?run={run}")]
    [InlineData("tensor?run={run}&tensor={tensor}")]
    [InlineData("compare?run={run}&with={run}-2&tensor={tensor}")]
    [InlineData("sql?run={run}&sql=SELECT%20name%20FROM%20tensors")]
    [InlineData("tensor?run={run}&search={tensor}&order={tensor}&feature={tensor}&view-pair-heat-map={tensor}")]
    public async Task Hostile_names_stay_text(string address)
    {
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(_server.Address, address
            .Replace("{run}", Uri.EscapeDataString(RunName)).Replace(
                "{tensor}", Uri.EscapeDataString(FakeRun.HostileName))).ToString());
        await page.Answers();
        if (address.StartsWith("tensor", StringComparison.Ordinal))
        {
            await page.ChartsDrawn();
        }
        else
        {
            await Assertions.Expect(page.Page.Locator("main")).ToContainTextAsync(
                address.Length == 0 || address.Contains("compare") ? RunName : "<script>");
        }

        (await page.Page.EvaluateAsync<bool>(
            "() => 'hacked' in window || document.querySelector('main script, main "
                + "img:not([src^=data]):not([src^=blob])') !== null")).ShouldBeFalse();

        // These runs are built without statistics, of which that one chart is made.
        page.Complaints.Where(complaint => !complaint.Contains("value-histogram")).ShouldBeEmpty();
        await page.Screenshot($"hostile-{address.Split('?')[0]}");
    }

    [Fact]
    public async Task Name_that_turns_the_order_of_writing_turns_nothing_beside_it()
    {
        const string Name = "right to left \u202Eedirrevo";
        using var folder = new TemporaryFolder();
        SomeRun.Untrained(folder["run"], Name);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder.FullPath], Port = 0 },
            line => TestContext.Current.SendDiagnosticMessage(line),
            TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(
            new Uri(server.Address, $"tensor?run=run&tensor={Uri.EscapeDataString(Name)}").ToString());
        await page.ChartsDrawn();

        // The shape stands behind the name, not before its turned part.
        (await page.Page.Locator(".list a.here").EvaluateAsync<bool>("""
            link => {
              const name = document.createRange();
              name.selectNodeContents(link);
              name.setEndBefore(link.querySelector('.faint'));
              return link.querySelector('.faint').getBoundingClientRect().left >= name.getBoundingClientRect().right - 1;
            }
            """)).ShouldBeTrue();
        foreach (var text in new[] { ".chart-title", ".chart-caption" })
        {
            await Assertions.Expect(page.Page.Locator($"#chart-pair-heat-map {text}"))
                .ToContainTextAsync("right to left \uFFFDedirrevo");
        }

        await page.Screenshot("turned-name");
    }

    [Fact]
    public async Task Overview_shows_broken_runs_with_their_reasons()
    {
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(_server.Address.ToString());
        await page.Answers();
        await Assertions.Expect(page.Page.Locator("tr.broken")).ToHaveCountAsync(3);
        var rows = page.Page.Locator("tr.broken");
        await Assertions.Expect(rows.Filter(new LocatorFilterOptions { HasText = "unfinished" })).ToContainTextAsync(
            "the run is not finished");
        await Assertions.Expect(rows.Filter(new LocatorFilterOptions { HasText = "nonsense" })).ToContainTextAsync(
            "manifest.json");
        await Assertions.Expect(rows.Filter(new LocatorFilterOptions { HasText = "linked" })).ToContainTextAsync(
            "is a link to");
        await page.Screenshot("broken-overview");
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Corrupt_file_breaks_its_charts_and_nothing_else()
    {
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(_server.Address, "tensor?run=truncated&tensor=hidden").ToString());
        await page.ChartsDrawn();
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map .chart-message")).ToContainTextAsync("parquet");
        await page.Screenshot("broken-chart");
        await page.Page.Locator(".list a").GetByText("logits").First.ClickAsync();
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map")).ToHaveAttributeAsync("data-state", "ready");
    }

    [Fact]
    public async Task Overwritten_values_break_their_charts_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Untrained(folder["overwritten"]);
        using (var file = File.OpenWrite(Directory.GetFiles(folder["overwritten", "activations", "tensor=0"]).Single()))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[3_000]);
        }

        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder.FullPath], Port = 0 },
            line => TestContext.Current.SendDiagnosticMessage(line),
            TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=overwritten&tensor=hidden").ToString());
        await page.ChartsDrawn();
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map .chart-message"))
            .ToContainTextAsync("do not match their checksum. Check the run with `inspect verify`.");
        await page.Page.Locator(".list a").GetByText("logits").First.ClickAsync();
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map")).ToHaveAttributeAsync("data-state", "ready");
    }

    [Fact]
    public async Task Page_of_a_run_that_cannot_be_opened_says_why()
    {
        await using var page = await browser.NewPage();
        foreach (var address
            in new[] { "graph?run=nonsense", "tensor?run=unfinished", "sql?run=linked", "training?run=no-such-run" })
        {
            await page.Page.GotoAsync(new Uri(_server.Address, address).ToString());
            await page.Answers();
            await Assertions.Expect(page.Page.Locator(".failure").First).ToBeVisibleAsync();
        }

        page.Complaints.ShouldBeEmpty();
    }

    private static void Truncate(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length / 2);
    }
}
