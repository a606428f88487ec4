using System.CommandLine;
using System.Text.Json;
using Toolkit.CommandLine;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Commands;

namespace Toolkit.Inspect.Tests.Commands;

public sealed class ChartCommandTests
{
    [Theory]
    [InlineData("c.png", "\u0089PNG")]
    [InlineData("c.svg", "<svg")]
    [InlineData("c.csv", "x,x_name,y,y_name,value")]
    [InlineData("c.parquet", "PAR1")]
    [InlineData("c.json", "{\"version\":1")]
    public async Task The_ending_of_the_file_decides_what_is_written(string file, string start)
    {
        using var folder = SomeRun();
        var (code, output, error) = await Run(
            "chart", folder["run"], "--spec", "activation-heat-map", "--set", "sample=2", "--out", folder[file]);

        code.ShouldBe(ExitCode.Done, error);
        output.Trim().ShouldBe(folder[file]);
        System.Text.Encoding.Latin1
            .GetString(await File.ReadAllBytesAsync(folder[file], TestContext.Current.CancellationToken))
            .ShouldStartWith(start);
    }

    [Fact]
    public async Task A_specification_written_as_json_draws_the_same_picture()
    {
        using var folder = SomeRun();
        await Run("chart", folder["run"], "--spec", "channel-grid", "--out", folder["c.json"]);
        await Run("chart", folder["run"], "--spec", "channel-grid", "--out", folder["a.svg"]);
        var (code, _, error) = await Run("chart", folder["run"], "--spec", folder["c.json"], "--out", folder["b.svg"]);

        code.ShouldBe(ExitCode.Done, error);
        File.ReadAllText(folder["b.svg"]).ShouldBe(File.ReadAllText(folder["a.svg"]));
    }

    [Fact]
    public async Task A_request_file_holds_name_and_options()
    {
        using var folder = SomeRun();
        File.WriteAllText(
            folder["r.json"], "{\"chart\": \"top-samples\", \"options\": {\"feature\": 3, \"count\": 4}}");
        var (code, _, error) = await Run(
            "chart", folder["run"], "--spec", folder["r.json"], "--out", folder["c.csv"], "--set", "count=5");

        code.ShouldBe(ExitCode.Done, error);
        File.ReadAllLines(folder["c.csv"]).Length.ShouldBe(6);
    }

    [Theory]
    [InlineData(2, "There is no chart 'pie'", "--spec", "pie")]
    [InlineData(
        2, "'pair-heat-map' cannot be drawn: it needs a run over all pairs of a group", "--spec", "pair-heat-map")]
    [InlineData(2, "sample is '99'", "--spec", "activation-heat-map", "--set", "sample=99")]
    [InlineData(2, "has no option 'colour'", "--spec", "activation-heat-map", "--set", "colour=1")]
    [InlineData(1, "--set first", "--spec", "activation-heat-map", "--set", "first")]
    [InlineData(1, "Say which chart")]
    [InlineData(1, "a chart is written as", "--spec", "activation-heat-map", "--out", "chart.gif")]
    [InlineData(1, "64 to 16384", "--spec", "activation-heat-map", "--width", "3")]
    public async Task Mistakes_are_named(int expected, string message, params string[] arguments)
    {
        using var folder = SomeRun();
        var (code, _, error) = await Run(["chart", folder["run"], .. arguments]);

        code.ShouldBe(expected, error);
        error.ShouldContain(message);
    }

    [Fact]
    public async Task List_names_every_chart_and_why_some_cannot_be_drawn()
    {
        using var folder = SomeRun();
        var (code, output, _) = await Run("chart", folder["run"], "--list", "--json");

        code.ShouldBe(ExitCode.Done);
        using var document = JsonDocument.Parse(output);
        var charts = document.RootElement
            .EnumerateArray()
            .ToDictionary(chart => chart.GetProperty("name").GetString()!);
        charts["training-curves"].GetProperty("why_not").GetString()!.ShouldContain("metrics.parquet");
        charts["channel-grid"]
            .GetProperty("options")
            .EnumerateArray()
            .ShouldContain(option => option.GetProperty("name").GetString() == "first");
    }

    [Theory]
    [InlineData("chart", "--list")]
    [InlineData("report")]
    public async Task A_folder_that_is_no_run_is_bad_input_and_leaves_nothing(string command, params string[] more)
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = await Run([command, folder.FullPath, .. more]);

        code.ShouldBe(ExitCode.BadInput);
        error.ShouldContain("holds no run");
        Directory.EnumerateFileSystemEntries(folder.FullPath).ShouldBeEmpty();
    }

    [Fact]
    public async Task Report_is_one_file_and_says_where()
    {
        using var folder = SomeRun();
        var (code, output, error) = await Run(
            "report", folder["run"], "--out", folder["deep", "report.html"], "--json");

        code.ShouldBe(ExitCode.Done, error);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("bytes").GetInt64().ShouldBe(
            new FileInfo(folder["deep", "report.html"]).Length);
        Directory.GetFiles(folder["deep"]).Length.ShouldBe(1);
        File.ReadAllText(folder["deep", "report.html"]).ShouldContain("What is not here");
    }

    [Fact]
    public async Task Report_names_the_damaged_picture_and_draws_the_others()
    {
        using var folder = SomeRun();
        Directory.CreateDirectory(folder["run", "results"]);
        File.WriteAllText(folder["run", "results", "training.parquet"], "not a table");
        var (code, _, error) = await Run("report", folder["run"], "--out", folder["report.html"]);

        code.ShouldBe(ExitCode.Done, error);
        var html = File.ReadAllText(folder["report.html"]);
        html.ShouldContain("training.parquet");
        html.ShouldContain("<svg");
    }

    private static TemporaryFolder SomeRun()
    {
        var folder = new TemporaryFolder();
        new RunBuilder()
            .Tensor("conv/1 <b>", HostTensor.Float32(
                new TensorShape(12, 6), [.. Enumerable.Range(0, 72).Select(i => MathF.Sin(i))]))
            .Samples(new Table(TableColumn.Create("label", [.. Enumerable.Range(0, 12).Select(i => (double)i)])))
            .Write(folder["run"]);
        return folder;
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal(output, error, interactive: false);
        var root = new RootCommand();
        root.Subcommands.Add(ChartCommand.Create(terminal));
        root.Subcommands.Add(ReportCommand.Create(terminal));
        var code = await ProgramHost.RunAsync(root, arguments, terminal);
        return (code, output.ToString(), error.ToString());
    }
}
