using Microsoft.Playwright;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>A run of statistics alone shows how its values are distributed.</summary>
public sealed class MeasuredRunTests(Browser browser)
{
    [Fact]
    public async Task Values_that_were_measured_and_not_stored_have_their_distribution()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Untrained(folder["run"]);
        var captured = await Programs.RunAsync(
            "inspect", "capture", folder["run/model.onnx"], "--inputs", "group:S4", "--stats-only", "--out", folder["stats"]);
        captured.ExitCode.ShouldBe(0, captured.Error);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder["stats"]], Port = 0 }, _ => { }, TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "graph?run=stats").ToString());
        await page.Answers();

        await page.Page.Locator("td.name a", new() { HasText = "logits" }).ClickAsync();

        await page.ChartsDrawn();
        await Assertions.Expect(page.Page.Locator("figure.chart")).ToHaveCountAsync(1);
        (await page.Page.Locator("figure.chart").InnerTextAsync()).ShouldContain("standard deviation");
        await Assertions.Expect(page.Page.Locator(".side a.here")).ToHaveTextAsync("logits [batch, 24]");
        await page.Screenshot("measured");
        page.Complaints.ShouldBeEmpty();

        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=stats").ToString());
        await page.ChartsDrawn();
        await Assertions.Expect(page.Page.Locator("figure.chart")).ToHaveCountAsync(1);

        var report = await Programs.RunAsync("inspect", "report", folder["stats"], "--out", folder["report.html"]);
        report.ExitCode.ShouldBe(0, report.Error);
        (await File.ReadAllTextAsync(folder["report.html"], TestContext.Current.CancellationToken))
            .ShouldContain("Distribution of logits");
    }
}
