using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolkit.EndToEnd.Tests.CommandLine;

/// <summary>
/// The representation analysis over a whole training, and the tables over many networks, by the real programs.
/// </summary>
public sealed class GroupJourneyTests(JourneyFixture journey) : IClassFixture<JourneyFixture>
{
    /// <summary>
    /// Both are float64 losses of float32 logits, summed in another order: Torch's in training, ONNX Runtime's here.
    /// </summary>
    private const double LossTolerance = 1e-4;

    [Fact]
    public async Task Progress_measures_of_a_training_folder_are_those_that_the_training_logged()
    {
        var result =
            (await Programs.RunAsync(
                "inspect", "group", journey.Training, "--progress", "8", "--keys-only")).ShouldSucceed();

        result.Error.ShouldContain("learnt in this order: ");
        var measured = await Rows(
            journey.Training,
            "SELECT epoch, train_loss, test_loss, sum_of_squared_weights FROM results_progress ORDER BY epoch");
        var logged = (await Rows(
            journey.Training, "SELECT epoch, train_loss, test_loss, sum_of_squared_weights FROM metrics")).ToDictionary(
            row => Number(row, "epoch"));
        measured.Count.ShouldBe(8);
        Number(measured[0], "epoch").ShouldBe(0);
        Number(measured[^1], "epoch").ShouldBe(600);
        var common = measured.Where(row => logged.ContainsKey(Number(row, "epoch"))).ToList();
        common.Count.ShouldBeGreaterThan(1);
        foreach (var row in common)
        {
            foreach (var key in (string[])["train_loss", "test_loss", "sum_of_squared_weights"])
            {
                var expected = Number(logged[Number(row, "epoch")], key);
                Number(row, key).ShouldBe(expected, LossTolerance * expected, $"{key} at epoch {Number(row, "epoch")}");
            }
        }
    }

    [Fact]
    public async Task Learning_order_is_the_order_in_which_similarities_pass_the_threshold_and_is_drawn()
    {
        using var folder = new TemporaryFolder();
        (await Programs.RunAsync(
            "inspect",
            "group",
            journey.Training,
            "--progress",
            "12",
            "--keys-only",
            "--out",
            journey.Run)).ShouldSucceed();

        using var progress = JsonDocument.Parse(await File.ReadAllTextAsync(
            Path.Combine(journey.Run, "results", "progress.json"), TestContext.Current.CancellationToken));
        var order = progress.RootElement
            .GetProperty("learning_order")
            .EnumerateArray()
            .Where(item => item.GetProperty("epoch").ValueKind == JsonValueKind.Number)
            .ToList();
        order.ShouldNotBeEmpty();
        foreach (var item in order)
        {
            // The published rule takes one irrep a checkpoint, so another may be taken later than it passed, never
            // earlier.
            var passed = await Rows(
                journey.Run,
                "SELECT min(epoch) AS epoch FROM results_progress_irreps WHERE irrep = "
                    + $"'{item.GetProperty("irrep").GetString()}' AND trace_similarity > 0.05");
            item.GetProperty("epoch").GetDouble().ShouldBeGreaterThanOrEqualTo(Number(passed[0], "epoch"));
        }

        order.Select(item => item.GetProperty("epoch").GetDouble()).ShouldBeInOrder();
        foreach (var chart in (string[])["progress-measures", "irrep-progress", "learning-order"])
        {
            var picture = folder[$"{chart}.png"];
            (await Programs.RunAsync(
                "inspect", "chart", journey.Run, "--spec", chart, "--out", picture)).ShouldSucceed();
            new FileInfo(picture).Length.ShouldBeGreaterThan(10_000);
        }
    }

    [Fact]
    public async Task Universality_of_our_own_training_says_what_its_analysis_found()
    {
        using var folder = new TemporaryFolder();
        var keys = Keys(
            (await Programs.RunAsync("inspect", "group", journey.Training, "--keys-only", "--json")).ShouldSucceed());

        var tables = Keys(
            (await Programs.RunAsync(
                "inspect", "universality", journey.Training, "--out", folder["tables"], "--json")).ShouldSucceed());

        var row = tables["universality_runs"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)row["group"]!).ShouldBe("S3");
        ((int)row["seed"]!).ShouldBe(3);
        foreach (var (column, key) in ((string, string)[])
            [("test_loss", "test_loss"), ("w_a", "percent_x_embed_explained"), (
                "excluded_loss", "total_hidden_excluded_loss")])
        {
            ((double)row[column]!).ShouldBe((double)keys[key]!);
        }

