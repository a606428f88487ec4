using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using Toolkit.CommandLine;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Inspect.Commands;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Inspect.Tests.Commands;

public sealed class ModelCommandTests
{
    [Fact]
    public async Task Json_tells_how_every_value_can_be_had()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Linear(), folder["linear.onnx"]);
        var (code, output, _) = await Run("model", folder["linear.onnx"], "--json");
        code.ShouldBe(ExitCode.Done);
        using var document = JsonDocument.Parse(output);
        var sum = document.RootElement
            .GetProperty("values")
            .EnumerateArray()
            .Single(value => value.GetProperty("name").GetString() == "sum");
        sum.GetProperty("method").GetString().ShouldBe("added-output");
        sum.GetProperty("shape")[0].GetString().ShouldBe("batch");
        sum.GetProperty("bytes_per_sample").GetInt64().ShouldBe(8);
        document.RootElement.GetProperty("optimized_nodes").GetInt32().ShouldBeLessThan(3);
    }

    [Fact]
    public async Task Table_shows_hostile_names_on_one_line_and_json_unchanged()
    {
        const string hostile = "a\n\u001b[31m'\"]/[bold]";
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Of(Graph(
            ["x:2"],
            ["y:2"],
            new NodeProto { OpType = "Relu", Input = { "x" }, Output = { hostile } },
            new NodeProto { OpType = "Relu", Input = { hostile }, Output = { "y" } })), folder["h.onnx"]);
        var (_, table, _) = await Run("model", folder["h.onnx"]);
        table.ShouldContain("a\\u000a\\u001b[31m'\"]/[bold]");
        table.ShouldNotContain("\u001b[31m");
        var (_, json, _) = await Run("model", folder["h.onnx"], "--json", "--tensors", hostile);
        using var document = JsonDocument.Parse(json);
        document.RootElement.GetProperty("values").EnumerateArray().Single().GetProperty("name").GetString().ShouldBe(
            hostile);
    }

    [Fact]
    public async Task As_deployed_proves_by_the_number_of_nodes_that_the_graph_stays_as_it_is()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Linear(), folder["linear.onnx"]);
        var (_, table, _) = await Run("model", folder["linear.onnx"], "--mode", "as-deployed");
        var proof = Regex.Match(
            table.ReplaceLineEndings(" "),
            "the runtime makes ([0-9]+) nodes of it without them and ([0-9]+) with all of them");
        proof.Success.ShouldBeTrue(table);
        proof.Groups[1].Value.ShouldBe(proof.Groups[2].Value);
        table.ShouldContain("not as deployed");
        var (_, json, _) = await Run("model", folder["linear.onnx"], "--mode", "as-deployed", "--json");
        using var document = JsonDocument.Parse(json);
        document.RootElement.GetProperty("exposed_nodes").GetInt32().ShouldBe(
            document.RootElement.GetProperty("optimized_nodes").GetInt32());
    }

    [Fact]
    public async Task Sizes_that_dimensions_tell_are_asked_for_and_taken_by_name_and_by_place()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(
            Of(Graph(["x:batch,length,4"], ["y"], Node("Relu", "x", "r"), Node("Neg", "r", "y"))), folder["m.onnx"]);
        (await Run("model", folder["m.onnx"])).Output.ReplaceLineEndings(" ").ShouldContain("without --dim length=…");
        (await Run("model", folder["m.onnx"], "--dim", "length=8")).Output.ShouldContain("128 bytes");
        (await Run("model", folder["m.onnx"], "--dim", "x.1=16")).Output.ShouldContain("256 bytes");
    }

    [Theory]
    [InlineData("", "", "optimisation, operator sets")]
    [InlineData("maker", "2", "optimisation, made by maker 2, operator sets")]
    public async Task Who_made_the_model_stands_there_where_the_model_says_so(
        string producer, string version, string expected)
    {
        using var folder = new TemporaryFolder();
        var model = Linear();
        (model.ProducerName, model.ProducerVersion) = (producer, version);
        OnnxModelFile.Save(model, folder["m.onnx"]);
        (await Run("model", folder["m.onnx"])).Output.ReplaceLineEndings(" ").ShouldContain(expected);
    }

    [Fact]
    public async Task Help_names_the_modes_as_they_are_written()
    {
        using var output = new StringWriter();
        var root = new RootCommand();
        root.Subcommands.Add(ModelCommand.Create(new Terminal(TextWriter.Null, TextWriter.Null, interactive: false)));
        await root.Parse("model --help").InvokeAsync(
            new InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken);
        var help = output.ToString();
        help.ShouldContain("all: every value; as-deployed: only");
        help.ShouldNotContain("AsDeployed");
        (await Run("model", "x.onnx", "--mode", "AsDeployed")).Error.ShouldContain(
            "as-deployed, unfused or all was expected");
    }

    [Fact]
    public async Task Every_real_model_has_a_plan_without_refusals()
    {
        foreach (var file in Directory.GetFiles(SharedData.Require("onnx"), "*.onnx"))
        {
            var (code, output, error) = await Run("model", file, "--json");
            code.ShouldBe(ExitCode.Done, error);
            using var document = JsonDocument.Parse(output);
            document.RootElement.GetProperty("values").EnumerateArray()
                .ShouldAllBe(value => value.GetProperty("reason").ValueKind == JsonValueKind.Null, file);
        }
    }

    [Fact]
    public async Task A_full_disk_is_named_with_what_to_do()
    {
        using var error = new StringWriter();
        var command = new Command("fill");
        command.SetAction(int (ParseResult _) => throw new IOException("No space left on device : 'x.tmp'", 28));
        var root = new RootCommand();
        root.Subcommands.Add(command);
        var code = await ProgramHost.RunAsync(root, ["fill"], new Terminal(TextWriter.Null, error, interactive: false));
        code.ShouldBe(ExitCode.Failed);
        error.ToString().Trim().ShouldBe(
            "error: the disk is full; nothing half-written is left. Make room and repeat the command, with --resume "
                + "where it has that. (No space left on device : 'x.tmp')");
    }

    [Fact]
    public async Task Missing_file_is_bad_input()
    {
        var (code, _, error) = await Run("model", "no-such-model.onnx");
        code.ShouldBe(ExitCode.BadInput);
        error.ShouldContain("no-such-model.onnx: there is no such file.");
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(output, error, interactive: false);
        var root = new RootCommand();
        root.Subcommands.Add(ModelCommand.Create(terminal));

        // In this process: a child would write to the real standard output.
        return (
            await ProgramHost.RunAsync(root, [.. arguments, "--in-process"], terminal),
            output.ToString(),
            error.ToString());
    }
}
