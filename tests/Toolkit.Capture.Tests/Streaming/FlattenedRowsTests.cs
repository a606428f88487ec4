using System.Runtime.InteropServices;
using Toolkit.Capture.Interventions;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>
/// Samples and positions in one axis, in both orders: recurrent layers and transformers flatten [positions, samples,
/// features], and no shape tells it from [samples, positions, features].
/// </summary>
public sealed class FlattenedRowsTests
{
    private const int Samples = 7;
    private const int Positions = 3;
    private const int Features = 4;
    private const float Tolerance = 1e-5f;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void Every_sample_gets_its_own_rows_in_whatever_order_they_come(int batch)
    {
        using var fixture = Fixture();
        var run = fixture.Capture("run", o => o with { Batch = batch });
        foreach (var name in new[] { "transposed", "positions_first", "samples_first" })
        {
            for (var sample = 0; sample < Samples; sample++)
            {
                Rows(run, name, sample).ShouldBe(Sample(sample), $"{name}, sample {sample}");
            }
        }
    }

    [Fact]
    public void Rows_that_mix_samples_are_kept_by_batch()
    {
        using var fixture = Fixture();
        fixture.Capture("run").Find("mixed").Granularity.ShouldBe(RowGranularity.Batch);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void A_value_set_to_what_it_was_changes_nothing_wherever_its_samples_are_counted(int batch)
    {
        using var fixture = Fixture();
        fixture.Capture("run", o => o with { Batch = 3 });
        Effect(fixture, batch, new SetValue("transposed", fixture["run"])).ShouldBe(0);
        fixture.Capture("single", o => o with { Batch = 1 });
        if (batch == 1)
        {
            Effect(fixture, batch, new SetValue("transposed", fixture["single"])).ShouldBe(0);
        }
        else
        {
            Refused(fixture, batch, new SetValue("transposed", fixture["single"])).ShouldContain("with --batch 1");
        }

        Refused(fixture, batch, new SetValue("positions_first", fixture["run"])).ShouldContain(
            "has no axis of its own for samples");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void The_mean_is_over_the_samples_wherever_they_are_counted(int batch)
    {
        using var fixture = Fixture();
        var run = fixture.Capture(
            "mean", o => o with { Batch = batch, Interventions = [new MeanValue("transposed")] });
        var expected = Enumerable.Range(0, Positions * Features)
            .Select(i => Enumerable.Range(0, Samples).Average(s => Sample(s)[i])).ToArray();
        for (var sample = 0; sample < Samples; sample++)
        {
            Rows(run, "transposed", sample).Zip(expected, static (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(
                Tolerance);
        }

        if (batch > 1)
        {
            Refused(fixture, batch, new MeanValue("positions_first")).ShouldContain("Use --batch 1");
        }
    }

    [Fact]
    public void An_array_that_does_not_fit_the_value_is_refused_with_both_shapes()
    {
        using var fixture = Fixture();
        NpzWriter.Write(
            fixture["other.npz"],
            [KeyValuePair.Create("transposed", CaptureFixture.Normals(Samples, Positions, Features))]);
        Refused(fixture, 3, new SetValue("transposed", fixture["other.npz"])).ShouldContain(
            "an array [7, 3, 4] cannot take the place of 'transposed' [3, batch, 4]");
    }

    private static CaptureFixture Fixture()
    {
        var graph = Graph(
            ["x:batch,3,4"],
            ["y:rows,4"],
            Node("Transpose", "x", "transposed", Attribute("perm", 1, 0, 2)),
            Node("Reshape", "transposed flat", "positions_first"),
            Node("Reshape", "x flat", "samples_first"),
            Node("Add", "positions_first samples_first", "mixed"),
            Node("Neg", "mixed", "y"));
        graph.Initializer.Add(Constant("flat", new TensorShape(2), -1L, 4L));
        return new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(Samples, Positions, Features)));
    }

    private static float[] Sample(int sample) =>
        CaptureFixture.Normals(Samples, Positions, Features).AsSpan<float>()
            .Slice(sample * Positions * Features, Positions * Features).ToArray();

    private static float[] Rows(RunReader run, string name, int sample)
    {
        var tensor = run.Find(name);
        return tensor.SampleShape is null
            ? [.. run.ReadRagged(tensor).Where(row => row.Sample == sample)
                .SelectMany(static row => MemoryMarshal.Cast<byte, float>(row.Bytes).ToArray())]
            : run.Read(tensor, sample, 1).AsSpan<float>().ToArray();
    }

    private static double Effect(CaptureFixture fixture, int batch, Intervention intervention)
    {
        using var preparation = CapturePreparation.Create(
            fixture.Options($"effect{batch}{Guid.NewGuid():N}") with { Batch = batch, Interventions = [intervention] });
        return Task.Run(() => CaptureSession.RunAsync(preparation, null, CancellationToken.None)).GetAwaiter()
            .GetResult().Effects.ShouldHaveSingleItem().Largest;
    }

    private static string Refused(CaptureFixture fixture, int batch, Intervention intervention) =>
        Should.Throw<BadInputException>(
            () => fixture.Capture("bad", o => o with { Batch = batch, Interventions = [intervention] })).Message;
}
