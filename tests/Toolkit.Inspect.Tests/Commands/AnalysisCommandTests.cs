using System.CommandLine;
using System.Text.Json;
using Toolkit.Capture;
using Toolkit.CommandLine;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Commands;
using Toolkit.Inspect.Sources;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;

namespace Toolkit.Inspect.Tests.Commands;

/// <summary><c>inspect svd</c>, <c>notebook</c>, <c>compare</c> and <c>sql</c> as a user calls them.</summary>
public sealed class AnalysisCommandTests
{
    [Fact]
    public async Task Svd_of_a_group_network_has_its_weights_and_the_natural_representation()
    {
        using var folder = new TemporaryFolder();
        var model = SomeNetwork(folder["model.onnx"]);

        var (code, output, error) = await Run("svd", model, "--json");

        code.ShouldBe(ExitCode.Done, error);
        using var document = JsonDocument.Parse(output);
        var matrices = document.RootElement
            .GetProperty("matrices")
            .EnumerateArray()
            .ToDictionary(m => m.GetProperty("matrix").GetString()!);
        matrices.Keys.ShouldBe(["W_x", "W_y", "W", "W_U", "embed_x", "embed_y", "natural(S4)"]);
        matrices["embed_x"].GetProperty("formula").GetString().ShouldBe("W_x · W[:8]");
        double[] natural = [.. matrices["natural(S4)"]
            .GetProperty("singular_values")
            .EnumerateArray()
            .Select(v => v.GetDouble())];
        natural[0].ShouldBe(4.899, 5e-4);
        natural[1..10].ShouldAllBe(value => Math.Abs(value - 2.828) < 5e-4);
        natural[10..].ShouldAllBe(value => value <= 1e-6);
        Directory.EnumerateFileSystemEntries(folder.FullPath).Count().ShouldBe(1);
    }

    [Fact]
    public async Task Svd_of_a_run_keeps_what_earlier_calls_found()
    {
        using var folder = new TemporaryFolder();
        var run = SomeRun(folder["run"], seed: 1);

        (await Run("svd", run, "--tensor", "hidden")).Code.ShouldBe(ExitCode.Done);
        var (code, output, error) = await Run("svd", run, "--tensor", "logits", "--rank", "2");

        code.ShouldBe(ExitCode.Done, error);
        output.ShouldContain("logits: rank 2 keeps");
        var spectra = ParquetTable.Read(folder["run", "results", "spectra.parquet"]);
        spectra.Values<string?>("matrix").ToArray().ShouldBe(["hidden", "logits"]);
        ParquetTable.Read(folder["run", "results", "svd.parquet"]).RowCount.ShouldBe(5 + 3);
        var components = ParquetTable.Read(folder["run", "results", "components.parquet"]);
        components.RowCount.ShouldBe(2 * 40);
        components.Numbers("pc1").Take(40).Sum().ShouldBe(0, 1e-4);
    }

    [Fact]
    public async Task Svd_of_values_that_were_only_measured_uses_their_covariance()
    {
        using var folder = new TemporaryFolder();
        var model = SomeNetwork(folder["model.onnx"]);
        foreach (var measured in new[] { false, true })
        {
            using var preparation = CapturePreparation.Create(new CaptureOptions
            {
                ModelPath = model,
                Folder = folder[measured ? "measured" : "values"],
                Inputs = inputs => GroupInputs.Open("group:S4", model, inputs),
                Values = ["hidden", "logits"],
                StatisticsOnly = measured,
                Covariance = ["hidden"],
            });
            await CaptureSession.RunAsync(preparation, cancellation: TestContext.Current.CancellationToken);
        }

        foreach (string[] option in new string[][] { [], ["--centred"] })
        {
            var stored = await SvdOf(folder["values"], option);
            var measured = await SvdOf(folder["measured"], option);
            measured.Name.ShouldBe(stored.Name);
            measured.Rows.ShouldBe(576);
            measured.Values.Length.ShouldBe(stored.Values.Length);
            for (var i = 0; i < stored.Values.Length; i++)
            {
                // float32 values, squared sums in double.
                measured.Values[i].ShouldBe(stored.Values[i], stored.Values[0] * 1e-6);
            }
        }

        File.Exists(folder["values", "results", "components.parquet"]).ShouldBeTrue();
        File.Exists(folder["measured", "results", "components.parquet"]).ShouldBeFalse();
        var (code, _, error) = await Run("svd", folder["measured"], "--tensor", "logits");
        code.ShouldBe(ExitCode.BadInput);
        error.ShouldContain(
            "the values of 'logits' are not in the run (statistics only), nor is their covariance. Capture them "
                + "again without --stats-only, or with --covariance 'logits'.");
        (await Run("svd", folder["values"], "--tensor", "W", "--centred")).Error.ShouldContain(
            "--centred is for captured values");

        static async Task<(string? Name, int Rows, double[] Values)> SvdOf(string run, string[] option)
        {
            var (code, output, error) = await Run(["svd", run, "--tensor", "hidden", "--json", .. option]);
            code.ShouldBe(ExitCode.Done, error);
            using var document = JsonDocument.Parse(output);
            var matrix = document.RootElement.GetProperty("matrices").EnumerateArray().Single();
            return (matrix.GetProperty("matrix").GetString(), matrix.GetProperty("rows").GetInt32(),
                [.. matrix.GetProperty("singular_values").EnumerateArray().Select(value => value.GetDouble())]);
        }
    }

