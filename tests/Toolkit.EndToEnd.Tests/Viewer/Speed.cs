using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>
/// How fast the viewer is, with the real browser. Run by hand, alone on the machine:
/// <c>Toolkit.EndToEnd.Tests -explicit only -class '*Speed*' -showLiveOutput</c>.
/// </summary>
/// <remarks>
/// Measured on two cores that ten other builds shared (load average 13; a quiet machine was not to be had):
/// <code>
/// page with two charts ready            first 3,096 ms (program and plotly.js cold), then 479-1,323 ms
/// 720 × 720 heat map, click to picture  229-829 ms, data made from a formula
/// 40 maps of 24 × 24, fetch and draw    454 ms
/// server memory                         155 MiB, tests and all
/// </code>
/// Reading is not in it: one channel of a captured 518,400 × 128 value (147 MB of zstd, rows of all channels) takes 1.5 s of
/// processor time the first time, and 0.02 s where it or a neighbour was read before.
/// </remarks>
public sealed class Speed(Browser browser, ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public async Task Page_ready_and_click_to_picture()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["one", "shards"]);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder.FullPath], Port = 0 },
            (path, _) => Task.FromResult<IRunData>(new FakeRun(Path.GetFileName(path))),
            new RunCharts(typeof(GalleryChart).Assembly), output.WriteLine, TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();

        var ready = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            var clock = Stopwatch.StartNew();
            await page.Page.GotoAsync(new Uri(server.Address, "training?run=one").ToString(), new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
            await page.ChartsDrawn();
            ready.Add(clock.Elapsed.TotalMilliseconds);
        }

        Report("page with two charts ready", ready);

        await page.Page.GotoAsync(new Uri(server.Address, "show/map?run=one&size=719").ToString());
        await page.ChartsDrawn();
        var click = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            click.Add(await page.Page.EvaluateAsync<double>($$"""
                async () => {
                  const figure = document.querySelector('figure.chart'), slider = document.querySelector('input[data-option=size]');
                  const start = performance.now();
                  slider.value = {{720 - (i % 2)}};
                  slider.dispatchEvent(new Event('input', { bubbles: true }));
                  while (figure.dataset.state !== 'loading') await new Promise(r => setTimeout(r, 1));
                  while (figure.dataset.state !== 'ready') await new Promise(r => setTimeout(r, 1));
                  await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
                  return performance.now() - start;
                }
                """));
        }

        Report("720 × 720 heat map, click to picture", click);

        await page.Page.GotoAsync(new Uri(server.Address, "show/many?run=one").ToString());
        await page.ChartsDrawn();
        output.WriteLine($"40 maps of 24 × 24, fetch and draw: {await page.Page.EvaluateAsync<string>("() => document.querySelector('figure.chart').dataset.ms")} ms");
        output.WriteLine($"process memory: {Process.GetCurrentProcess().WorkingSet64 / 1048576} MiB (server, tests and all)");
    }

    private void Report(string what, List<double> milliseconds) => output.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what}: first {milliseconds[0]:0} ms, then {milliseconds.Skip(1).Min():0}-{milliseconds.Skip(1).Max():0} ms"));
}
