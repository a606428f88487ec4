using System.Text.RegularExpressions;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.Spectra;
using Toolkit.Formats;
using Toolkit.Formats.Tables;

namespace Toolkit.Charts.Tests;

public sealed partial class RunChartsTests
{
    private static readonly RunCharts Charts = new();

    public static TheoryData<string> Names => [.. Charts.All.Select(chart => chart.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_chart_draws_what_its_report_asks_for_or_says_which_command_is_missing(string name)
    {
        var chart = Charts.Find(name);
        KebabCase().IsMatch(chart.Name).ShouldBeTrue();
        foreach (var run in new[] { FakeRun.OnGroup(), FakeRun.OnSamples() })
        {
            if (chart.WhyNot(run) is { } reason)
            {
                (reason.Contains('`', StringComparison.Ordinal)
                    || reason.Contains("group", StringComparison.Ordinal)
                    || reason.Contains("Capture it again", StringComparison.Ordinal)).ShouldBeTrue(reason);
                continue;
            }

            foreach (var choices in chart.InReport(run).Append(new Dictionary<string, string>()))
            {
                var spec = await Charts.DrawAsync(
                    run, new ChartRequest(name, choices), TestContext.Current.CancellationToken);

                ChartFaults.Find(spec).ShouldBeEmpty();
                if (spec.Panels.Any(panel => panel.Marks.OfType<HeatMapMark>().Any()))
                {
                    chart.HasHeatMaps(run, choices).ShouldBeTrue();
                }

                spec.Provenance.ShouldNotBeNull().Run.ShouldBe(run.Name);
                ChartJson.Write(ChartJson.Read(ChartJson.Write(spec), name)).ShouldBe(ChartJson.Write(spec));
                ChartRenderer.Png(spec).Length.ShouldBeGreaterThan(2000);
                ChartTable.From(spec).Columns.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public async Task Singular_values_are_those_of_captured_values_where_no_weight_has_any()
    {
        var spectra = new[] { new Spectrum("hidden", MatrixKind.Activation, null, 36, 3, [2, 1, 1], 6, 1e-7) };
        var run = new FakeRun
        {
            Name = "run",
            Tables = new() { [SpectraTables.Values] = SpectraTables.ValuesOf(spectra) },
        };
        var spec = await Charts.DrawAsync(
            run,
            new ChartRequest("singular-values", new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);

        spec.Panels[0].Marks.OfType<LineMark>().ShouldHaveSingleItem().Y.ShouldBe([2, 1, 1]);
        spec.Provenance!.Tensor.ShouldBe("hidden");
    }

    [Fact]
    public async Task Pair_heat_map_puts_a_on_rows_and_b_on_columns_in_the_order_asked_for()
    {
        var run = FakeRun.OnGroup();
        var spec = await Charts.DrawAsync(
            run,
            new ChartRequest(
                "pair-heat-map",
                new Dictionary<string, string> { ["tensor"] = "logits", ["feature"] = "2", ["order"] = "class" }),
            TestContext.Current.CancellationToken);

        var map = (HeatMapMark)spec.Panels[0].Marks[0];
        var order = run.Group!.Orders["class"];
        map.Matrix[1, 4].ShouldBe(run.Value("logits", (order[1] * 6) + order[4], 2));
        spec.Panels[0].Y.Categories![1].ShouldBe(run.Group.Elements[order[1]]);
        spec.Title.ShouldBe($"logit of {run.Group.Elements[2]} over all pairs");
    }

    [Fact]
    public async Task Histogram_of_few_values_has_few_bins()
    {
        var spec = await Charts.DrawAsync(
            FakeRun.OnSamples(),
            new ChartRequest("value-histogram", new Dictionary<string, string> { ["tensor"] = "conv1" }),
            TestContext.Current.CancellationToken);

        var counts = ((HistogramMark)spec.Panels[0].Marks[0]).Counts;
        counts.Count.ShouldBe(20, "2 n^(1/3) of 1000 values");
        counts.Sum().ShouldBe(1000, 1e-6);
    }

    [Fact]
    public async Task Names_of_ablations_are_short_enough_to_stand_below_an_axis()
    {
        var run = new FakeRun
        {
            Name = "run",
            Tables = new()
            {
                ["causal"] = new Table(
                    TableColumn.Create("intervention",
                    [
                        "none", "mean ablation of standard (119 neurons)", "mean ablation of sign (1 neuron)",
                    ]),
                    TableColumn.Create("pairs", [14400, 14400, 14400]),
                    TableColumn.Create("loss", [1e-6, 4.0, 1])),
            },
        };
        var spec = await Charts.DrawAsync(
            run,
            new ChartRequest("causal-battery", new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);

        spec.Panels[0].X.Categories.ShouldBe(["none", "without standard (119)", "without sign (1)"]);
        spec.Caption.ShouldNotContain("A gap");
    }

    [Fact]
    public async Task Learning_order_is_by_the_first_checkpoint_over_the_threshold()
    {
        var spec = await Charts.DrawAsync(
            FakeRun.OnGroup(),
            new ChartRequest("learning-order", new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);

        spec.Panels[0].X.Categories.ShouldBe(["sign", "standard"]);
        ((BarMark)spec.Panels[0].Marks[0]).Values.ShouldBe([10, 100]);
    }

    [Fact]
    public async Task Coset_concentration_leaves_out_neurons_that_are_off_and_sorts_the_others()
    {
        var spec = await Charts.DrawAsync(
            FakeRun.OnGroup(),
            new ChartRequest("coset-concentration", new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);

        var marks = spec.Panels[0].Marks.OfType<PointMark>().ToList();
        marks[0].Y.ShouldBe([0.4, 0.2]);
        marks.Skip(1).Select(mark => (mark.Name, mark.X[0], mark.Y[0])).ShouldBe(
            [("subgroup of order 2", 1, 0.3), ("subgroup of order 3", 0, 0.001)]);
    }

    [Fact]
    public async Task Draw_names_the_choices_where_one_does_not_exist()
    {
        var bad = await Should.ThrowAsync<BadInputException>(() => Charts.DrawAsync(
            FakeRun.OnGroup(),
            new ChartRequest("weight-heat-map", new Dictionary<string, string> { ["weight"] = "W_z" }),
            TestContext.Current.CancellationToken));

        bad.Message.ShouldBe("'W_z' is not a weight of this chart. There are: W_x, W, W_U.");
    }

    [Fact]
    public async Task Draw_says_so_where_another_version_wrote_the_results()
    {
        var run = FakeRun.OnGroup();
        run.Tables["cosets"] = new Table([.. run.Tables["cosets"].Columns.Where(column => column.Name != "energy")]);

        var bad = await Should.ThrowAsync<BadInputException>(() => Charts.DrawAsync(
            run,
            new ChartRequest("coset-concentration", new Dictionary<string, string>()),
            TestContext.Current.CancellationToken));

        bad.Message.ShouldStartWith(
            "s3-mlp: 'coset-concentration' cannot be drawn: its results are not as this version writes them. There "
                + "is no column 'energy'.");
    }

    [Fact]
    public void Find_lists_the_charts_there_are() =>
        Should.Throw<BadInputException>(() => Charts.Find("pie")).Message.ShouldContain("training-curves");

    [Theory]
    [InlineData("S4")]
    [InlineData("C7")]
    [InlineData("D5")]
    [InlineData("Q8")]
    public void Orders_of_a_group_are_permutations_and_keep_cosets_together(string name)
    {
        var group = new RunGroup(Toolkit.Models.Groups.FiniteGroup.Parse(name));

        foreach (var (_, order) in group.Orders)
        {
            order.Order().ShouldBe(Enumerable.Range(0, group.Order));
        }

        group.Orders.Keys.ShouldContain("class");
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
