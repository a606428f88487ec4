using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;

namespace Toolkit.Charts.Tests.Runs;

public sealed class SliceTests
{
    private static readonly RunCharts Charts = new();

    [Fact]
    public async Task Value_is_shown_along_any_two_axes_with_a_slider_for_each_other()
    {
        // [3, 4, 64] for each of 50 samples: position (p, q, f) stands at (4·p + q)·64 + f of a sample.
        var run = FakeRun.OnSamples();
        var byDefault = await Draw(run, "activation-heat-map", ("tensor", "conv1"), ("sample", "7"), ("feature", "5"));
        byDefault.Matrix.Rows.ShouldBe(3);
        byDefault.Matrix.Columns.ShouldBe(4);
        byDefault.Matrix[2, 1].ShouldBe(run.Value("conv1", 7, (((2 * 4) + 1) * 64) + 5));

        var turned = await Draw(
            run,
            "activation-heat-map",
            ("tensor", "conv1"),
            ("rows", "feature"),
            ("columns", "axis 1"),
            ("sample", "9"),
            ("axis-2", "3"));
        turned.Matrix.Rows.ShouldBe(64);
        turned.Matrix.Columns.ShouldBe(3);
        turned.Matrix[60, 2].ShouldBe(run.Value("conv1", 9, (((2 * 4) + 3) * 64) + 60));

        var samples = await Draw(
            run,
            "activation-heat-map",
            ("tensor", "conv1"),
            ("rows", "sample"),
            ("columns", "axis 2"),
            ("sample", "10"),
            ("axis-1", "1"),
            ("feature", "8"));
        samples.Matrix.Rows.ShouldBe(40);
        samples.Matrix[30, 2].ShouldBe(run.Value("conv1", 40, (((1 * 4) + 2) * 64) + 8));

        var together = await Draw(
            run,
            "activation-heat-map",
            ("tensor", "conv1"),
            ("rows", "axis 2"),
            ("columns", "all others together"),
            ("sample", "48"));
        together.Matrix.Columns.ShouldBe(2 * 3 * 64);
        together.Matrix[3, (1 * 3 * 64) + (2 * 64) + 11].ShouldBe(run.Value("conv1", 49, (((2 * 4) + 3) * 64) + 11));
    }

    [Fact]
    public void Options_hold_no_slider_for_an_axis_that_is_shown()
    {
        var chart = Charts.Find("activation-heat-map");
        chart.OptionsFor(
            FakeRun.OnSamples(),
            new Dictionary<string, string> { ["tensor"] = "conv1", ["rows"] = "axis 2", ["columns"] = "feature" })
            .Select(option => option.Name).ShouldBe(["tensor", "rows", "columns", "sample", "axis-1"]);
        chart.OptionsFor(FakeRun.OnSamples(), new Dictionary<string, string> { ["tensor"] = "mask" })
            .Select(option => option.Name).ShouldBe(["tensor", "rows", "columns", "sample"]);
    }

    [Fact]
    public void Axes_that_stand_elsewhere_in_the_model_are_called_by_their_place_there()
    {
        var run = new FakeRun
        {
            Name = "images",
            SampleCount = 50,
            Activations = [new("conv1", "float32", [3, 4, 64], null, IsSpatial: true, ModelAxes: [2, 3, 1])],
        };

        var options = Charts.Find("activation-heat-map").OptionsFor(run, new Dictionary<string, string>());

        options.First(option => option.Name == "rows").Choices.ShouldBe(
            ["sample", "axis 2 of the model", "axis 3 of the model", "feature"]);
        Charts.Find("top-samples").OptionsFor(run, new Dictionary<string, string>())
            .First(option => option.Name == "axis-1").Label.ShouldBe("Axis 2 of the model");
    }

    [Fact]
    public async Task Features_of_an_image_are_found_by_one_slider_for_each_axis()
    {
        var run = FakeRun.OnSamples();
        var spec = await Charts.DrawAsync(run, new ChartRequest("top-samples", new Dictionary<string, string>
        {
            ["tensor"] = "conv1", ["axis-1"] = "2", ["axis-2"] = "0", ["feature"] = "9", ["count"] = "1",
        }), TestContext.Current.CancellationToken);
        var best = Enumerable.Range(0, 50).Max(sample => run.Value("conv1", sample, (2 * 4 * 64) + 9));
        ((BarMark)spec.Panels[0].Marks[0]).Values[0].ShouldBe(best);
        spec.Title.ShouldBe("Samples with the greatest conv1, feature 9 at axis 1 = 2, axis 2 = 0");
    }

    [Fact]
    public async Task Kernel_is_one_row_per_output_channel_or_any_two_axes()
    {
        var run = new FakeRun { Name = "net", Weights = [new("kernel", "float32", [8, 4, 3, 5], null)] };
        var whole = await Draw(run, "weight-heat-map", ("weight", "kernel"));
        (whole.Matrix.Rows, whole.Matrix.Columns).ShouldBe((8, 60));
        whole.Matrix[7, 59].ShouldBe(run.Value("kernel", (((7 * 4) + 3) * 3) + 2, 4));
        var slice = await Draw(
            run,
            "weight-heat-map",
            ("weight", "kernel"),
            ("rows", "axis 2"),
            ("columns", "axis 3"),
            ("axis-0", "6"),
            ("axis-1", "1"));
        (slice.Matrix.Rows, slice.Matrix.Columns).ShouldBe((3, 5));
        slice.Matrix[1, 4].ShouldBe(run.Value("kernel", (((6 * 4) + 1) * 3) + 1, 4));
    }

    [Fact]
    public async Task Checkpoint_is_refused_where_the_run_keeps_none() =>
        (await Should.ThrowAsync<BadInputException>(
            () => Draw(FakeRun.OnGroup(), "weight-heat-map", ("checkpoint", "100"))))
            .Message.ShouldBe(
                "s3-mlp: there are no checkpoints, so none of epoch 100. Leave `checkpoint` out, or capture a model "
                    + "in the folder that `train run` left.");

    private static async Task<HeatMapMark> Draw(
        FakeRun run, string chart, params (string Name, string Value)[] options) =>
        (HeatMapMark)(await Charts.DrawAsync(
            run,
            new ChartRequest(chart, options.ToDictionary(o => o.Name, o => o.Value)),
            TestContext.Current.CancellationToken))
            .Panels[0].Marks[0];
}
