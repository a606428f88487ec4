using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Train.Sweeps;

namespace Toolkit.Train.Tests.Sweeps;

public sealed class SweepPlanTests
{
    private const string Base = """
        {"model": "OneLayerMLP", "group": "S3", "layers": {"embed_dim": 8, "hidden_dim": 6}, "lr": 0.01, "weight_decay": 1,
         "betas": [0.9, 0.98], "frac_train": 0.6, "seed": 1, "num_epochs": 20, "checkpoints": 2}
        """;

    [Fact]
    public void Load_makes_every_combination_under_a_name_of_its_own()
    {
        var runs =
            Load(
                $$"""{"base": {{Base}}, "vary": {"group": ["S3", "Q8"], "weight_decay": [0.5, 1], "seed": [1, 2, 3]} }""").Runs;

        runs.Count.ShouldBe(12);
        runs[0].Name.ShouldBe("S3_MLP_weight_decay_0.5_seed1");
        runs[^1].Name.ShouldBe("Q8_MLP_weight_decay_1_seed3");
        runs.Select(run => run.Name).ShouldBeUnique();
    }

    [Theory]
    [InlineData("""{"base": BASE, "vary": {"seed": [1, 1]} }""", "two runs are called 'S3_MLP_seed1'")]
    [InlineData("""{"base": BASE, "vary": {"seed": []} }""", "'vary.seed' must be a list")]
    [InlineData("""{"base": BASE, "vary": {"group": ["S3", "S3!"]} }""", "group = \"S3!\"")]
    [InlineData("""{"base": BASE}""", "needs the objects 'base'")]
    [InlineData("""{"base": BASE, "vary": {}, "name": 1}""", "unknown field 'name'")]
    [InlineData("""[1]""", "a sweep is an object")]
    [InlineData("""{""", "not JSON")]
    public void Load_says_what_is_wrong(string text, string message) =>
        Should.Throw<BadInputException>(() => Load(text.Replace("BASE", Base, StringComparison.Ordinal))).Message
            .ShouldContain(message);

    [Fact]
    public void Shards_share_the_runs_out_without_a_rest()
    {
        int[] all = [0, 1, 2, 3, 4, 5, 6];
        Enumerable.Range(0, 3).SelectMany(i => SweepShard.Parse($"{i}/3").Of(all)).Order().ShouldBe(all);
        SweepShard.Parse(null).Of(all).ShouldBe(all);
        Should.Throw<UsageException>(() => SweepShard.Parse("3/3"));
        Should.Throw<UsageException>(() => SweepShard.Parse("-1/3"));
        Should.Throw<UsageException>(() => SweepShard.Parse("1"));
    }

    [Fact]
    public void Runs_side_by_side_give_the_bits_of_a_run_alone_and_are_not_repeated()
    {
        using var folder = new TemporaryFolder();
        var runs = Load($$"""{"base": {{Base}}, "vary": {"seed": [1, 2, 3, 4]} }""").Runs;
        var log = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var runner = new SweepRunner(new Train.Training.Trainer(TimeProvider.System), log.Enqueue);

        var summaries = runner.Run(runs, folder["sweep"], parallel: 2, "cpu", CancellationToken.None);

        summaries.Select(summary => summary.Seed).ShouldBe([1, 2, 3, 4]);
        log.Count.ShouldBe(4);
        Some.Train(Some.Options(folder["alone"], runs[2]) with { Threads = 1 });
        File.ReadAllBytes(folder["sweep", runs[2].Name, "checkpoints", "epoch_20.safetensors"])
            .ShouldBe(File.ReadAllBytes(folder["alone", "checkpoints", "epoch_20.safetensors"]));
        runner.Run(runs, folder["sweep"], parallel: 2, "cpu", CancellationToken.None).ShouldAllBe(
            summary => summary.ResumedFrom == 20);
    }

    [Fact]
    public void A_run_that_fails_ends_the_sweep_with_its_own_message()
    {
        using var folder = new TemporaryFolder();
        var runs = Load($$"""{"base": {{Base}}, "vary": {"seed": [1, 2]} }""").Runs;
        Directory.CreateDirectory(folder["sweep", runs[1].Name]);
        File.WriteAllText(folder["sweep", runs[1].Name, "thesis.tex"], "precious");
        var runner = new SweepRunner(new Train.Training.Trainer(TimeProvider.System), _ => { });

        Should.Throw<BadInputException>(
            () => runner.Run(runs, folder["sweep"], parallel: 1, "cpu", CancellationToken.None))
            .Message.ShouldContain("thesis.tex");
    }

    private static SweepPlan Load(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["sweep.json"], text);
        return SweepPlan.Load(folder["sweep.json"]);
    }
}
