using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>What a chart does on the page: every kind of mark, drawn from formulas, in the real browser.</summary>
public sealed partial class DrawingTests(Browser browser) : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ViewerServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder["one", "shards"]);
        Directory.CreateDirectory(_folder["two", "shards"]);
        _server = await FakeRun.Serve(
            _folder.FullPath,
            new RunCharts(typeof(GalleryChart).Assembly),
            line => TestContext.Current.SendDiagnosticMessage(line));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("training?run=one&with=two", ColorScheme.Light)]
    [InlineData("spectra?run=one", ColorScheme.Light)]
    [InlineData("spectra?run=one&colour=value", ColorScheme.Dark)]
    [InlineData("representations?run=one", ColorScheme.Dark)]
    [InlineData("show/map?run=one", ColorScheme.Light)]
    [InlineData("show/many?run=one", ColorScheme.Dark)]
    [InlineData("compare?run=one&with=two&chart=map&size=60", ColorScheme.Light)]
    public async Task Every_kind_of_mark_is_drawn_without_a_complaint(string address, ColorScheme scheme)
    {
        await using var page = await Open(address, scheme);
        await page.Screenshot($"gallery-{NotWord().Replace(address, "-")}");
        page.Complaints.Where(complaint => !complaint.Contains("422")).ShouldBeEmpty();
        (await page.Page.EvaluateAsync<bool>("() => 'hacked' in window")).ShouldBeFalse();

        // What the drawing library shows in place of a picture where the content security policy stops its shaders.
        (await page.Page.GetByText("WebGL").CountAsync()).ShouldBe(0);
        TestContext.Current.SendDiagnosticMessage($"{address}: layout shift {await page.LayoutShift:0.000}");
    }

    [Fact]
    public async Task Chart_that_is_moved_keeps_its_picture_and_one_that_leaves_the_page_frees_it()
    {
        await using var page = await Open("training?run=one");
        var asked = page.Requests.Count(IsChart);
        (await page.Page.EvaluateAsync<bool>("""
            async () => {
              const section = document.querySelector('#chart-lines').closest('section');
              const drawn = section.querySelector('.plot svg');
              section.parentNode.append(section);
              await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
              return drawn.isConnected && section.querySelector('figure').dataset.state === 'ready';
            }
            """)).ShouldBeTrue();
        page.Requests.Count(IsChart).ShouldBe(asked);
        (await page.Page.EvaluateAsync<int>("""
            async () => {
              const figure = document.querySelector('#chart-lines'), plot = figure.querySelector('.plot');
              figure.remove();
              await Promise.resolve();
              return plot.childElementCount;
            }
            """)).ShouldBe(0);
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Picture_is_there_before_the_circuit_which_takes_it_over()
    {
        await using var page = await browser.NewPage();
        var circuit = new TaskCompletionSource();
        await page.Page.RouteAsync("**/blazor.web.js", async route =>
        {
            await circuit.Task;
            await route.ContinueAsync();
        });
        await page.Page.GotoAsync(
            new Uri(_server.Address, "show/accuracy?run=one").ToString(),
            new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        var figure = page.Page.Locator("figure.chart[data-state=ready]");
        await figure.WaitForAsync();
        (await page.Page.Locator("main[inert]").CountAsync()).ShouldBe(1);
        await page.Page.EvaluateAsync("() => window.drawn = document.querySelector('.plot svg')");

        circuit.SetResult();
        await page.ChartsDrawn();
        (await page.Page.EvaluateAsync<bool>("() => window.drawn === document.querySelector('.plot svg')")).ShouldBeTrue();
        page.Requests.Count(IsChart).ShouldBe(1);
        (await page.LayoutShift).ShouldBeLessThan(0.01);
        // It tells the circuit what is done with it.
        await page.Page.GetByText("log y").ClickAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-accuracy"));
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hover_says_the_exact_value_and_the_names()
    {
        await using var page = await Open("show/map?run=one&size=120");
        var box = await page.Page.Locator(".plot .nsewdrag").First.BoundingBoxAsync();
        await page.Page.Mouse.MoveAsync(
            (float)(box!.X + (box.Width * 10.5 / 120)), (float)(box.Y + (box.Height * 20.5 / 120)));
        var tip = page.Page.Locator(".tip");
        await Assertions.Expect(tip).ToBeVisibleAsync();
        var expected = (await Draw("map", ("size", "120"))).Panels[0];
        var value = ((HeatMapMark)expected.Marks[0]).Matrix[20, 10];
        var lines = await tip.Locator("div").AllTextContentsAsync();
        float.Parse(lines[0].Split(" = ")[1], CultureInfo.InvariantCulture).ShouldBe(value);
        lines[1].ShouldBe($"a: {expected.Y.Categories![20]}");
        lines[2].ShouldBe($"b: {expected.X.Categories![10]}");
    }

    [Fact]
    public async Task Arrow_keys_walk_over_the_cells()
    {
        await using var page = await Open("show/map?run=one&size=120");
        await page.Page.Locator(".plot").FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Page.Keyboard.PressAsync("Shift+ArrowDown");
        var expected = (await Draw("map", ("size", "120"))).Panels[0];
        (await page.Page.Locator(".tip").InnerTextAsync()).ShouldContain(
            $"a: {expected.Y.Categories![10]}\nb: {expected.X.Categories![1]}");
    }

    [Fact]
    public async Task Enter_turns_an_axis_and_follows_a_link_without_a_mouse()
    {
        await using var page = await Open("training?run=one");
        await TabTo(page, "#chart-lines .chart-tools button");
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-lines=.*logX"));
        await page.Page.WaitForFunctionAsync(
            "() => document.querySelector('#chart-lines .plot')._fullLayout.xaxis.type === 'log'");

        await TabTo(page, "nav.pages a[href^='/spectra']");
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("Spectra");
        page.Complaints.Where(complaint => !complaint.Contains("422")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Address_restores_choices_zoom_and_logarithmic_axes()
    {
        await using var page = await Open("training?run=one");
        await Zoom(page, "#chart-lines ");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-lines="));
        await page.Page.Locator("#chart-accuracy").GetByText("log x").ClickAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-accuracy="));
        var before = await Ranges(page);

        await page.Page.GotoAsync("about:blank");
        await page.Page.GoBackAsync();
        await page.ChartsDrawn();
        (await Ranges(page)).ShouldBe(before);
        before.ShouldContain("log");
    }

    [Theory]
    [InlineData("PNG", new byte[] { 0x89, 0x50, 0x4E, 0x47 })]
    [InlineData("SVG", new byte[] { 0x3C })]
    [InlineData("CSV", new byte[] { 0x70, 0x61, 0x6E, 0x65, 0x6C })]
    [InlineData("PARQUET", new byte[] { 0x50, 0x41, 0x52, 0x31 })]
    public async Task Chart_is_downloaded_in_every_format(string format, byte[] magic)
    {
        await using var page = await Open("show/lines?run=one");
        var download = await page.Page.RunAndWaitForDownloadAsync(
            () => page.Page.GetByText(format, new PageGetByTextOptions { Exact = true }).ClickAsync());
        var path = _folder[$"download.{format}"];
        await download.SaveAsAsync(path);
        download.SuggestedFilename.ShouldBe($"one_lines_hidden.{format.ToLowerInvariant()}");
        var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        if (format != "CSV")
        {
            content[..magic.Length].ShouldBe(magic);
        }

        if (format == "PARQUET")
        {
            var expected = (LineMark)(await Draw("lines")).Panels[0].Marks[0];
            ParquetTable.Read(path).Numbers("y")[..expected.Y.Count].ShouldBe(expected.Y);
        }
    }

    [Fact]
    public async Task Slider_drives_the_chart_and_the_address()
    {
        await using var page = await Open("show/map?run=one&size=120");
        await page.Page.Locator("input[data-option=size]").FillAsync("60");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("size=60"));
        await page.Page.WaitForFunctionAsync(
            "() => document.querySelector('figure.chart').dataset.state === 'ready' && "
            + "Math.round(document.querySelector('.plot')._fullLayout.yaxis.range[0] + 0.5) === 60");
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Back_undoes_what_was_picked_from_a_list_and_not_the_steps_of_a_slider()
    {
        await using var page = await Open("show/map?run=one");
        await page.Page.Locator("input[data-option=size]").FillAsync("60");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("size=60"));
        await page.Page.Locator("label:has-text('value') select").SelectOptionAsync("image");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("tensor=image"));
        await page.Page.GoBackAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("map\\?run=one&size=60$"));
        await Assertions.Expect(page.Page.Locator("label:has-text('value') select")).ToHaveValueAsync("hidden");
    }

    [Theory]
    [InlineData("77", "77")]
    [InlineData("9999", "720")]
    public async Task Number_beside_a_slider_of_many_steps_drives_the_chart(string typed, string shown)
    {
        await using var page = await Open("show/map?run=one");
        await page.Page.Locator("input[data-number=size]").FillAsync(typed);
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex($"size={shown}"));
        await Assertions.Expect(page.Page.Locator("input[data-option=size]")).ToHaveValueAsync(shown);
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hover_over_a_histogram_says_axis_bin_and_that_a_fraction_is_an_estimate()
    {
        await using var page = await Open("show/histogram?run=one");
        await page.Page.Locator(".plot").FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowRight");
        var counts = ((HistogramMark)(await Draw("histogram")).Panels[0].Marks[0]).Counts;
        (await page.Page.Locator(".tip").InnerTextAsync()).ShouldBe(
            string.Create(CultureInfo.InvariantCulture, $"count ≈ {counts[1]:G6}\nvalue: -0.96875 to -0.9375"));
    }

    [Fact]
    public async Task Logarithmic_axis_of_bars_begins_below_the_least()
    {
        await using var page = await Open("show/histogram?run=one");
        await page.Page.GetByText("log y").ClickAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-histogram="));
        var counts = ((HistogramMark)(await Draw("histogram")).Panels[0].Marks[0]).Counts;
        var range = await Range(page, "yaxis");
        range[0].ShouldBe(Math.Log10(counts.Min() / 2), 1e-6);
        range[1].ShouldBeInRange(Math.Log10(counts.Max()), Math.Log10(2 * counts.Max()));
    }

    [Fact]
    public async Task Colour_bar_of_one_value_has_that_value_alone()
    {
        await using var page = await Open("show/flat?run=one");
        (await page.Page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('.colorbar text')].map(text => text.textContent)"))
            .ShouldBe(["16000", "value"], ignoreOrder: true);
    }

    [Fact]
    public async Task Legend_of_many_lines_leaves_the_picture_its_height()
    {
        await using var page = await Open("show/many-lines?run=one");
        (await page.Page.EvaluateAsync<double>("""
            () => { const l = document.querySelector('.plot')._fullLayout; return l.yaxis._length / l.height; }
            """)).ShouldBeGreaterThan(0.75);
    }

    [Fact]
    public async Task Map_of_three_long_rows_is_no_line()
    {
        await using var page = await Open("show/strip?run=one");
        (await page.Page.Locator("figure.chart").GetAttributeAsync("data-state")).ShouldBe("ready");
        (await page.Page.Locator(".maps canvas").BoundingBoxAsync())!.Height.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task Rows_keep_their_edges_where_columns_are_finer_than_pixels()
    {
        await using var page = await Open("show/strip?run=one&columns=5000");
        (await page.Page.Locator(".maps canvas").EvaluateAsync<int>("""
            canvas => {
              const column = canvas.getContext('2d').getImageData(canvas.width >> 1, 0, 1, canvas.height).data;
              return new Set(new Uint32Array(column.buffer)).size;
            }
            """)).ShouldBe(3);
    }

    [Fact]
    public async Task Compared_lines_and_bars_have_one_range_for_each_quantity_and_zoom_together()
    {
        await using var page = await Open("compare?run=one&with=two&chart=quantities");
        var (loss, otherLoss) = (await Range(page, "yaxis"), await Range(page, "yaxis2"));
        loss.ShouldBe(otherLoss);
        loss[0].ShouldBeInRange(-6.2, -6);
        loss[1].ShouldBeInRange(Math.Log10(20), 1.5);
        var share = await Range(page, "yaxis3");
        share.ShouldBe(await Range(page, "yaxis4"));
        share[0].ShouldBe(0);
        share[1].ShouldBeInRange(1, 1.1);

        await Zoom(page);
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-quantities="));
        (await Range(page, "xaxis")).ShouldBe(await Range(page, "xaxis2"));
        (await Range(page, "yaxis")).ShouldBe(await Range(page, "yaxis2"));
        (await Range(page, "yaxis3")).ShouldBe(share);
    }

    [Fact]
    public async Task Lines_are_cut_off_at_the_axes_whatever_the_address_has_become()
    {
        await using var page = await Open("show/accuracy?run=one");
        await Zoom(page);
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-accuracy="));
        var clips = await page.Page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('.plot svg [clip-path]')].map(e => e.getAttribute('clip-path'))");
        clips.ShouldNotBeEmpty();
        clips.ShouldAllBe(clip => clip.StartsWith("url(#", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Colour_bar_is_filled_whatever_the_address_will_become()
    {
        await using var page = await Open("show/map?run=one");
        (await page.Page.Locator(".gradient_filled").EvaluateAsync<string>("bar => bar.style.fill")).ShouldStartWith(
            "url(\"#");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(60)]
    public async Task Numbers_beside_a_short_logarithmic_axis_do_not_touch(int ratio)
    {
        await using var page = await Open($"show/short-log?run=one&ratio={ratio}");
        foreach (var (axis, start, end) in new[] { ("x", "left", "right"), ("y", "top", "bottom") })
        {
            var ends = await page.Page.EvaluateAsync<double[][]>($$"""
                () => [...document.querySelectorAll('.{{axis}}axislayer-above .{{axis}}tick text')]
                  .map(text => text.getBoundingClientRect()).map(box => [box.{{start}}, box.{{end}}]).sort((a, b) => a[0] - b[0])
                """);
            ends.Length.ShouldBeGreaterThan(1);
            ends.Zip(ends.Skip(1), (first, second) => second[0] - first[1]).ShouldAllBe(gap => gap > 0);
        }
    }

    [Fact]
    public async Task Broken_chart_says_why_and_leaves_the_others()
    {
        await using var page = await Open("spectra?run=one");
        (await page.Page.Locator("#chart-broken .chart-message").InnerTextAsync()).ShouldContain(
            "not a Parquet file that can be read <b>at all</b>");
        (await page.Page.Locator("#chart-points").GetAttributeAsync("data-state")).ShouldBe("ready");
    }

    [Fact]
    public async Task Nothing_is_asked_of_another_host()
    {
        await using var page = await Open("representations?run=one");
        page.Requests
            .Select(url => new Uri(url))
            .Where(url => url.Scheme is not ("data" or "blob"))
            .ShouldAllBe(url => url.Authority == _server.Address.Authority);
    }

    [Fact]
    public async Task Keys_turn_pages_and_light_to_dark()
    {
        await using var page = await Open("training?run=two");
        await page.Page.Keyboard.PressAsync("d");
        (await page.Page.EvaluateAsync<string>("() => document.documentElement.dataset.theme")).ShouldBe("dark");
        await page.Page.Keyboard.PressAsync("5");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("/spectra\\?run=two"));

        // The address changes before the page: the charts of the page before are drawn, too.
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("Spectra");
        await page.ChartsDrawn();
        await page.Page.Keyboard.PressAsync("f");
        await page.Page.WaitForFunctionAsync("() => document.fullscreenElement?.matches('figure.chart')");
        await page.Page.Keyboard.PressAsync("f");
        await page.Page.WaitForFunctionAsync("() => !document.fullscreenElement");
    }

    [Fact]
    public async Task Keys_work_where_there_is_no_chart()
    {
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(_server.Address.ToString());
        await page.Page.Locator("[data-search]").WaitForAsync();
        await page.Page.WaitForFunctionAsync(
            "() => { document.dispatchEvent(new KeyboardEvent('keydown', { key: '/' })); return "
                + "document.activeElement?.matches('[data-search]'); }");
        page.Complaints.Where(complaint => complaint.StartsWith("error", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Compared_maps_zoom_together()
    {
        await using var page = await Open("compare?run=one&with=two&chart=map&size=60");
        await Zoom(page);
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("view-map="));
        (await page.Page.EvaluateAsync<bool>("""
            () => { const l = document.querySelector('.plot')._fullLayout;
                    return ['xaxis2', 'xaxis3'].every(a => l[a].range.every((v, i) => Math.abs(v - l.xaxis.range[i]) < 1e-6)) && l.xaxis.range[1] - l.xaxis.range[0] < 40; }
            """)).ShouldBeTrue();

        // A picture that is downloaded now shows the same part.
        var picture = await page.Page.GetByText("SVG", new PageGetByTextOptions { Exact = true }).GetAttributeAsync(
            "href");
        picture.ShouldNotBeNull().ShouldContain("view=");
        var svg = await page.Page.EvaluateAsync<string>(
            "async address => await (await fetch(address)).text()", picture);
        svg.ShouldContain("Shown in part");

        // So do the data: those cells, and no others, at their own places.
        var zoom = await page.Page.EvaluateAsync<double[]>("""
            () => { const l = document.querySelector('.plot')._fullLayout; return [...l.xaxis.range, ...l.yaxis.range.toReversed()]; }
            """);
        var link = page.Page.GetByText("PARQUET", new PageGetByTextOptions { Exact = true });
        var download = await page.Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        await download.SaveAsAsync(_folder["part.parquet"]);
        var part = ParquetTable.Read(_folder["part.parquet"]);
        foreach (var (column, from, to) in new[] { ("x", zoom[0], zoom[1]), ("y", zoom[2], zoom[3]) })
        {
            var shown = Enumerable.Range(0, 60).Select(at => (double)at).Where(at => at + 0.5 > from && at - 0.5 < to);
            part.Numbers(column).Distinct().Order().ShouldBe(shown);
        }
    }

    private static Task<double[]> Range(BrowserPage page, string axis) => page.Page.EvaluateAsync<double[]>(
        "axis => document.querySelector('.plot')._fullLayout[axis].range", axis);

    private static async Task Zoom(BrowserPage page, string within = "")
    {
        var box = await page.Page.Locator($"{within}.nsewdrag").First.BoundingBoxAsync();
        await page.Page.Mouse.MoveAsync(box!.X + (box.Width * 0.3f), box.Y + (box.Height * 0.3f));
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(
            box.X + (box.Width * 0.6f), box.Y + (box.Height * 0.7f), new MouseMoveOptions { Steps = 4 });
        await page.Page.Mouse.UpAsync();
    }

    private async Task<BrowserPage> Open(string address, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await browser.NewPage(scheme);
        await page.Page.GotoAsync(new Uri(_server.Address, address).ToString());
        await page.ChartsDrawn();
        return page;
    }

    private static bool IsChart(string url) => url.Contains("/chart/", StringComparison.Ordinal);

    /// <summary>Goes on with the Tab key until an element has the focus.</summary>
    private static async Task TabTo(BrowserPage page, string selector)
    {
        for (var i = 0; i < 80; i++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            if (await page.Page.EvaluateAsync<bool>(
                "selector => document.activeElement?.matches(selector) === true", selector))
            {
                return;
            }
        }

        Assert.Fail($"The Tab key does not come to {selector}.");
    }

    private static Task<string> Ranges(BrowserPage page) => page.Page.EvaluateAsync<string>("""
        () => JSON.stringify([...document.querySelectorAll('.plot')].map(p => [p._fullLayout.xaxis.type, p._fullLayout.xaxis.range, p._fullLayout.yaxis.range].map(v =>
          Array.isArray(v) ? v.map(n => Number(n.toPrecision(5))) : v)))
        """);

    private static Task<ChartSpec> Draw(string chart, params (string Name, string Value)[] options) =>
        new RunCharts(typeof(GalleryChart).Assembly).DrawAsync(
            new FakeRun("one"),
            new ChartRequest(chart, options.ToDictionary(o => o.Name, o => o.Value)),
            CancellationToken.None);

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotWord();
}
