using Toolkit.Capture.Inputs;
using Toolkit.Capture.Interventions;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

public sealed class ProbedCaptureTests
{
    [Fact]
    public void Statistics_alone_are_those_of_a_capture_with_values()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        var full = fixture.Capture("full", o => o with { Batch = 64 });
        var run = fixture.Capture("statistics", o => o with { Batch = 64, StatisticsOnly = true });
        foreach (var tensor in full.Tensors.Where(t => t.IsStored))
        {
            var (expected, found) = (full.ReadStatistics()[tensor.Id], run.ReadStatistics()[run.Find(tensor.Name).Id]);
            found.Whole.Count.ShouldBe(expected.Whole.Count);
            found.Whole.Zeros.ShouldBe(expected.Whole.Zeros);
            found.Whole.Minimum.ShouldBe(expected.Whole.Minimum);
            found.Whole.Mean.ShouldBe(expected.Whole.Mean, 1e-9);
            found.Whole.M2.ShouldBe(expected.Whole.M2, 1e-6);
            found.Channels!.Count.ShouldBe(2);
            run.Find(tensor.Name).Reason.ShouldBe("statistics only");
        }

        Directory.Exists(Path.Combine(run.Folder, "activations")).ShouldBeFalse();
    }

    /// <summary>From 2,001 values on, probes wait for each other; each must still see the value that is its own.</summary>
    [Fact]
    public void More_values_than_there_are_probes_without_order_are_each_measured()
    {
        const int count = 2500;
        var graph = Graph(["v0:batch,2"], [$"v{count}:batch,2"], [.. Enumerable.Range(0, count).Select(
            static at => Node("Add", $"v{at} one", $"v{at + 1}"))]);
        graph.Initializer.Add(Constant("one", new TensorShape(1), 1f));
        using var fixture = new CaptureFixture(
            Of(graph), ("v0", HostTensor.Float32(new TensorShape(3, 2), [0, 1, 2, 3, 5, 7])));

        var run = fixture.Capture("run", o => o with { Batch = 2, StatisticsOnly = true });

        var statistics = run.ReadStatistics();
        for (var at = 1; at <= count; at++)
        {
            var whole = statistics[run.Find($"v{at}").Id].Whole;
            (whole.Count, whole.Minimum, whole.Maximum, whole.Mean).ShouldBe((6, at, at + 7, at + 3));
        }
    }

    [Fact]
    public void What_no_input_reaches_counts_once_in_statistics_alone_too()
    {
        var graph = Graph(["x:batch,3"], ["y:batch,2"], Node("Transpose", "V", "W"), Node("MatMul", "x W", "y"));
        graph.Initializer.Add(Constant("V", new TensorShape(2, 3), 1f, -1f, 2f, 0f, 3f, -3f));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(100, 3)));

        var full = fixture.Capture("full", o => o with { Batch = 10 });
        var run = fixture.Capture(
            "statistics", o => o with { Batch = 10, SegmentSamples = 20, StatisticsOnly = true });

        var (expected, found) = (
            full.ReadStatistics()[full.Find("W").Id].Whole, run.ReadStatistics()[run.Find("W").Id].Whole);
        (found.Count, found.Zeros).ShouldBe((expected.Count, expected.Zeros));
        found.M2.ShouldBe(expected.M2, 1e-9);
        run.Find("W").Granularity.ShouldBe(RowGranularity.Constant);
    }

    [Fact]
    public async Task Statistics_under_interventions_are_taken_by_probes_and_so_are_their_effects()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        NpzWriter.Write(fixture["other.npz"], [KeyValuePair.Create("product", CaptureFixture.Normals(1000, 2))]);
        var (full, expected) = await RunAsync("full", statisticsOnly: false);
        var (run, effect) = await RunAsync("statistics", statisticsOnly: true);
        effect.ShouldBe(expected);
        effect.Largest.ShouldBeGreaterThan(0);
        foreach (var tensor in full.Tensors.Where(t => t.IsStored))
        {
            var (stored, found) = (
                full.ReadStatistics()[tensor.Id].Whole, run.ReadStatistics()[run.Find(tensor.Name).Id].Whole);
            (found.Count, found.Zeros, found.Minimum, found.Maximum).ShouldBe(
                (stored.Count, stored.Zeros, stored.Minimum, stored.Maximum));
            found.Mean.ShouldBe(stored.Mean, 1e-9);
        }

        run.ReadStatistics()[run.Find("sum").Id].Whole.Zeros.ShouldBeGreaterThanOrEqualTo(1000);

        async Task<(RunReader Run, OutputEffect Effect)> RunAsync(string name, bool statisticsOnly)
        {
            using var preparation = CapturePreparation.Create(fixture.Options(name) with
            {
                Batch = 64,
                StatisticsOnly = statisticsOnly,
                Interventions = [new SetValue("product", fixture["other.npz"]), new ZeroValue("sum", [1])],
            });
            (preparation.Probes is not null).ShouldBe(statisticsOnly);
            var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
            return (RunReader.Open(fixture[name]), summary.Effects.ShouldHaveSingleItem());
        }
    }

    [Fact]
    public void Statistics_with_carried_state_need_no_output_of_a_value_and_survive_a_stop()
    {
        // The two branches take turns, as the sign of the sum of the odd numbers so far, one negative and one positive,
        // does.
        var then = Graph([], ["r"], Node("Neg", "next", "r"));
        var otherwise = Graph([], ["r"], Node("Abs", "next", "r"));
        var graph = Graph(
            ["x:1,1", "state:1,1"],
            ["next:1,1", "y:1,1"],
            Node("Add", "x state", "next"),
            Node("Less", "next zero", "below"),
            Node("Squeeze", "below", "taken"),
            Node("If", "taken", "y", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        graph.Initializer.Add(Constant("zero", new TensorShape(), 0f));
        const int samples = 200;
        float[] x = [.. Enumerable.Range(0, samples).Select(static i => (i % 2 == 0 ? 1 : -1) * ((2f * i) + 1))];
        using var fixture = new CaptureFixture(Of(graph), ("x", HostTensor.Float32(new TensorShape(samples, 1), x)));
        CaptureOptions At(string run, long failAt, bool statisticsOnly) => fixture.Options(run) with
        {
            SegmentSamples = 64,
            StatisticsOnly = statisticsOnly,
            Carry = [("next", "state")],
            Inputs = inputs => new FailingInputs(InputSources.Open(
                new InputOptions { Source = fixture.InputsPath, Optional = new HashSet<string> { "state" } },
                inputs), failAt),
        };
        using (var preparation = CapturePreparation.Create(At("never", 1000, true)))
        {
            preparation.Engine.Outputs.Select(static output => output.Name).ShouldBe(["next", "y"]);
        }

        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(At("stopped", 150, true)));
        CaptureFixture.CaptureOnly(At("stopped", 1000, true) with { Resume = true });
        CaptureFixture.CaptureOnly(At("whole", 1000, true));
        fixture.Files("stopped").ShouldBe(fixture.Files("whole"));
        CaptureFixture.CaptureOnly(At("values", 1000, false));
        var (run, values) = (RunReader.Open(fixture["whole"]), RunReader.Open(fixture["values"]));
        values.Tensors.Count(static tensor => tensor.IsStored).ShouldBeGreaterThanOrEqualTo(6);
        foreach (var tensor in values.Tensors.Where(static tensor => tensor.IsStored))
        {
            run.ReadStatistics()[run.Find(tensor.Name).Id].Whole.ShouldBe(
                values.ReadStatistics()[tensor.Id].Whole, tensor.Name);
        }

        run.ReadStatistics()[run.Find("next").Id].Whole.Minimum.ShouldBe(-samples);
    }

    [Fact]
    public void Shards_of_statistics_merge_to_the_same_bits()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        fixture.Capture("one", o => o with { Batch = 64, StatisticsOnly = true });
        for (var shard = 0; shard < 3; shard++)
        {
            CaptureFixture.CaptureOnly(
                fixture.Options("three") with { Batch = 64, StatisticsOnly = true, Shard = shard, Shards = 3 });
        }

        RunMerge.Complete(fixture["three"], TimeProvider.System);
        File.ReadAllBytes(fixture["three/stats.parquet"]).ShouldBe(File.ReadAllBytes(fixture["one/stats.parquet"]));
    }
}
