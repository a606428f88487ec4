using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Toolkit.Formats.Tables;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>Every page on a real run, in the real browser.</summary>
public sealed partial class PageTests(Browser browser, PageTests.PublishedRuns runs)
    : IClassFixture<PageTests.PublishedRuns>
{
    /// <summary>What the browser's makers call good (web.dev, "Cumulative Layout Shift").</summary>
    private const double MostLayoutShift = 0.1;

    [Theory]
    [InlineData("", ColorScheme.Light)]
    [InlineData("graph?run=s5", ColorScheme.Light)]
    [InlineData("graph?run=s5", ColorScheme.Dark)]
    [InlineData("tensor?run=s5&tensor=hidden&order=class", ColorScheme.Light)]
    [InlineData("tensor?run=s5&tensor=hidden&view=channels", ColorScheme.Light)]
    [InlineData("tensor?run=s5&weight=W_x", ColorScheme.Dark)]
    [InlineData("training?run=s5", ColorScheme.Light)]
    [InlineData("spectra?run=s5&with=s4", ColorScheme.Light)]
    [InlineData("representations?run=s5", ColorScheme.Light)]
    [InlineData(
        "sql?run=s5&sql=SELECT%20name%2C%20rows%2C%20bytes%20FROM%20tensors&kind=bars&x=name&y=bytes",
        ColorScheme.Light)]
    [InlineData("compare?run=s5&with=s4&chart=pair-heat-map", ColorScheme.Light)]
    public async Task Page_shows_a_published_network(string address, ColorScheme scheme)
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage(scheme);
        await page.Page.GotoAsync(new Uri(server.Address, address).ToString());
        await page.Answers();
        if (!address.StartsWith("graph", StringComparison.Ordinal) && address.Length > 0)
        {
            await page.Settled();
        }

        if (address.Contains("sql=", StringComparison.Ordinal))
        {
            await page.Page.Locator("figure.chart").WaitForAsync();
            await page.ChartsDrawn();
        }

        await page.Screenshot($"s5-{NotWord().Replace(address, "-")}-{scheme}");
        page.Complaints.ShouldBeEmpty();
        (await page.LayoutShift).ShouldBeLessThan(MostLayoutShift, await page.LayoutShifts);
        (await page.Page.Locator(".failure").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Overview_follows_what_is_typed_and_sorted_at_once()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(server.Address.ToString());
        await page.Answers();
        var rows = page.Page.Locator("tbody td:nth-child(2)");
        await Assertions.Expect(rows).ToHaveTextAsync(["s5", "s4"]);
        await page.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "samples" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveTextAsync(["s4", "s5"]);
        await page.Page.Locator("[data-search]").PressSequentiallyAsync("group:S5");
        await Assertions.Expect(rows).ToHaveTextAsync(["s5"]);
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("sort=samples&search=group"));
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Overview_puts_runs_without_a_number_last_in_both_orders()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        foreach (var sort in new[] { "test", "-test" })
        {
            await page.Page.GotoAsync(new Uri(server.Address, $"?sort={sort}").ToString());
            await page.Answers();
            await Assertions.Expect(page.Page.Locator("tbody td:nth-child(2)")).ToHaveTextAsync(["s5", "s4"]);
        }
    }

    [Fact]
    public async Task Overview_shows_its_last_column_beside_a_long_name()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServeTwo(folder, "S5_MLP_hidden_dim_32_seed1_weight_decay_1_again");
        await using var page = await browser.NewPage(width: 1200);
        await page.Page.GotoAsync(server.Address.ToString());
        await page.Answers();
        await Assertions.Expect(page.Page.Locator("tbody td:nth-child(2)")).ToHaveCountAsync(2);
        (await page.Page.Locator(".card.scroll").EvaluateAsync<int>("card => card.scrollWidth - card.clientWidth"))
            .ShouldBe(0);
    }

    [Fact]
    public async Task Compared_pictures_keep_a_long_name_above_themselves()
    {
        const string Long = "S5_MLP_hidden_dim_32_seed1_weight_decay_1_again";
        using var folder = new TemporaryFolder();
        await using var server = await ServeTwo(folder, Long);
        await using var page = await browser.NewPage(width: 1200);
        await page.Page.GotoAsync(
            new Uri(server.Address, $"compare?run=two&with={Long}&chart=pair-heat-map").ToString());
        await page.ChartsDrawn();
        (await page.Page.EvaluateAsync<double[]>("""
            () => {
              const { xaxis, xaxis2, xaxis3, _size } = document.querySelector('.plot')._fullLayout;
              return [...document.querySelectorAll('.annotation-text-g text')].map((title, i) => {
                const { width } = title.getBoundingClientRect(), axis = [xaxis, xaxis2, xaxis3][i];
                return width / ((axis.domain[1] - axis.domain[0]) * _size.w);
              });
            }
            """)).ShouldAllBe(share => share <= 1.02);
        await Assertions.Expect(page.Page.Locator(".chart-caption")).ToContainTextAsync(Long);
    }

    [Fact]
    public async Task Graph_of_a_transformer_shows_its_last_column()
    {
        using var folder = new TemporaryFolder();
        var captured = await Programs.RunAsync(
            "inspect",
            "capture", SharedData.Require("onnx", "tiny-random-gpt2-fp32_past.onnx"),
            "--inputs", "random:1:4", "--out", folder["gpt2"]);
        captured.ExitCode.ShouldBe(0, captured.Error);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder["gpt2"]], Port = 0 }, _ => { }, TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage(width: 1200);
        await page.Page.GotoAsync(new Uri(server.Address, "graph?run=gpt2").ToString());
        await page.Answers();
        await page.Screenshot("gpt2-graph");
        var card = page.Page.Locator(".card.scroll");
        (await card.EvaluateAsync<int>("card => card.scrollWidth - card.clientWidth")).ShouldBe(0);

        // Rows that are scrolled away are not seen above the heading.
        (await card.EvaluateAsync<string>("""
            async card => {
              card.scrollTop = 500;
              await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
              const { left, top } = card.getBoundingClientRect();
              return document.elementFromPoint(left + 40, top + 6).tagName;
            }
            """)).ShouldBe("TH");
    }

    [Theory]
    [InlineData("graph?run=s5")]
    [InlineData("tensor?run=s5")]
    public async Task What_is_typed_quickly_stays_as_it_was_typed(string address)
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, address).ToString());
        await page.Answers();
        const string Typed = "no value of this network";
        await page.Page.Locator("[data-search]").PressSequentiallyAsync(
            Typed, new LocatorPressSequentiallyOptions { Delay = 15 });
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("network$"));
        await Assertions.Expect(page.Page.Locator("[data-search]")).ToHaveValueAsync(Typed);
    }

    [Fact]
    public async Task Address_of_no_page_says_so()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        var answer = await page.Page.GotoAsync(new Uri(server.Address, "tensors").ToString());
        answer!.Status.ShouldBe(404);
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("There is no such page");
        await page.Page.GetByText("Back to the overview").ClickAsync();
        await Assertions.Expect(page.Page.Locator("h1")).ToHaveTextAsync("Runs");
    }

    [Fact]
    public async Task Value_without_a_picture_says_why_and_shows_no_other_value()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=s5&tensor=a").ToString());
        await page.Answers();
        await Assertions.Expect(page.Page.Locator("p.card")).ToContainTextAsync("is not stored: an input of the model");
        (await page.Page.Locator("figure.chart").CountAsync()).ShouldBe(0);
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Query_of_a_run_that_lacks_a_file_names_it_beside_the_result()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Untrained(folder["run"]);
        var absent = Directory.EnumerateFiles(folder["run", "activations"], "*", SearchOption.AllDirectories).First();
        File.Delete(absent);
        await using var server = await ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder["run"]], Port = 0 }, _ => { }, TestContext.Current.CancellationToken);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(
            new Uri(server.Address, "sql?run=run&sql=SELECT%20count(*)%20FROM%20activations").ToString());
        await Assertions.Expect(page.Page.Locator("[data-absence]")).ToContainTextAsync(Path.GetFileName(absent));
        await Assertions.Expect(page.Page.Locator("tbody td")).ToHaveCountAsync(1);
        var download = await page.Page.RunAndWaitForDownloadAsync(
            () => page.Page.GetByText("CSV", new PageGetByTextOptions { Exact = true }).ClickAsync());
        download.SuggestedFilename.ShouldBe("query_files-absent.csv");
    }

    [Fact]
    public async Task Comparison_says_why_the_chart_asked_for_is_another()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "compare?run=s5&with=s4&chart=irrep-shares").ToString());
        await Assertions.Expect(page.Page.Locator("[data-absent]")).ToContainTextAsync(
            "Shares per irrep: s4: there is no representation analysis yet");
        await page.Answers();
        await page.Page.Locator("[data-chart]").SelectOptionAsync("pair-heat-map");
        await Assertions.Expect(page.Page.Locator("[data-absent]")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Comparison_offers_to_lay_over_each_other_what_is_no_heat_map()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(
            new Uri(server.Address, "compare?run=s5&with=s4&chart=pair-heat-map&mode=over").ToString());
        await page.ChartsDrawn();
        await Assertions.Expect(page.Page.Locator("figure.chart")).ToHaveAttributeAsync("data-state", "ready");
        await Assertions.Expect(page.Page.Locator("[data-mode]")).ToHaveCountAsync(0);

        await page.Page.Locator("[data-chart]").SelectOptionAsync("value-histogram");
        await Assertions.Expect(page.Page.Locator("[data-mode]")).ToHaveValueAsync("over");
        await Assertions.Expect(page.Page.Locator(".lead")).ToContainTextAsync("drawn into one picture");
    }

    [Fact]
    public async Task Compared_maps_stand_below_each_other_where_the_window_is_narrow()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServeTwo(folder);
        await using var page = await browser.NewPage(width: 900);
        await page.Page.GotoAsync(new Uri(server.Address, "compare?run=one&with=two&chart=pair-heat-map").ToString());
        await page.ChartsDrawn();
        await page.Screenshot("compare-narrow");
        var maps = await page.Page.Locator(".maps canvas").AllAsync();
        var boxes = await Task.WhenAll(maps.Select(map => map.BoundingBoxAsync()));
        boxes.Length.ShouldBe(3);
        boxes.ShouldAllBe(box => box!.Width > 250);
        boxes[1]!.Y.ShouldBeGreaterThan(boxes[0]!.Y + boxes[0]!.Height);
    }

    [Fact]
    public async Task Height_of_a_comparison_fits_its_row_of_square_maps()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServeTwo(folder);
        await using var page = await browser.NewPage(width: 1400);
        await page.Page.GotoAsync(new Uri(server.Address, "compare?run=one&with=two&chart=pair-heat-map").ToString());
        await page.ChartsDrawn();
        await page.Screenshot("compare-row");
        var map = await page.Page.Locator(".maps canvas").First.BoundingBoxAsync();
        var plot = await page.Page.Locator(".plot").BoundingBoxAsync();
        map!.Width.ShouldBeGreaterThan(250);
        // Below a map there are the names of the elements and that of the axis.
        (plot!.Y + plot.Height - (map.Y + map.Height)).ShouldBeLessThan(140);
    }

    [Fact]
    public async Task Training_is_that_of_the_runs_that_have_metrics_where_the_first_has_none()
    {
        using var folder = new TemporaryFolder();
        SomeRun.Untrained(folder["two"]);
        Directory.CreateDirectory(folder["two", "results"]);
        ParquetTable.Write(folder["two", "results", "training.parquet"], new Table(
            TableColumn.Create("epoch", [0L, 100L]),
            TableColumn.Create("train_loss", [3.0, 0.1]),
            TableColumn.Create("sum_of_squared_weights", [1.0, 2])));
        await using var server = await ServeTwo(folder);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "training?run=one&with=two").ToString());
        await page.ChartsDrawn();
        var curves = page.Page.Locator("#chart-training-curves");
        await Assertions.Expect(curves).ToHaveAttributeAsync("data-state", "ready");
        await Assertions.Expect(curves.Locator(".chart-caption")).ToContainTextAsync("Not in one. Run two,");
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Chosen_value_is_in_sight_in_the_list_of_values()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServeTwo(folder);
        await using var page = await browser.NewPage();
        await page.Page.SetViewportSizeAsync(1400, 250);
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=one&weight=W_U").ToString());
        await page.Page.WaitForFunctionAsync("""
            () => {
              const side = document.querySelector('.side'), chosen = side.querySelector('.here');
              return side.scrollTop > 0
                && chosen.getBoundingClientRect().bottom <= side.getBoundingClientRect().bottom;
            }
            """);
    }

    [Fact]
    public async Task Small_maps_of_a_comparison_stand_in_threes_and_differences_have_their_own_colours()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServeTwo(folder);
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "compare?run=one&with=two&chart=channel-grid").ToString());
        await page.ChartsDrawn();
        await page.Screenshot("compare-small-maps");
        var inFirstRow = await page.Page.EvaluateAsync<int>("""
            () => {
              const cells = [...document.querySelectorAll('.grid-cell')];
              return cells.filter(cell => cell.offsetTop === cells[0].offsetTop).length;
            }
            """);
        (inFirstRow % 3).ShouldBe(0);

        // The two are equal: their difference is zero everywhere, which is the white between the two colours.
        var difference = await page.Page.Locator(".grid-cell canvas").Nth(2).EvaluateAsync<int[]>(
            "canvas => [...canvas.getContext('2d').getImageData(0, 0, 1, 1).data]");
        difference.ShouldAllBe(channel => channel > 240);
    }

    [Fact]
    public async Task Back_undoes_what_was_picked_for_a_quick_chart()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(
            new Uri(server.Address, "sql?run=s5&sql=SELECT%20id%2C%20rows%20FROM%20tensors").ToString());
        await page.Page.Locator("[data-kind]").SelectOptionAsync("bars");
        await page.ChartsDrawn();
        await page.Page.Locator("[data-kind]").SelectOptionAsync("points");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("kind=points"));
        await page.Page.GoBackAsync();
        await Assertions.Expect(page.Page.Locator("[data-kind]")).ToHaveValueAsync("bars");
        await page.Page.GoBackAsync();
        await Assertions.Expect(page.Page.Locator("[data-kind]")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Name_of_a_download_says_which_feature_it_is_of()
    {
        var server = await runs.Server();
        using var client = new HttpClient { BaseAddress = server.Address };
        using var answer = await client.GetAsync(
            new Uri("chart/pair-heat-map.csv?run=s5&tensor=hidden&feature=4", UriKind.Relative),
            TestContext.Current.CancellationToken);
        answer.Content.Headers.ContentDisposition?.FileName?.Trim('"').ShouldBe(
            "s5_pair-heat-map_hidden_feature-4.csv");
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotWord();

    [Fact]
    public async Task Query_is_asked_stopped_and_refused_where_it_writes()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "sql?run=s5").ToString());
        await page.Answers();
        var text = page.Page.Locator("textarea.sql");
        await text.FillAsync("SELECT count(*) AS samples FROM samples");
        await text.PressAsync("Control+Enter");
        await Assertions.Expect(page.Page.Locator("tbody td").First).ToHaveTextAsync("14400");

        foreach (var forbidden
            in new[] { "CREATE TABLE t (i INT)", "COPY samples TO '/tmp/x.csv'", "SELECT * FROM read_csv('/etc/passwd')", "ATTACH 'x.db'", "INSTALL httpfs" })
        {
            await text.FillAsync(forbidden);
            await text.PressAsync("Control+Enter");
            await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex(Regex.Escape(Uri.EscapeDataString(forbidden))));
            await Assertions.Expect(page.Page.GetByText("Run (Ctrl+Enter)")).ToBeEnabledAsync();
            await Assertions.Expect(page.Page.Locator(".failure")).ToBeVisibleAsync();
            await Assertions.Expect(page.Page.Locator("table.values")).ToHaveCountAsync(0);
        }

        await text.FillAsync(
            "SELECT sum(a.sample_id * b.sample_id * c.sample_id) FROM samples a, samples b, samples c");
        await text.PressAsync("Control+Enter");
        await page.Page.GetByText("stop", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await Assertions.Expect(page.Page.Locator(".failure")).ToHaveTextAsync("Stopped.");
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Enter_on_a_small_picture_opens_its_feature()
    {
        var server = await runs.Server();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "tensor?run=s5&tensor=hidden").ToString());
        await page.ChartsDrawn();
        await page.Page.Locator(".grid-cell").Nth(6).FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("feature=6"));
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map .chart-title")).ToContainTextAsync("neuron 6");
    }

    /// <summary>A published network on S5 and an untrained one on S4, shown by one viewer.</summary>
    public sealed class PublishedRuns : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private ViewerServer? _server;

        public async Task<ViewerServer> Server()
        {
            if (_server is null)
            {
                await SomeRun.Published(SharedData.Require("group-networks", "S5_MLP_seed2"), _folder["s5"]);
                SomeRun.Untrained(_folder["s4"]);
                _server = await ViewerServer.StartAsync(
                    new ViewerOptions { Runs = [_folder["s5"], _folder["s4"]], Port = 0 },
                    line => TestContext.Current.SendDiagnosticMessage(line),
                    TestContext.Current.CancellationToken);
            }

            return _server;
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
            {
                await _server.DisposeAsync();
            }

            _folder.Dispose();
        }
    }

    private static Task<ViewerServer> ServeTwo(TemporaryFolder folder, string first = "one")
    {
        foreach (var name in new[] { first, "two" }.Where(name => !Directory.Exists(folder[name])))
        {
            SomeRun.Untrained(folder[name]);
        }

        return ViewerServer.StartAsync(
            new ViewerOptions { Runs = [folder[first], folder["two"]], Port = 0 },
            _ => { },
            TestContext.Current.CancellationToken);
    }
}
