using System.Runtime.InteropServices;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>Iterations of a loop inside a loop take different branches: what they have differs in shape.</summary>
public sealed class BranchInLoopsTests
{
    /// <summary>Twice two iterations, of which the first doubles the state and the second negates it.</summary>
    [Theory]
    [InlineData(false, 21)]
    [InlineData(true, 21)]
    [InlineData(false, 13)]
    [InlineData(true, 13)]
    [InlineData(false, 11)]
    [InlineData(true, 11)]
    public void Every_iteration_that_took_a_branch_is_stored_in_order(bool behindBranch, long operatorSet)
    {
        var then = Graph([], ["double"], Node("Add", "s s", "double"));
        var otherwise = Graph([], ["minus"], Node("Neg", "s", "minus"));
        var inner = LoopBody(
            "i",
            "s:batch,1",
            Node("Less", "i one", "isFirst"),
            Node("If", "isFirst", "s_out", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        var loop = Node("Loop", "two _ t", behindBranch ? "u" : "t_out", Attribute("body", inner));
        var outer = behindBranch
            ? LoopBody(
                "j",
                "t:batch,1",
                Node("Less", "j two", "isEarly"),
                Node(
                    "If",
                    "isEarly",
                    "t_out",
                    Attribute("then_branch", Graph([], ["u"], loop)),
                    Attribute("else_branch", Graph([], ["same"], Node("Identity", "t", "same")))))
            : LoopBody("j", "t:batch,1", loop);
        var graph = Graph(
            ["x:batch,1"],
            ["y:batch,1"],
            Node("Loop", behindBranch ? "three _ x" : "two _ x", "y", Attribute("body", outer)));
        graph.Initializer.Add(Constant("one", new TensorShape(), 1L));
        graph.Initializer.Add(Constant("two", new TensorShape(), 2L));
        graph.Initializer.Add(Constant("three", new TensorShape(), 3L));
        var model = Of(graph);
        model.OpsetImport[0].Version = operatorSet;
        using var fixture = new CaptureFixture(model, ("x", HostTensor.Float32(new TensorShape(2, 1), [1f, 10f])));

        var run = fixture.Capture("run", o => o with { Batch = 1, Values = ["double", "minus"] });

        // x → 2x → −2x → −4x → 4x; a third iteration of the outer loop leaves it at that.
        Stored("double").ShouldBe([2f, -4f, 20f, -40f]);
        Stored("minus").ShouldBe([-2f, 4f, -20f, 40f]);
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();

        float[] Stored(string name) =>
        [
            .. run.ReadRagged(run.Tensors.Single(t => t.Name.EndsWith($"/{name}")))
                .SelectMany(row => MemoryMarshal.Cast<byte, float>(row.Bytes).ToArray()),
        ];
    }
}
