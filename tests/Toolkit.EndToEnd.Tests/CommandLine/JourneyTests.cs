using System.Text.Json;
using Toolkit.Formats.Tables;

namespace Toolkit.EndToEnd.Tests.CommandLine;

/// <summary>The way of the data, command by command, as the command line contract states it.</summary>
public sealed class JourneyTests(JourneyFixture journey) : IClassFixture<JourneyFixture>
{
    [Fact]
    public void Training_reports_what_scripts_read()
    {
        using var summary = JsonDocument.Parse(journey.TrainingResult.Output);

        summary.RootElement.GetProperty("steps_per_second").GetDouble().ShouldBePositive();
        summary.RootElement.GetProperty("export_max_abs_difference").GetDouble().ShouldBeInRange(0, 1e-3);
        File.Exists(summary.RootElement.GetProperty("onnx").GetString()).ShouldBeTrue();
    }

    [Fact]
    public async Task Weights_of_training_reach_SQL_as_the_logits_that_the_training_measured()
    {
        using var summary = JsonDocument.Parse(journey.TrainingResult.Output);
        using var answer = JsonDocument.Parse(await Json("sql", journey.Run, """
            SELECT avg(CASE WHEN list_position(v.values, list_max(v.values)) - 1 = s.product THEN 1.0 ELSE 0.0 END) AS accuracy
            FROM activations v JOIN samples s USING (sample_id)
            WHERE v.tensor = 'logits' AND s.split = 'train'
            """));

        answer.RootElement.GetProperty("rows")[0].GetProperty("accuracy").GetDouble()
            .ShouldBe(Number(summary, "train_accuracy"), tolerance: 1e-12);
    }

    [Fact]
    public async Task Labels_ride_along_with_the_pairs_of_a_group()
    {
        using var folder = new TemporaryFolder();
        var numbers = Enumerable.Range(0, 36).Select(static pair => (long)pair * pair).ToArray();
        ParquetTable.Write(folder["labels.parquet"], new Table(TableColumn.Create("square", numbers)));
        ParquetTable.Write(folder["few.parquet"], new Table(TableColumn.Create("square", numbers[..3])));
        ParquetTable.Write(folder["taken.parquet"], new Table(TableColumn.Create("product", numbers)));

        (await Capture("labels.parquet")).ShouldSucceed();
        var few = await Capture("few.parquet");
        var taken = await Capture("taken.parquet");

        using var answer = JsonDocument.Parse(
            await Json("sql", folder["labels"], "SELECT count(*) AS n FROM samples WHERE square = (6 * a + b) ** 2"));
        answer.RootElement.GetProperty("rows")[0].GetProperty("n").GetInt64().ShouldBe(36);
        few.ExitCode.ShouldBe(2);
        few.Error.ShouldContain("it holds 3 labels for 36 samples");
        taken.ExitCode.ShouldBe(2);
        taken.Error.ShouldContain("the samples have a column 'product' of their own");
        Directory.Exists(folder["taken"]).ShouldBeFalse();

        Task<ProgramResult> Capture(string labels) => Programs.RunAsync(
            "inspect", "capture", journey.Model, "--inputs", "group:S3", "--tensors", "logits",
            "--labels", folder[labels], "--out", folder[Path.GetFileNameWithoutExtension(labels)]);
    }

    /// <summary>
    /// ONNX Runtime's telemetry writes a device identifier and a queue of events below the home folder before it sends
    /// anything.
    /// </summary>
    [Fact]
    public async Task Capture_leaves_no_trace_of_telemetry()
    {
        Assert.SkipWhen(
            OperatingSystem.IsWindows(),
            "On Windows the runtime reports through the system's event tracing, which leaves no file.");
        using var folder = new TemporaryFolder();
        var home = Directory.CreateDirectory(folder["home"]).FullName;
        Dictionary<string, string?> environment = new()
        {
            ["HOME"] = home,
            ["TMPDIR"] = home,
            ["XDG_CACHE_HOME"] = home,
            ["XDG_DATA_HOME"] = home,
            ["DOTNET_EnableDiagnostics"] = "0",

            // On build servers the library is silent by itself.
            ["CI"] = null,
            ["GITHUB_ACTIONS"] = null,
            ["TF_BUILD"] = null,
            ["ORT_DISABLE_TELEMETRY"] = null,
            ["ORT_RUNNING_UNIT_TESTS"] = null,
        };

        (await Programs.RunAsync(
            environment,
            "inspect",
            "capture",
            journey.Model,
            "--inputs",
            "group:S3",
            "--out",
            folder["run"])).ShouldSucceed();

        Directory.EnumerateFiles(home, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Group_analysis_explains_all_of_the_embeddings_over_all_irreps()
    {
        using var keys = JsonDocument.Parse(await Json(
            "group", journey.Model, "--config", Path.Combine(journey.Training, "config.json"), "--out", journey.Run));
        var shares = keys.RootElement.EnumerateObject()
            .Where(key => key.Name.StartsWith("percent_x_embed_", StringComparison.Ordinal)
                && key.Name.EndsWith("_rep", StringComparison.Ordinal))
            .Sum(key => key.Value.GetDouble());

        shares.ShouldBe(1, tolerance: 1e-5);
        Number(keys, "train_acc").ShouldBe(Number(journey.TrainingResult, "train_accuracy"), tolerance: 1e-12);
    }

    [Theory]
    [InlineData("notebook")]
    [InlineData("svd")]
    [InlineData("verify")]
    public async Task A_look_at_the_run_gives_one_JSON_document(string command) => await Json(command, journey.Run);

    [Fact]
    public async Task The_report_is_one_file_that_asks_nothing_of_the_network()
    {
        using var folder = new TemporaryFolder();
        var report = folder["report.html"];

        (await Programs.RunAsync("inspect", "report", journey.Run, "--out", report)).ShouldSucceed();

        var html = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);
        html.ShouldContain("</html>");
        html.ShouldNotMatch("""(src|href)\s*=\s*["'](https?:)?//""");
    }

    [Fact]
    public async Task Training_refuses_a_folder_that_holds_another_run()
    {
        var result = await Programs.RunAsync(
            "train", "run", Path.Combine(journey.Training, "config.json"), "--out", journey.Run);

        result.ShouldFailClearly(exitCode: 2);
    }

    private static async Task<string> Json(string command, params string[] arguments)
    {
        var result = (await Programs.RunAsync("inspect", [command, .. arguments, "--json"])).ShouldSucceed();
        using var document = JsonDocument.Parse(result.Output);
        return result.Output;
    }

    private static double Number(JsonDocument document, string key) =>
        document.RootElement.GetProperty(key).GetDouble();

    private static double Number(ProgramResult result, string key)
    {
        using var document = JsonDocument.Parse(result.Output);
        return Number(document, key);
    }
}
