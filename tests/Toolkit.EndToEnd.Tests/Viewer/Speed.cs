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
/// Measured on two cores of a shared machine (AMD EPYC, Chromium without a GPU). The first three lines were timed by
/// hand in the same way, with other work not wholly gone, on runs of 21 MB (S5) and 4.9 GB (S6). Those with a star were
/// timed so too, on another day and under load, a new program and a new browser context each time, in turns with the
/// version in which Plotly drew the heat maps: that took 5.0-5.4 s and 7.2-7.3 s, and for the next page 2.0-2.2 s and
/// 2.3-2.5 s. Those with two stars came later, S5, alone on the machine; in turns under load with the version that let
/// Plotly find the room for labels by drawing twice, 1.7-2.5 s against 2.0-3.1 s. The others are older, by these tests.
/// Those with three stars: S5, 9.6 MB, ten starts in turns with the version that let V8 compile plotly.js function by
/// function, medians (range): first page 1.20 s (1.04-1.30), next page 0.67-0.75 s.
/// The line with four stars: five starts on another, slower day, in turns with the version whose pages came with the
/// circuit: overview 1.13 s, graph 1.21 s, a value's page 0.78 s, its first picture 1.15 s, all 1.35 s.
/// The line with five stars: every page as the first one of a new program in a new browser context, S4, medians of five
/// starts with others at work, and of five with nothing else started (which was no faster). In one browser context for
/// all starts (<see cref="First_page_after_the_start_of_the_program"/>), alone, a value's page had its first picture
/// after 0.56-0.68 s and all after 0.82-0.97 s.
/// <code>
/// overview; graph; value; training; spectra; representations; SQL, all in sight (*****)
///                                                                   0.36; 0.48; 1.22; 1.21; 1.11; 1.22 s; not measured
///                                                                   0.35; 0.46; 1.39; 1.43; 1.36; 1.31; 0.40 s
/// overview; graph; a value's page, its first picture, all (****)    0.54 s; 0.97 s; 0.47 s, 1.01 s, 1.42 s; it answers after 1.49 s
/// address printed: small run, large run                             0.9-1.5 s; 1.2-1.5 s
/// overview, just after that: small run, large run                   0.4-0.6 s; 0.6-0.7 s
/// graph: small run, large run                                       0.3-0.4 s; 0.4-0.6 s
/// first page of a value, all charts in sight: small (***)           0.98 s (0.89-1.15)
/// its first picture alone                                           0.87-0.89 s (0.82-1.03)
/// the next page of a value, all in sight                            0.74-0.80 s (0.67-0.83)
/// the same three before that, small (**), large (*)                 1.4-1.9, 1.1-1.7, 0.9-1.3 s; 3.4-3.5, 2.3-2.5, 0.9-1.3 s
/// overview and graph: run of 10 MB, run of 10.6 GB                  0.25-0.38 and 0.19-0.28 s; 0.24-0.25 and 0.31-0.32 s
/// a page with two charts ready                                      first 1.8 s in a server that is not warm, then 0.4-0.7 s
/// 720 × 720 heat map, click to picture, from a formula              first 275 ms, then 179-234 ms
/// 40 maps of 24 × 24, fetch and draw                                155 ms
/// 2,000 channels scrolled at 2,000 pixels a second                  median frame 16.7 ms, 95 % under 33 ms, longest 67 ms; with
///                                                                   four processes beside it 33 ms, 67-100 ms, 183 ms
///                                                                   (then the same with the version of the first row)
/// 720 × 720 heat map of a captured neuron, stored by channels       first 274-344 ms, then 193-308 ms
/// forty of those, 518,400 samples and 3 positions each              3.3 s
/// server memory at most, S6 neurons and forty of them               337 MiB
/// </code>
/// It does not prove what a machine with a slower disk or a browser far away makes of it.
/// </remarks>
public sealed class Speed(Browser browser, ITestOutputHelper output)
{
    /// <summary>Moves a slider and waits until the chart's new picture has been painted; milliseconds.</summary>
    private const string ClickToPicture = """
        async ({ option, value }) => {
          const figure = document.querySelector('figure.chart'), slider = document.querySelector(`input[data-option=${option}]`);
          const start = performance.now();
          slider.value = value;
          slider.dispatchEvent(new Event('input', { bubbles: true }));
          while (figure.dataset.state !== 'loading') await new Promise(r => setTimeout(r, 1));
          while (figure.dataset.state !== 'ready') await new Promise(r => setTimeout(r, 1));
          await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
          return performance.now() - start;
        }
        """;

