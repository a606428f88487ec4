using Toolkit.Formats.Runs;
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

    [Fact]
    public void Shards_of_statistics_merge_to_the_same_bits()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        fixture.Capture("one", o => o with { Batch = 64, StatisticsOnly = true });
        for (var shard = 0; shard < 3; shard++)
        {
            CaptureFixture.CaptureOnly(fixture.Options("three") with { Batch = 64, StatisticsOnly = true, Shard = shard, Shards = 3 });
        }

        RunMerge.Complete(fixture["three"], TimeProvider.System);
        File.ReadAllBytes(fixture["three/stats.parquet"]).ShouldBe(File.ReadAllBytes(fixture["one/stats.parquet"]));
    }
}
