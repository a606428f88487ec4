using System.Runtime.InteropServices;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>
/// Iterations that differ in shape or number, which no output of a loop can hold: every value is stored all the same,
/// in every operator set.
/// </summary>
public sealed class UnevenIterationsTests
{
    /// <summary>Iteration j of three has j + 1 iterations inside; each doubles the state.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(21)]
    public void A_loop_in_a_loop_may_run_longer_every_time(long operatorSet)
    {
        var inner = LoopBody(
            "i",
            "s:batch,1",
            Node("Add", "s s", "double"),
            Node("Reshape", "i flat", "number"),
            Node("Add", "i one", "count"),
            Node("Range", "zero count one", "wide"),
            Node("Identity", "double", "s_out"));
        var outer = LoopBody(
            "j", "t:batch,1", Node("Add", "j one", "n"), Node("Loop", "n _ t", "t_out", Attribute("body", inner)));
        using var fixture = Fixture(operatorSet, Node("Loop", "three _ x", "y", Attribute("body", outer)));

        var run = fixture.Capture("run", o => o with { Batch = 1 });

        Singles(run, "/double").ShouldBe([2f, 4f, 8f, 16f, 32f, 64f, 20f, 40f, 80f, 160f, 320f, 640f]);
        Integers(run, "/number").ShouldBe(Twice(0L, 0, 1, 0, 1, 2));
        Integers(run, "/wide").ShouldBe(Twice(0L, 0, 0, 1, 0, 0, 1, 0, 1, 2));
        Complete(fixture, run);
    }

    /// <summary>Three iterations: what the first, the second and the third see has 1, 2 and 3 elements.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void A_value_in_a_loop_may_grow(long operatorSet)
    {
        var body = LoopBody(
            "i",
            "s:batch,1",
            Node("Add", "i one", "count"),
            Node("Range", "zero count one", "wide"),
            Node("Add", "s s", "s_out"));
        using var fixture = Fixture(operatorSet, Node("Loop", "three _ x", "y", Attribute("body", body)));

        var run = fixture.Capture("run", o => o with { Batch = 1 });

        Integers(run, "/wide").ShouldBe(Twice(0L, 0, 1, 0, 1, 2));
        Complete(fixture, run);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(21)]
    public void A_scan_in_a_loop_may_run_longer_every_time(long operatorSet)
    {
        var scan = Graph(
            ["s:batch,1", "row"],
            ["s_out:batch,1"],
            Node("Add", "s s", "double"),
            Node("Add", "row one", "next"),
            Node("Identity", "double", "s_out"));
        var outer = LoopBody(
            "j",
            "t:batch,1",
            Node("Add", "j one", "n"),
            Node("Range", "zero n one", "rows"),
            Node("Scan", "t rows", "t_out", Attribute("body", scan), Attribute("num_scan_inputs", 1)));
        using var fixture = Fixture(operatorSet, Node("Loop", "three _ x", "y", Attribute("body", outer)));

        var run = fixture.Capture("run", o => o with { Batch = 1 });

        Singles(run, "/double").ShouldBe([2f, 4f, 8f, 16f, 32f, 64f, 20f, 40f, 80f, 160f, 320f, 640f]);
        Integers(run, "/next").ShouldBe(Twice(1L, 1, 2, 1, 2, 3));
        Complete(fixture, run);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(21)]
    public void A_loop_in_a_scan_may_run_longer_every_time(long operatorSet)
    {
        var inner = LoopBody(
            "i",
            "s:batch,1",
            Node("Add", "s s", "double"),
            Node("Reshape", "i flat", "number"),
            Node("Identity", "double", "s_out"));
        var scan = Graph(
            ["t:batch,1", "row"],
            ["t_out:batch,1"],
            Node("Add", "row one", "n"),
            Node("Loop", "n _ t", "t_out", Attribute("body", inner)));
        using var fixture = Fixture(
            operatorSet,
            Node("Range", "zero three one", "rows"),
            Node("Scan", "x rows", "y", Attribute("body", scan), Attribute("num_scan_inputs", 1)));

        var run = fixture.Capture("run", o => o with { Batch = 1 });

        Singles(run, "/double").ShouldBe([2f, 4f, 8f, 16f, 32f, 64f, 20f, 40f, 80f, 160f, 320f, 640f]);
        Integers(run, "/number").ShouldBe(Twice(0L, 0, 1, 0, 1, 2));
        Complete(fixture, run);
    }