    [Fact]
    public async Task Notebook_runs_everything_and_stores_it_where_asked()
    {
        using var folder = new TemporaryFolder();
        var model = SomeNetwork(folder["model.onnx"]);

        var (code, output, error) = await Run("notebook", model, "--out", folder["results"], "--json");

        code.ShouldBe(ExitCode.Done, error);
        using var document = JsonDocument.Parse(output);
        document.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["svd", "low_rank", "trace"]);
        document.RootElement.GetProperty("low_rank").GetProperty("pairs").GetInt32().ShouldBe(576);
        Directory.EnumerateFiles(folder["results"]).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(
        [
            "low_rank.json", "low_rank.parquet", "spectra.json", "spectra.parquet", "svd.json", "svd.parquet",
            "trace.json", "trace.parquet", "trace_slice.json", "trace_slice.parquet",
        ]);
        ParquetTable.Read(folder["results", "low_rank.parquet"])
            .Values<int>("rank")
            .ToArray()
            .ShouldBe([.. Enumerable.Range(0, 9), -1]);
        (await Run("notebook", model, "--out", folder["results"])).Output.ShouldContain(
            "From rank 0 on the loss is at most twice the network's (a copy of rank 0 sees no input).");
    }

    [Fact]
    public async Task Compare_finds_a_run_equal_to_itself_and_keeps_several_comparisons()
    {
        using var folder = new TemporaryFolder();
        var one = SomeRun(folder["one"], seed: 1);
        var same = SomeRun(folder["same"], seed: 1);
        var other = SomeRun(folder["other"], seed: 2);

        (await Run("compare", one, same)).Code.ShouldBe(ExitCode.Done);
        var (code, output, error) = await Run("compare", one, other, "--cross", "--json");

        code.ShouldBe(ExitCode.Done, error);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("pairs").GetArrayLength().ShouldBe(4);
        var table = ParquetTable.Read(folder["one", "results", "compare.parquet"]);
        table.Values<string?>("other_run").ToArray().ShouldBe(["same", "same", "other", "other", "other", "other"]);
        table.Numbers("cka")[0].ShouldBe(1, 1e-9);
        table.Numbers("rsa")[1].ShouldBe(1, 1e-9);
        table.Numbers("cka")[2].ShouldBeLessThan(0.9);
    }

    [Fact]
    public async Task Sql_gives_a_table_csv_or_json_and_says_when_rows_are_missing()
    {
        using var folder = new TemporaryFolder();
        var run = SomeRun(folder["run"], seed: 1);
        const string query = "SELECT sample_id, label FROM samples ORDER BY 1";

        (await Run("sql", run, query, "--limit", "2", "--csv")).ShouldBe((
            ExitCode.Done,
            "sample_id,label\n0,l0\n1,l1\n",
            "There are more than 2 rows: shown are the first. Raise --limit, or ask for less.\n"));
        (await Run("sql", run, "SELECT 1 AS a, NULL AS b", "--json")).Output.Trim()
            .ShouldBe("""{"row_count":1,"truncated":false,"rows":[{"a":1,"b":null}]}""");
        (await Run("sql", run, query)).Output.ShouldContain("40 rows");
        (await Run("sql", run)).Output.ShouldContain("activations");
        File.Delete(folder["run", "activations", "tensor=0", "part-0-0.parquet"]);
        var partial = await Run("sql", run, "SELECT count(*) AS n FROM activations", "--csv");
        partial.Output.ShouldBe("n\n40\n");
        using var document = JsonDocument.Parse(
            (await Run("sql", run, "SELECT count(*) AS n FROM activations", "--json")).Output);
        document.RootElement.GetProperty("warning").GetString().ShouldStartWith(
            $"{run}: files that its manifest names are absent");
        partial.Error.ShouldStartWith($"warning: {run}: files that its manifest names are absent");
    }

    [Theory]
    [InlineData(2, "there is no matrix 'W_z'. Nearest: 'W_x'.", "svd", "{model}", "--tensor", "W_z")]
    [InlineData(2, "'hiden' is not a value of the run. Nearest: 'hidden'", "svd", "{run}", "--tensor", "hiden")]
    [InlineData(2, "there is no floating-point matrix in it", "svd", "{run}")]
    [InlineData(1, "--rank is 1 or more", "svd", "{model}", "--rank", "0")]
    [InlineData(2, "there is no such file or folder", "svd", "{folder}/nowhere")]
    [InlineData(2, "holds neither a run", "svd", "{folder}/run/samples")]
    [InlineData(2, "there is no model; this analysis is for networks on group composition", "notebook", "{run}")]
    [InlineData(1, "--ranks is 2 or more", "notebook", "{model}", "--ranks", "1")]
    [InlineData(2, "the model's metadata name no group", "notebook", "{foreign}")]
    [InlineData(2, "has 40 samples", "compare", "{run}", "{short}")]
    [InlineData(2, "is not a value of the run", "compare", "{run}", "{run}", "--tensor", "nothing")]
    [InlineData(1, "--samples is 4 or more", "compare", "{run}", "{run}", "--samples", "3")]
    [InlineData(2, "The query is a DROP statement; runs are read only", "sql", "{run}", "DROP VIEW samples")]
    [InlineData(
        2,
        "was stopped",
        "sql",
        "{run}",
        "SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 1",
        "--timeout",
        "0.2")]
    [InlineData(1, "exclude each other", "sql", "{run}", "SELECT 1", "--csv", "--json")]
    [InlineData(1, "are greater than 0", "sql", "{run}", "SELECT 1", "--limit", "0")]
    public async Task Mistakes_are_named(int expected, string message, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        SomeRun(folder["run"], seed: 1);
        SomeRun(folder["short"], seed: 1, samples: 30);
        var model = OnnxModelFile.Load(SomeNetwork(folder["model.onnx"]));
        model.MetadataProps.Clear();
        OnnxModelFile.Save(model, folder["foreign.onnx"]);

        var (code, _, error) = await Run([.. arguments.Select(argument => argument
            .Replace("{run}", folder["run"]).Replace("{short}", folder["short"]).Replace(
                "{model}", folder["model.onnx"])
            .Replace("{foreign}", folder["foreign.onnx"]).Replace("{folder}", folder.FullPath))]);

        code.ShouldBe(expected, error);
        error.ShouldContain(message);
    }

    private static string SomeNetwork(string path)
    {
        var task = new GroupTask(FiniteGroup.Parse("S4"), 0.5, seed: 1);
        var network = new OneLayerMlp(24, 8, 6);
        var random = new Random(3);
        var parameters = network.Parameters.ToDictionary(
            parameter => parameter.Name,
            parameter => HostTensor.Float32(
                parameter.Shape,
                [.. Enumerable.Range(0, (int)parameter.Shape.Count).Select(_ => (float)random.NextDouble() - 0.5f)]));
        OnnxModelFile.Save(
            GroupNetworkExport.ToOnnx(
                network, parameters, new ModelMetadata(
                    "{}", ModelGroup.Of(task.Group), ModelSplit.Of(task), network.Roles, [])),
            path);
        return path;
    }

    private static string SomeRun(string folder, int seed, int samples = 40)
    {
        var random = new Random(seed);
        new RunBuilder()
            .Samples(new Table(
                TableColumn.Create("label", [.. Enumerable.Range(0, samples).Select(index => (string?)$"l{index}")])))
            .Tensor("hidden", Values(5))
            .Tensor("logits", Values(3))
            .Write(folder);
        return folder;

        HostTensor Values(int columns) => HostTensor.Float32(
            new TensorShape(samples, columns),
            [.. Enumerable.Range(0, samples * columns).Select(_ => (float)random.NextDouble())]);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal(output, error, interactive: false);
        var root = new RootCommand();
        root.Subcommands.Add(CompareCommand.Create(terminal));
        root.Subcommands.Add(NotebookCommand.Create(terminal));
        root.Subcommands.Add(SqlCommand.Create(terminal));
        root.Subcommands.Add(SvdCommand.Create(terminal));
        var code = await ProgramHost.RunAsync(root, arguments, terminal);
        return (code, output.ToString(), error.ToString());
    }
}
