using System.CommandLine;
using System.Text.Json;
using Toolkit.Capture;
using Toolkit.Capture.Inputs;
using Toolkit.CommandLine;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Commands;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Inspect.Tests.Commands;

public sealed class OverlayCommandTests
{
    [Fact]
    public async Task Model_explorer_gets_one_number_per_node_by_name_and_by_output()
    {
        using var folder = await Captured();
        var (code, _, error) = await Run(
            "overlay", folder["run"], "--format", "model-explorer", "--statistic", "std", "--out", folder["data.json"]);
        code.ShouldBe(ExitCode.Done, error);
        var run = RunReader.Open(folder["run"]);
        using var document = JsonDocument.Parse(
            await File.ReadAllTextAsync(folder["data.json"], TestContext.Current.CancellationToken));

        // ModelNodeData of node_data_builder.py: graph id → results → node key → value, and a gradient whose stops 0
        // and 1 are given.
        var data = document.RootElement.EnumerateObject().Single();
        data.Name.ShouldBe("graph");
        var results = data.Value.GetProperty("results");
        var expected = run.ReadStatistics()[run.Find("sum").Id].Whole.StandardDeviation;
        results.GetProperty("Add_sum").GetProperty("value").GetDouble().ShouldBe(expected);
        results.GetProperty("sum").GetProperty("value").GetDouble().ShouldBe(expected);
        results.GetProperty("If_chosen/then_branch/Neg_minus").GetProperty("value").ValueKind.ShouldBe(
            JsonValueKind.Number);
        data.Value
            .GetProperty("gradient")
            .EnumerateArray()
            .Select(stop => stop.GetProperty("stop").GetInt32())
            .ShouldBe([0, 1]);
        data.Value.GetProperty("gradient").EnumerateArray().ShouldAllBe(
            stop => stop.GetProperty("bgColor").GetString()!.StartsWith('#'));
    }

    [Fact]
    public async Task Netron_gets_a_copy_of_the_model_that_computes_the_same_and_shows_statistics_at_the_nodes()
    {
        using var folder = await Captured();
        var (code, text, error) = await Run(
            "overlay", folder["run"], "--format", "netron", "--out", folder["shown.onnx"]);
        code.ShouldBe(ExitCode.Done, error);
        text.ShouldContain("statistics on");
        var model = OnnxModelFile.Load(folder["shown.onnx"]);
        var shown = model.Graph.Node.Single(node => node.Name == "Add_sum").MetadataProps.Single();
        shown.Key.ShouldBe("statistics of sum");
        shown.Value.ShouldStartWith("n 200, mean ");
        var inner = model.Graph.Node.Single(node => node.OpType == "If").Attribute.Single(
            attribute => attribute.Name == "then_branch").G;
        inner.Node[0].MetadataProps.Single().Key.ShouldBe("statistics of minus");
        var inputs = new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(
            new TensorShape(1, 3), [1f, 2f, 3f]) };
        using var before = InferenceEngine.Open(folder["model.onnx"]);
        using var after = InferenceEngine.Open(folder["shown.onnx"]);
        using var a = before.Run(inputs);
        using var b = after.Run(inputs);
        b["y"].Bytes.ToArray().ShouldBe(a["y"].Bytes.ToArray());

        // Written over itself, statistics are replaced.
        OnnxModelFile.Save(model, folder["again.onnx"]);
        (await Run("overlay", folder[
            "run"], "--format", "netron", "--model", folder["again.onnx"], "--out", folder["x.onnx"])).Code.ShouldBe(
            ExitCode.BadInput);
    }

    [Theory]
    [InlineData("html", "absmax", "--format html: model-explorer or netron was expected.")]
    [InlineData("model-explorer", "median", "--statistic median: one of absmax, mean")]
    public async Task Mistakes_are_named(string format, string statistic, string message)
    {
        using var folder = await Captured();
        var (code, _, error) = await Run(
            "overlay", folder["run"], "--format", format, "--statistic", statistic, "--out", folder["out"]);
        code.ShouldBe(ExitCode.WrongUsage);
        error.ShouldContain(message);
        File.Exists(folder["out"]).ShouldBeFalse();
    }

    private static async Task<TemporaryFolder> Captured()
    {
        var folder = new TemporaryFolder();
        var then = Graph([], ["r"], Node("Neg", "h", "minus"), Node("Relu", "minus", "r"));
        var otherwise = Graph([], ["s"], Node("Abs", "h", "s"));
        var model = Linear();
        model.Graph.Node.Add(Node("ReduceSum", "y", "h"));
        model.Graph.Node.Add(Node("Cast", "one", "c", Attribute("to", 9L)));
        model.Graph.Initializer.Add(Constant("one", new TensorShape(), [1f]));
        model.Graph.Node.Add(
            Node("If", "c", "chosen", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        model.Graph.Output.Add(new ValueInfoProto { Name = "chosen" });
        OnnxModelFile.Save(model, folder["model.onnx"]);
        using var preparation = CapturePreparation.Create(new CaptureOptions
        {
            ModelPath = folder["model.onnx"],
            Folder = folder["run"],
            Inputs = inputs => InputSources.Open(new InputOptions { Source = "random:1:100" }, inputs),
        });
        await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
        return folder;
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(output, error, interactive: false);
        var root = new RootCommand();
        root.Subcommands.Add(OverlayCommand.Create(terminal));
        return (await ProgramHost.RunAsync(root, arguments, terminal), output.ToString(), error.ToString());
    }
}
