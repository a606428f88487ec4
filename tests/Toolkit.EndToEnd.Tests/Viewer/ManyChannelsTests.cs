using Microsoft.Playwright;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>
/// Two thousand channels on one page: what is in sight is drawn, what is far away is neither fetched nor held.
/// </summary>
public sealed class ManyChannelsTests(Browser browser)
{
    private const int Channels = 2000;
    private const int Samples = 400;

    /// <summary>Ten blocks of forty: more than the window and the margin around it take.</summary>
    private const int MostHeld = 400;

    [Fact]
    public async Task Overview_fetches_and_holds_only_what_is_near_the_window()
    {
        using var folder = new TemporaryFolder();
        Wide(folder["wide"]);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder["wide"]], Port = 0 },
            line => TestContext.Current.SendDiagnosticMessage(line),
            TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=wide&tensor=wide&view=channels").ToString());
        await page.ChartsDrawn();
        (await page.Page.Locator("figure.chart").CountAsync()).ShouldBe(Channels / 40);
        var height = await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollHeight");
        for (var top = 0; top < height; top += 900)
        {
            await page.Page.EvaluateAsync("top => window.scrollTo(0, top)", top);
            await page.Page.WaitForFunctionAsync("""
                () => [...document.querySelectorAll('figure.chart')].every(f => {
                  const box = f.getBoundingClientRect();
                  return box.bottom < 0 || box.top > innerHeight || f.dataset.state === 'ready';
                })
                """);
            (await page.Page.Locator(".grid-cell canvas").CountAsync()).ShouldBeLessThan(MostHeld);
        }

        // The last one is there, the first is gone, and nothing changed its height on the way.
        await Assertions.Expect(page.Page.Locator($"#chart-channels-{Channels - 40} .grid-cell canvas"))
            .ToHaveCountAsync(40);
        (await page.Page.Locator("#chart-channels-0 .grid-cell canvas").CountAsync()).ShouldBe(0);
        (await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollHeight")).ShouldBe(height);
        await page.Screenshot("many-channels", fullPage: false);
        page.Complaints.ShouldBeEmpty();
        await page.Page.Locator($"#chart-channels-{Channels - 40} .grid-cell").Nth(39).ClickAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(
            new System.Text.RegularExpressions.Regex($"feature={Channels - 1}"));
    }

    [Fact]
    public async Task Channels_of_an_image_are_those_of_the_sample_that_is_chosen_and_named()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["one", "shards"]);
        await using var server = await FakeRun.Serve(
            folder.FullPath, new RunCharts(), line => TestContext.Current.SendDiagnosticMessage(line));
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=one&tensor=image&view=channels").ToString());
        await page.ChartsDrawn();
        var titles = page.Page.Locator(".chart-title");
        await Assertions.Expect(titles).ToHaveTextAsync(
            ["image: features 0 to 39 of 48, sample 0", "image: features 40 to 47 of 48, sample 0"]);

        await page.Page.Locator("input[data-option=sample]").FillAsync("3");

        await Assertions.Expect(titles).ToHaveTextAsync(
            ["image: features 0 to 39 of 48, sample 3", "image: features 40 to 47 of 48, sample 3"]);
        await Assertions.Expect(page.Page).ToHaveURLAsync(
            new System.Text.RegularExpressions.Regex("sample=3"));
        page.Complaints.ShouldBeEmpty();
    }

    /// <summary>A run of one value of 2,000 random channels, stored by channels.</summary>
    internal static void Wide(string folder)
    {
        var random = new Random(1);
        new RunBuilder().Samples(
            new Table(TableColumn.Create("label", Enumerable.Range(0, Samples).Select(i => (long)i % 10).ToArray())))
            .Tensor("wide", HostTensor.Float32(
                new TensorShape(Samples, Channels),
                [.. Enumerable.Range(0, Samples * Channels).Select(_ => (float)random.NextDouble())]))
            .ByChannel(100).Write(folder);
    }
}
