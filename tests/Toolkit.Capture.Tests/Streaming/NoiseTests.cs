using Toolkit.Capture.Comparison;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>Noise is measured between runs of the same inputs, and a comparison allows for it.</summary>
public sealed class NoiseTests
{
    /// <summary>y = x + 0.01 · normal noise without a seed: every run differs; z = 2x is the same.</summary>
    private static CaptureFixture Noisy(float bias)
    {
        var like = Node("RandomNormalLike", "x", "noise");
        like.Attribute.Add(new Formats.Onnx.Schema.AttributeProto
        {
            Name = "scale",
            Type = Formats.Onnx.Schema.AttributeProto.Types.AttributeType.Float,
            F = 0.01f,
        });
        var graph = Graph(
            ["x:batch,100"],
            ["y:batch,100", "z:batch,100"],
            like,
            Node("Add", "x noise", "sum"),
            Node("Add", "sum b", "y"),
            Node("Add", "x x", "z"));
        graph.Initializer.Add(Constant("b", new TensorShape(1), bias));
        return new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(200, 100)));
    }

    [Fact]
    public void Repeated_runs_measure_the_noise_of_each_value_and_shards_merge_it()
    {
        using var fixture = Noisy(0);
        var run = fixture.Capture("run", o => o with { Batch = 50, SegmentSamples = 100, Repeat = 4 });

        // The difference of two draws of deviation 0.01 has deviation 0.01 · √2; x has deviation 1.
        run.Find("sum").RelativeNoise!.Value.ShouldBe(0.01 * Math.Sqrt(2), 0.001);
        run.Find("sum").LargestNoise!.Value.ShouldBeInRange(0.04, 0.1);
        run.Find("noise").RelativeNoise!.Value.ShouldBe(Math.Sqrt(2), 0.05);
        run.Find("z").RelativeNoise.ShouldBe(0);
        run.Find("z").LargestNoise.ShouldBe(0);
        fixture.Capture("once").Find("sum").RelativeNoise.ShouldBeNull();

        foreach (var shard in new[] { 1, 0 })
        {
            CaptureFixture.CaptureOnly(fixture.Options("shards")
                with { Batch = 50, SegmentSamples = 50, Repeat = 4, Shard = shard, Shards = 2 });
        }

        RunMerge.Complete(fixture["shards"], TimeProvider.System);
        RunReader.Open(fixture["shards"]).Find("sum").RelativeNoise!.Value.ShouldBe(0.01 * Math.Sqrt(2), 0.001);
    }

    [Fact]
    public void Statistics_without_values_measure_the_noise_too_and_leave_no_file_behind()
    {
        using var fixture = Noisy(0);
        var run = fixture.Capture(
            "run", o => o with { Batch = 50, SegmentSamples = 100, Repeat = 4, StatisticsOnly = true });

        run.Find("sum").RelativeNoise!.Value.ShouldBe(0.01 * Math.Sqrt(2), 0.001);
        run.Find("sum").LargestNoise!.Value.ShouldBeInRange(0.04, 0.1);
        run.Find("noise").RelativeNoise!.Value.ShouldBe(Math.Sqrt(2), 0.05);
        run.Find("z").RelativeNoise.ShouldBe(0);

        // Statistics are of the first runs alone.
        run.ReadStatistics()[run.Find("z").Id].Whole.Count.ShouldBe(200 * 100);
        Directory.EnumerateFiles(fixture["run"], "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void A_comparison_allows_for_the_noise_and_finds_what_is_more()
    {
        using var fixture = Noisy(0);
        using var shifted = Noisy(0.5f);
        var run = fixture.Capture("run", o => o with { Repeat = 3 });

        // Batches and repetitions take other numbers from the generator than one batch does.
        var again = fixture.Capture("again", o => o with { Batch = 50, Repeat = 2 });
        var quiet = RunComparison.Compare(run, again, tolerance: 0, TestContext.Current.CancellationToken);
        quiet.FirstDivergent.ShouldBeNull();
        quiet.Values.Single(value => value.Name == "sum").RelativeError.ShouldBeGreaterThan(0.01);
        quiet.Values.Single(value => value.Name == "sum").Noise.ShouldBe(
            Math.Max(run.Find("sum").RelativeNoise!.Value, again.Find("sum").RelativeNoise!.Value));

        // The bias moves y by 0.5, the noise by 0.014: only y differs.
        var moved = RunComparison.Compare(
            run, shifted.Capture("run"), tolerance: 0, TestContext.Current.CancellationToken);
        moved.FirstDivergent.ShouldBe("y");
        moved.Values.Where(static value => value.Diverges).Select(static value => value.Name).ShouldBe(["y"]);
    }
}
