using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>A run that keeps checkpoints: every picture of the network follows the slider.</summary>
public sealed class CheckpointTests(Browser browser) : IDisposable
{
    /// <summary>
    /// float32 sums of 16 products of numbers below 1, in two graphs that the runtime may fuse differently.
    /// </summary>
    private const double ComputedAnew = 1e-5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pictures_are_those_of_the_checkpoint()
    {
        var run = Make();
        run.Checkpoints.ShouldBe([0L, 5, 1000]);

        // Epoch 1000 holds the model's own weights: what is computed from them is what was captured.
        var captured = await Map(run, "pair-heat-map", ("feature", "3"));
        var again = await Map(run, "pair-heat-map", ("feature", "3"), ("checkpoint", "1000"));
        for (var i = 0; i < captured.Matrix.Values.Length; i++)
        {
            again.Matrix.Values.Span[i].ShouldBe(captured.Matrix.Values.Span[i], ComputedAnew);
        }

        // Epoch 0 holds zeros, and a hidden layer of zeros is zero everywhere.
        (await Map(run, "weight-heat-map", ("weight", "W_x"), ("checkpoint", "0"))).Matrix.Values
            .ToArray()
            .ShouldAllBe(value => value == 0);
        (await Map(run, "pair-heat-map", ("checkpoint", "0"))).Matrix.Values.ToArray().ShouldAllBe(value => value == 0);

        // Epoch 5 holds twice the weights.
        var final = await Map(run, "weight-heat-map", ("weight", "W_x"));
        (await Map(run, "weight-heat-map", ("weight", "W_x"), ("checkpoint", "5"))).Matrix.Values.ToArray().ShouldBe(
            final.Matrix.Values.ToArray().Select(value => 2 * value));
    }

    [Fact]
    public async Task Caption_says_which_checkpoint_is_shown_and_what_does_not_follow()
    {
        var run = Make();
        (await Draw(run, "weight-heat-map", ("checkpoint", "5"))).FullCaption.ShouldContain("checkpoint of epoch 5");
        (await Draw(run, "logit-form", ("checkpoint", "5"))).FullCaption.ShouldContain(
            "Shows the final model, not the checkpoint: the results 'logit_form'.");
        (await Should.ThrowAsync<BadInputException>(() => Draw(run, "weight-heat-map", ("checkpoint", "7"))))
            .Message.ShouldContain("there is no checkpoint of epoch '7'. There are: 0, 5, 1000.");
    }

    [Fact]
    public async Task Checkpoint_of_another_network_breaks_its_pictures_with_the_reason()
    {
        var run = Make();
        SafetensorsWriter.Write(
            _folder["run", "checkpoints", "epoch_5.safetensors"],
            [TensorToWrite.From("W_other", HostTensor.Float32(new TensorShape(2), [1, 2]))],
            new Dictionary<string, string>());
        (await Should.ThrowAsync<BadInputException>(
            () => Draw(run, "weight-heat-map", ("checkpoint", "5")))).Message.ShouldContain(
            "'W_other' [2] is not a weight of model.onnx");
        (await Draw(run, "weight-heat-map", ("checkpoint", "0"))).Panels.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Slider_takes_every_page_to_a_checkpoint()
    {
        Make();
        await using var server = await Serve();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "training?run=run").ToString());
        await page.ChartsDrawn();
        await page.Page.Locator("input[data-checkpoint]").FillAsync("1");
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("checkpoint=5"));
        await Assertions.Expect(page.Page.Locator("#chart-weight-heat-map .chart-caption")).ToContainTextAsync(
            "checkpoint of epoch 5");
        await page.ChartsDrawn();
        await page.Screenshot("checkpoint-training");

        await page.Page.GetByText("Tensor", new PageGetByTextOptions { Exact = true }).ClickAsync();
        await Assertions.Expect(page.Page).ToHaveURLAsync(new Regex("/tensor.*checkpoint=5"));
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map .chart-caption")).ToContainTextAsync(
            "checkpoint of epoch 5");
        await page.ChartsDrawn();
        await page.Page.Locator("input[data-checkpoint]").FillAsync("3");
        await Assertions.Expect(page.Page).Not.ToHaveURLAsync(new Regex("checkpoint="));
        await Assertions.Expect(page.Page.Locator("#chart-pair-heat-map .chart-caption")).Not.ToContainTextAsync(
            "checkpoint");
        page.Complaints
            .Where(complaint => !complaint.Contains("value-histogram", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Checkpoint_that_the_run_does_not_keep_is_said_to_be_none()
    {
        Make();
        await using var server = await Serve();
        await using var page = await browser.NewPage();
        await page.Page.GotoAsync(new Uri(server.Address, "training?run=run&checkpoint=99999").ToString());
        var said = page.Page.Locator("[data-no-checkpoint]");
        await Assertions.Expect(said).ToHaveTextAsync(
            "This run keeps no checkpoint of epoch 99999: its final model is shown.");
        await page.Answers();
        await page.Page.Locator("input[data-checkpoint]").FillAsync("1");
        await Assertions.Expect(said).ToHaveCountAsync(0);
    }

    private Task<ViewerServer> Serve() => ViewerServer.StartAsync(
        new ViewerOptions { Runs = [_folder["run"]], Port = 0 },
        line => TestContext.Current.SendDiagnosticMessage(line),
        TestContext.Current.CancellationToken);

    private RunDirectoryData Make()
    {
        SomeRun.Untrained(_folder["run"]);
        var model = OnnxModelFile.Load(_folder["run", "model.onnx"]);
        Directory.CreateDirectory(_folder["run", "checkpoints"]);
        Directory.CreateDirectory(_folder["run", "results"]);
        ParquetTable.Write(_folder["run", "results", "logit_form.parquet"], new Table(
            TableColumn.Create("irrep", ["sign"]),
            TableColumn.Create("explained_full", [0.5]),
            TableColumn.Create("explained_trace", [0.25])));
        foreach (var (epoch, factor) in new[] { (0, 0f), (5, 2f), (1000, 1f) })
        {
            var tensors = model.Graph.Initializer.Where(proto => proto.Dims.Count == 2).Select(proto =>
            {
                var tensor = OnnxTensor.Read(proto, _folder["run"], proto.Name);
                return TensorToWrite.From(proto.Name, HostTensor.Float32(
                    tensor.Shape, [.. tensor.AsSpan<float>().ToArray().Select(value => factor * value)]));
            });
            SafetensorsWriter.Write(
                _folder["run", "checkpoints", string.Create(
                    CultureInfo.InvariantCulture, $"epoch_{epoch}.safetensors")],
                [.. tensors],
                new Dictionary<string, string>());
        }

        return RunDirectoryData.Open(_folder["run"]);
    }

    private static Task<ChartSpec> Draw(IRunData run, string chart, params (string Name, string Value)[] options) =>
        new RunCharts().DrawAsync(
            run,
            new ChartRequest(chart, options.ToDictionary(o => o.Name, o => o.Value)),
            TestContext.Current.CancellationToken);

    private static async Task<HeatMapMark> Map(
        IRunData run, string chart, params (string Name, string Value)[] options) =>
        (HeatMapMark)(await Draw(run, chart, options)).Panels[0].Marks[0];
}