    [Fact(Explicit = true)]
    public async Task Page_ready_and_click_to_picture()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["one", "shards"]);
        await using var server = await FakeRun.Serve(
            folder.FullPath, new RunCharts(typeof(GalleryChart).Assembly), output.WriteLine);
        await using var page = await browser.NewPage();

        var ready = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            var clock = Stopwatch.StartNew();
            await page.Page.GotoAsync(
                new Uri(server.Address, "training?run=one").ToString(),
                new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
            await page.ChartsDrawn();
            ready.Add(clock.Elapsed.TotalMilliseconds);
        }

        Report("page with two charts ready", ready);

        await page.Page.GotoAsync(new Uri(server.Address, "show/map?run=one&size=719").ToString());
        await page.ChartsDrawn();
        var click = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            click.Add(await page.Page.EvaluateAsync<double>(
                ClickToPicture, new { option = "size", value = 720 - (i % 2) }));
        }

        Report("720 × 720 heat map, click to picture", click);

        await page.Page.GotoAsync(new Uri(server.Address, "show/many?run=one").ToString());
        await page.ChartsDrawn();
        output.WriteLine(
            "40 maps of 24 × 24, fetch and draw: "
                + $"{await page.Page.EvaluateAsync<string>("() => document.querySelector('figure.chart').dataset.ms")} ms");
        output.WriteLine(
            $"process memory: {Process.GetCurrentProcess().WorkingSet64 / 1048576} MiB (server, tests and all)");
    }

    [Fact(Explicit = true)]
    public async Task First_page_after_the_start_of_the_program()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Untrained(folder["run"]);
        // The browser has started and is warm: only the program is new.
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync("data:text/html,ready");
        foreach (var path in new[] { string.Empty, "graph?run=run", "tensor?run=run" })
        {
            using var program = await Program.StartAsync(folder["run"]);
            output.WriteLine(
                $"address printed after {program.Started} ms; the first page, /{path}: "
                    + $"{await Opened(page, program, path):0} ms");
        }
    }

    [Fact(Explicit = true)]
    public async Task Every_page_of_a_new_program_in_a_new_browser_and_again_beside_a_bare_page_with_one_line()
    {
        using var folder = new TemporaryFolder();
        await Trained(folder["trained"], folder["run"]);
        foreach (var path in new[] { "", "graph", "tensor", "training", "spectra", "representations", "sql" })
        {
            var (first, again, bare) = (new List<double>(), new List<double>(), new List<double>());
            for (var start = 0; start < 5; start++)
            {
                using var program = await Program.StartAsync(folder["run"]);
                // Nobody opens an address sooner than it is read.
                await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
                await using (var page = await browser.NewPage())
                {
                    await page.Page.GotoAsync("data:text/html,ready");
                    first.Add(await Opened(page, program, path));
                    await page.Page.GotoAsync("data:text/html,ready");
                    again.Add(await Opened(page, program, path));
                }

                await using var other = await browser.NewPage();
                await other.Page.GotoAsync("data:text/html,ready");
                bare.Add(await Bare(other, program));
            }

            output.WriteLine($"/{path}: first {Median(first)}, again {Median(again)}, the bare page {Median(bare)}");
        }

        static string Median(List<double> milliseconds)
        {
            milliseconds.Sort();
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{milliseconds[milliseconds.Count / 2]:0} ms ({milliseconds[0]:0}-{milliseconds[^1]:0})");
        }
    }

    [Fact(Explicit = true)]
    public async Task Run_of_more_than_10_GB_against_one_of_10_MB()
    {
        using var folder = new TemporaryFolder();
        Assert.SkipUnless(
            new DriveInfo(folder.FullPath).AvailableFreeSpace > 30_000_000_000,
            $"{folder.FullPath} has less than 30 GB of free space.");
        // The same network for a smaller group, and as many values: what differs is how large they are.
        await Captured(
            folder, "S5_T_seed1", "s5", "*hook_pattern", "*attn_scores", "MatMul_3", "Gather_1", "logits");
        await Captured(
            folder,
            "S6_T_seed1",
            "s6",
            "*mlp.hook_post",
            "*mlp.hook_pre",
            "*hook_resid_mid",
            "*hook_resid_post",
            "logits");
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync("data:text/html,ready");
        foreach (var run in new[] { "s5", "s6", "s5", "s6" })
        {
            using var program = await Program.StartAsync(folder[run]);
            var bytes = Directory.EnumerateFiles(folder[run], "*", SearchOption.AllDirectories)
                .Sum(file => new FileInfo(file).Length);
            var times = new List<string>();
            foreach (var path in new[] { string.Empty, $"graph?run={run}", $"tensor?run={run}" })
            {
                times.Add($"/{path} {await Opened(page, program, path):0} ms");
            }

            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"run of {bytes / 1e6:0} MB: address printed after {program.Started} ms, {string.Join(", ", times)}"));
        }

        using var last = await Program.StartAsync(folder["s6"]);
        await page.Page.GotoAsync(
            new Uri(last.Address, "show/pair-heat-map?run=s6&tensor=blocks.0.mlp.hook_post").ToString());
        await page.ChartsDrawn();
        var click = new List<double>();
        foreach (var feature in new[] { 300, 7, 111, 256, 42, 499 })
        {
            click.Add(await page.Page.EvaluateAsync<double>(
                ClickToPicture, new { option = "feature", value = feature }));
        }

        Report("one of 512 neurons over 720 × 720 pairs, click to picture", click);
        await page.Page.GotoAsync(
            new Uri(last.Address, "tensor?run=s6&tensor=blocks.0.mlp.hook_post&view=channels").ToString());
        await page.ChartsDrawn();
        output.WriteLine(
            "forty of them: "
                + $"{await page.Page.EvaluateAsync<string>("() => document.querySelector('figure.chart').dataset.ms")} ms");
        output.WriteLine($"server memory at most: {last.MostMemoryMiB} MiB");
    }

    [Fact(Explicit = true)]
    public async Task Two_thousand_channels_while_they_scroll_by()
    {
        using var folder = new TemporaryFolder();
        ManyChannelsTests.Wide(folder["wide"]);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder["wide"]], Port = 0 },
            output.WriteLine,
            TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=wide&tensor=wide&view=channels").ToString());
        await page.ChartsDrawn();
        var frames = await page.Page.EvaluateAsync<double[]>("""
            () => new Promise(done => {
              const times = [], start = performance.now();
              const step = now => {
                times.push(now);
                window.scrollTo(0, (now - start) * 2);
                if (now - start < 5000) requestAnimationFrame(step);
                else done(times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b));
              };
              requestAnimationFrame(step);
            })
            """);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"2,000 channels scrolled at 2,000 pixels a second: {frames.Length} frames in 5 s, median "
                + $"{frames[frames.Length / 2]:0.0} ms, 95 % under {frames[frames.Length * 95 / 100]:0} ms, longest "
                + $"{frames[^1]:0} ms"));
    }

    /// <summary>
    /// Opens a page and waits for its rows or form, or for every picture in sight; milliseconds. Of a page of pictures it
    /// also says when its frame, its first picture and those a little below were there, and when it answered.
    /// </summary>
    private async Task<double> Opened(BrowserPage page, Program program, string path)
    {
        var clock = Stopwatch.StartNew();
        await page.Page.GotoAsync(
            new Uri(program.Address, path).ToString(), new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        if (path.Split('?')[0] is "" or "graph" or "sql")
        {
            await page.Page.Locator("tbody td.name, textarea").First.WaitForAsync();
            return clock.Elapsed.TotalMilliseconds;
        }

        await page.Page.Locator("figure.chart").First.WaitForAsync();
        var frame = clock.Elapsed.TotalMilliseconds;
        await page.Page.Locator("figure.chart[data-state=ready]").First.WaitForAsync();
        var first = clock.Elapsed.TotalMilliseconds;
        await page.Drawn(below: 0);
        var inSight = clock.Elapsed.TotalMilliseconds;
        await page.Drawn();
        var all = clock.Elapsed.TotalMilliseconds;
        await page.Answers();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"/{path}: frame {frame:0} ms, first picture {first:0} ms, in sight {inSight:0} ms, below too {all:0} ms, answers after "
                + $"{clock.Elapsed.TotalMilliseconds:0} ms"));
        return inSight;
    }

    /// <summary>
    /// The least that a page with a chart takes: one of the program's address that has the drawing library and one line;
    /// milliseconds.
    /// </summary>
    private static async Task<double> Bare(BrowserPage page, Program program)
    {
        const string Body = "<!doctype html><script src='/plotly.js'></script><div id='chart'></div>"
            + "<script>Plotly.newPlot('chart', [{ y: [1, 3, 2] }]).then(() => document.body.dataset.ready = 1)</script>";
        await page.Page.RouteAsync("**/bare", static route => route.FulfillAsync(
            new RouteFulfillOptions { ContentType = "text/html", Body = Body }));
        var clock = Stopwatch.StartNew();
        await page.Page.GotoAsync(
            new Uri(program.Address, "bare").ToString(), new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        await page.Page.Locator("body[data-ready]").WaitForAsync();
        return clock.Elapsed.TotalMilliseconds;
    }

    /// <summary>The shipped network on S4, trained to the end, over all pairs, with its analyses.</summary>
    private static async Task Trained(string folder, string run)
    {
        var config = Path.Combine(SharedData.RepositoryRoot, "models", "experiments", "s4.json");
        await Programs.MakeAsync("train", "run", config, "--out", folder);
        var model = Path.Combine(folder, "model.onnx");
        await Programs.MakeAsync("inspect", "capture", model, "--inputs", "group:S4", "--out", run);
        await Programs.MakeAsync("inspect", "notebook", run);
        await Programs.MakeAsync(
            "inspect", "group", model, "--config", Path.Combine(folder, "config.json"), "--out", run);
    }

    private static async Task Captured(TemporaryFolder folder, string network, string run, params string[] values)
    {
        var source = SharedData.Require("group-networks", network);
        var model = folder[$"{run}.onnx"];
        await Programs.MakeAsync(
            "inspect", "import", Path.Combine(source, "model.pt"), "--config", Path.Combine(source, "cfg.json"),
            "--out", model);
        await Programs.MakeAsync(
            "inspect",
            [
                "capture", model, "--inputs", $"group:{run.ToUpperInvariant()}",
                .. values.SelectMany(value => new[] { "--tensors", value }), "--out", folder[run],
            ]);
    }

    private void Report(string what, List<double> milliseconds) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: first {milliseconds[0]:0} ms, then "
                + $"{milliseconds.Skip(1).Min():0}-{milliseconds.Skip(1).Max():0} ms"));

    /// <summary><c>inspect view</c> in a process of its own.</summary>
    private sealed class Program : IDisposable
    {
        private readonly Process _process;

        private Program(Process process) => _process = process;

        public required Uri Address { get; init; }

        /// <summary>From the start until the address was printed: milliseconds.</summary>
        public required long Started { get; init; }

        /// <summary>The most memory that it held so far, as Linux counts it.</summary>
        public long MostMemoryMiB => File.ReadLines($"/proc/{_process.Id}/status")
            .Where(line => line.StartsWith("VmHWM", StringComparison.Ordinal))
                .Select(line => long.Parse(
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024)
                .First();

        public static async Task<Program> StartAsync(string run)
        {
            var clock = Stopwatch.StartNew();
            var process = Process.Start(
                new ProcessStartInfo("dotnet", [Programs.PathOf("inspect"), "view", run, "--port", "0"])
                {
                    RedirectStandardOutput = true, RedirectStandardError = true,
                })!;
            var address = new Uri((await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
            return new Program(process) { Address = address, Started = clock.ElapsedMilliseconds };
        }

        public void Dispose()
        {
            _process.Kill();
            _process.Dispose();
        }
    }
}