    [Fact]
    public void Text_that_no_output_holds_is_refused_alone()
    {
        var body = LoopBody(
            "i",
            "s:batch,1",
            Node("Add", "i one", "count"),
            Node("Range", "zero count one", "wide"),
            Node("Cast", "wide", "text", Attribute("to", (long)ElementType.Text)),
            Node("Add", "s s", "s_out"));
        using var fixture = Fixture(11, Node("Loop", "three _ x", "y", Attribute("body", body)));

        var run = fixture.Capture("run", o => o with { Batch = 1 });

        run.Find("Loop_y/body/text").Reason.ShouldBe(
            "it is text whose shape may differ between iterations of the loops around it");
        Integers(run, "/wide").ShouldBe(Twice(0L, 0, 1, 0, 1, 2));
    }

    /// <summary>Nothing but observed values is asked of the run.</summary>
    [Fact]
    public void Values_that_no_output_holds_can_be_captured_alone()
    {
        var body = LoopBody(
            "i",
            "s:batch,1",
            Node("Add", "i one", "count"),
            Node("Range", "zero count one", "wide"),
            Node("Cast", "wide", "half", Attribute("to", (long)ElementType.Float16)),
            Node("Add", "s s", "s_out"));
        using var fixture = Fixture(11, Node("Loop", "three _ x", "y", Attribute("body", body)));

        var run = fixture.Capture("run", o => o with { Batch = 1, Values = ["*/wide", "*/half"], Repeat = 2 });

        Integers(run, "/wide").ShouldBe(Twice(0L, 0, 1, 0, 1, 2));
        Singles(run, "/half").ShouldBe(Twice(0f, 0, 1, 0, 1, 2));
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
    }

    /// <summary>Some passes give observed values alone, others show them to nobody.</summary>
    [Fact]
    public void Passes_of_a_small_memory_budget_give_the_same()
    {
        var body = LoopBody(
            "i",
            "s:batch,n",
            Node("Add", "s s", "a"),
            Node("Mul", "a s", "b"),
            Node("Sub", "b a", "c"),
            Node("Tanh", "c", "s_out"));
        var graph = Graph(["x:batch,n"], ["y:batch,n"], Node("Loop", "three _ x", "y", Attribute("body", body)));
        graph.Initializer.Add(Constant("three", new TensorShape(), 3L));
        var model = Of(graph);
        model.OpsetImport[0].Version = 11;
        using var fixture = new CaptureFixture(model, ("x", CaptureFixture.Normals(2, 1 << 20)));
        CaptureOptions With(string run, long? budget) =>
            fixture.Options(run) with { Batch = 1, MemoryBudgetBytes = budget, CountNodes = true };

        // The first answer goes by the sizes that the graph tells, the second by those of the first samples.
        long? Least(long? budget) => ByteSize.Parse(
            Should.Throw<BadInputException>(() => CapturePreparation.Create(With("never", budget)).Dispose())
                .Message.Split("The least that works is ")[1].Split([',', '.'])[0]);
        var least = Least(Least(1));
        using (var preparation = CapturePreparation.Create(With("never", least)))
        {
            preparation.ValuesPerPass.Count.ShouldBeGreaterThan(1);
        }

        CaptureFixture.CaptureOnly(With("one", null));
        CaptureFixture.CaptureOnly(With("passes", least));

        fixture.Files("passes").ShouldBe(fixture.Files("one"));
    }

    private static CaptureFixture Fixture(long operatorSet, params NodeProto[] nodes)
    {
        var graph = Graph(["x:batch,1"], ["y:batch,1"], nodes);
        graph.Initializer.Add(Constant("zero", new TensorShape(), 0L));
        graph.Initializer.Add(Constant("one", new TensorShape(), 1L));
        graph.Initializer.Add(Constant("three", new TensorShape(), 3L));
        graph.Initializer.Add(Constant("flat", new TensorShape(1), 1L));
        var model = Of(graph);
        model.OpsetImport[0].Version = operatorSet;
        return new CaptureFixture(model, ("x", HostTensor.Float32(new TensorShape(2, 1), [1f, 10f])));
    }

    private static T[] Twice<T>(params T[] ofOneSample) => [.. ofOneSample, .. ofOneSample];

    private static float[] Singles(RunReader run, string name) => Elements<float>(run, name);

    private static long[] Integers(RunReader run, string name) => Elements<long>(run, name);

    private static T[] Elements<T>(RunReader run, string name)
        where T : unmanaged =>
    [
        .. run.ReadRagged(run.Tensors.Single(t => t.Name.EndsWith(name, StringComparison.Ordinal)))
            .SelectMany(row => MemoryMarshal.Cast<byte, T>(row.Bytes).ToArray()),
    ];

    /// <summary>Nothing is left out but the model's input, and the output is that of the model alone.</summary>
    private static void Complete(CaptureFixture fixture, RunReader run)
    {
        run.Tensors.Where(static t => t.StoredType is null).Select(static t => t.Name).ShouldBe(["x"]);
        run.Manifest.Plan.OutputDifference.ShouldBe(0);
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
    }
}