        var irreps = keys["key_irreps"]!.AsArray().Select(key => (string)key!).Order(StringComparer.Ordinal);
        ((string)row["key_irreps"]!).Split(", ").Order(StringComparer.Ordinal).ShouldBe(irreps);
        Directory.GetFiles(folder["tables"]).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(
        [
            "universality.csv", "universality.json", "universality.parquet", "universality_runs.csv", "universality_runs.json", "universality_runs.parquet",
        ]);
    }

    /// <summary>
    /// Published summaries of the twelve networks; the numbers of the paper's tables per seed are theirs.
    /// </summary>
    [Fact]
    public async Task Universality_of_published_networks_has_the_published_numbers()
    {
        var folder = SharedData.Require("group-networks");

        var tables = Keys((await Programs.RunAsync("inspect", "universality", folder, "--json")).ShouldSucceed());

        var rows = tables["universality_runs"]!.AsArray();
        rows.Count.ShouldBe(12);
        rows.Where(row => (string)row!["architecture"]! == "MLP").Select(row => (string)row!["group"]!)
            .ShouldBe(["C113", "C118", "D59", "S5", "S5_hidden_dim_32", "S6", "A5"]);
        foreach (var row in rows)
        {
            var published = JsonNode.Parse(await File.ReadAllTextAsync(
                Path.Combine(folder, (string)row!["run"]!, "summary_metrics.json"),
                TestContext.Current.CancellationToken))!;
            ((double)row["restricted_loss"]!).ShouldBe((double)published["total_hidden_restricted_loss"]!);
            ((double)row["mlp_rho_ab"]!).ShouldBe((double)published["percent_hidden_xy_explained"]!);
        }

        ((string)rows.Single(row => (string)row!["run"]! == "S5_MLP_seed2")!["key_irreps"]!).ShouldBe("sign, standard");
    }

    [Fact]
    public async Task A_mean_that_one_network_dominates_stands_beside_its_median()
    {
        using var folder = new TemporaryFolder();
        var source = SharedData.Require("group-networks", "S5_MLP_seed2");
        foreach (var (seed, factor) in ((int, double)[])[(2, 1), (3, 2), (4, 1e6), (5, 1)])
        {
            var copy = Directory.CreateDirectory(folder[$"S5_MLP_seed{seed}"]).FullName;
            var config = JsonNode.Parse(
                await File.ReadAllTextAsync(Path.Combine(source, "cfg.json"), TestContext.Current.CancellationToken))!;
            var metrics = JsonNode.Parse(await File.ReadAllTextAsync(
                Path.Combine(source, "summary_metrics.json"), TestContext.Current.CancellationToken))!;
            config["seed"] = seed;
            metrics["test_loss"] = factor * 1e-6;
            await File.WriteAllTextAsync(
                Path.Combine(copy, "cfg.json"), config.ToJsonString(), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(copy, "summary_metrics.json"),
                metrics.ToJsonString(),
                TestContext.Current.CancellationToken);
        }

        var result =
            (await Programs.RunAsync("inspect", "universality", folder.FullPath, "--max-seed", "4")).ShouldSucceed();

        result.Output.ShouldContain("0.333 (2E-06)");
        result.Output.ShouldNotContain("4.15 (");
    }

    private static async Task<List<JsonNode>> Rows(string run, string query) =>
        [.. Keys((await Programs.RunAsync("inspect", "sql", run, query, "--json")).ShouldSucceed())["rows"]!
            .AsArray()
            .Select(row => row!)];

    private static JsonNode Keys(ProgramResult result) => JsonNode.Parse(result.Output)!;

    private static double Number(JsonNode row, string column) => (double)row[column]!;
}
