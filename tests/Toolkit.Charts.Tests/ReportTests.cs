using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Reports;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Charts.Tests;

public sealed partial class ReportTests
{
    private const string Hostile = "<script>alert('x')</script>\"&\u202E\u0007]]>";

    [Fact]
    public async Task Report_of_a_group_run_is_well_formed_and_needs_nothing_from_outside()
    {
        var html = await Write(FakeRun.OnGroup());

        var page = Parse(html);
        page.Descendants().Count(element => element.Name.LocalName == "svg").ShouldBeGreaterThan(5);
        References(page).ShouldAllBe(reference => reference.StartsWith('#')
            || reference.StartsWith("data:image/png;base64,", StringComparison.Ordinal));
        Namespaces().Replace(html, string.Empty).ShouldNotContain("://");
        html.ShouldContain("51.38 %");
        html.ShouldContain("training loss");
    }

    [Fact]
    public async Task Identifiers_of_pictures_do_not_collide()
    {
        var ids = Parse(await Write(FakeRun.OnGroup())).Descendants().Attributes("id").Select(id => id.Value).ToList();

        ids.ShouldBeUnique();
    }

    [Fact]
    public async Task Names_from_a_run_stay_text()
    {
        var group = FakeRun.OnGroup();
        var run = new FakeRun
        {
            Name = Hostile,
            Group = group.Group,
            SampleCount = group.SampleCount,
            Activations = [new(Hostile, "float32", [16], "hidden")],
            Weights = [new(Hostile + "w", "float32", [6, 4], null)],
            Values = [new(Hostile, "<b>", "float32", Hostile, false, Hostile)],
            Facts = [new("model", Hostile)],
            Summaries = new Dictionary<string, string> { ["group"] = "{\"<i>\": 1}" },
            Effects = new RunEffects(
                [$"--zero {Hostile}effect"], [new OutputEffect(Hostile + "output", 36, 1, 1, 1, null, 0)]),
        };

        var html = await Write(run);

        html.ShouldNotContain("<script");
        html.ShouldNotContain("\u202E");
        var texts = Parse(html).DescendantNodes().OfType<XText>().Select(text => text.Value).ToList();
        texts.ShouldContain(text => text.Contains("<script>alert('x')</script>", StringComparison.Ordinal));
        texts.ShouldContain(text => text.EndsWith("output", StringComparison.Ordinal));
        html.ShouldContain("effect</code>");
        Parse(html).Descendants().ShouldNotContain(element => element.Name.LocalName == "script");
    }

    [Fact]
    public void Effect_shows_no_number_where_no_sample_could_be_compared()
    {
        EffectRows.Of(new OutputEffect("y", 0, 0, 0, 0, null, 0), 1200)
            .ShouldBe(["y", "", "", "", "", "0", "0 of 1,200"]);
        EffectRows.Of(new OutputEffect("y", 1200, 2.5, double.PositiveInfinity, 3, 2e-6, 1234), 1200)
            .ShouldBe(["y", "∞", "2.5", "3", "2.00×10⁻⁴ %", "1,234", "1,200"]);
    }

    [Fact]
    public async Task Interventions_without_a_measured_effect_are_said_and_others_are_not_mentioned()
    {
        (await Write(new FakeRun { Name = "run", Effects = new RunEffects(["--mean h"], []) })).ShouldContain(
            "No effect was measured");
        (await Write(FakeRun.OnSamples())).ShouldNotContain("nterventions</h2>");
    }

    [Fact]
    public async Task What_is_missing_is_said_with_the_command_that_makes_it()
    {
        var html = await Write(FakeRun.OnSamples());

        html.ShouldContain("What is not here");
        var page = Parse(html);
        page.Descendants().Where(element => element.Name.LocalName == "code").Select(code => code.Value)
            .ShouldContain("inspect capture MODEL --inputs group:NAME --out RUN");
        page.Descendants().Where(element => element.Name.LocalName == "li")
            .ShouldAllBe(item => !item.Value.Contains('`', StringComparison.Ordinal));
        html.ShouldContain("conv1");
    }

    [Fact]
    public void Prose_marks_code_and_leaves_a_single_backtick_and_markup_as_text()
    {
        Html.Prose("run `a <b>` first").ShouldBe("run <code>a &lt;b&gt;</code> first");
        Html.Prose("a`b & `c` `").ShouldBe("a<code>b &amp; </code>c<code> </code>");
        Html.Prose("a`b & c").ShouldBe("a`b &amp; c");
    }

    [Fact]
    public async Task Lines_of_commands_break_between_words_only()
    {
        Html.Code("chart a-b --out <c>").ShouldBe("<code>chart <span>a-b</span> <span>--out</span> &lt;c&gt;</code>");
        var html = await Write(FakeRun.OnSamples());

        html.ShouldContain("code span { display: inline-block; }");
        html.ShouldContain(" <span>--out</span> ");
        html.ShouldNotContain(" --out ");
    }

    [Fact]
    public async Task Report_is_the_same_each_time() =>
        (await Write(FakeRun.OnGroup())).ShouldBe(await Write(FakeRun.OnGroup()));

    [Fact]
    public async Task Pictures_beyond_the_limit_are_named_and_left_out()
    {
        var html = await new ReportWriter(new RunCharts(), new ReportOptions { MostBytes = 40_000 }).WriteAsync(
            FakeRun.OnGroup(), null, TestContext.Current.CancellationToken);

        html.ShouldContain("left out to keep this file small; draw it with <code>inspect chart <span>s3-mlp</span>");
        html.Length.ShouldBeLessThan(400_000);
    }

    [Fact]
    public async Task Report_of_a_large_group_stays_under_ten_megabytes()
    {
        var html = await Write(FakeRun.OnGroup("S5", "s5"));

        html.Length.ShouldBeInRange(100_000, 10_000_000);
        if (Environment.GetEnvironmentVariable("TOOLKIT_GALLERY") is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, "report.html"), html, TestContext.Current.CancellationToken);
        }
    }

    private static Task<string> Write(FakeRun run) =>
        new ReportWriter(new RunCharts()).WriteAsync(run, null, TestContext.Current.CancellationToken);

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(
            new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static IEnumerable<string> References(XDocument page) => page.Descendants().Attributes()
        .Where(attribute => attribute.Name.LocalName is "href" or "src" or "srcset" or "action" or "data"
            && !attribute.IsNamespaceDeclaration)
        .Select(attribute => attribute.Value)
        .Concat(page.Descendants().Attributes().SelectMany(attribute => Url().Matches(attribute.Value)).Select(
            match => match.Groups[1].Value));

    [GeneratedRegex("url\\(([^)]*)\\)")]
    private static partial Regex Url();

    [GeneratedRegex("xmlns(:xlink)?=\"[^\"]*\"")]
    private static partial Regex Namespaces();
}
