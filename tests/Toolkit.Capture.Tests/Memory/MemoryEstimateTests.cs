using Toolkit.Capture.Planning;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Memory;

public sealed class MemoryEstimateTests
{
    /// <summary>x and every value: 1,000 floats of one sample.</summary>
    private const long Size = 4000;

    [Fact]
    public void A_value_lives_from_its_node_to_its_last_reader_and_an_exposed_one_to_the_end()
    {
        // x lives throughout; a is read by b and by the last node.
        var graph = Graph(
            ["x:batch,1000"],
            ["y:batch,1000"],
            Node("Neg", "x", "a"),
            Node("Abs", "a", "b"),
            Node("Exp", "b", "c"),
            Node("Erf", "c", "d"),
            Node("Add", "d a", "y"));
        var plan = ExposurePlan.Create(Of(graph), "chain.onnx", new PlanOptions { MeasureFusions = false });

        // While c → d runs: x, a, c, d. While the last node runs: x, a, d, y.
        plan.PlainPeakBytes.ShouldBe(4 * Size);
        plan.PeakBytesAlone(plan["a"]).ShouldBe(4 * Size);
        plan.PeakBytesAlone(plan["b"]).ShouldBe(5 * Size);
        plan.PeakBytesAlone(plan["y"]).ShouldBe(4 * Size);
        plan.PeakBytes(plan.Select(), 1).ShouldBe(6 * Size);
        plan.PeakBytes(plan.Select(), 10).ShouldBe(60 * Size);
    }

    [Fact]
    public void A_branch_counts_while_its_node_runs_and_what_leaves_it_to_the_end()
    {
        var then = Graph([], ["r"], Node("Neg", "x", "m"), Node("Abs", "m", "k"), Node("Exp", "k", "r"));
        var otherwise = Graph([], ["s"], Node("Neg", "x", "s"));
        var graph = Graph(
            ["x:2,1000"],
            ["y:2,1000"],
            Node("If", "c", "h", Attribute("then_branch", then), Attribute("else_branch", otherwise)),
            Node("Abs", "h", "y"));
        graph.Input.Add(Value("c:", ElementType.Boolean));
        var plan = ExposurePlan.Create(Of(graph), "if.onnx", new PlanOptions { MeasureFusions = false });

        // While If runs: the condition's byte, x, h, and inside two at a time, each of 2 × 1,000 floats.
        plan.PlainPeakBytes.ShouldBe(1 + (4 * 2 * Size));
        plan.PeakBytesAlone(plan["If_h/then_branch/m"]).ShouldBe(1 + (5 * 2 * Size));
    }

    [Theory]
    [InlineData("800M", 800L << 20)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("2 GiB", 2L << 30)]
    [InlineData("512kB", 512L << 10)]
    [InlineData("4096", 4096L)]
    [InlineData("much", null)]
    [InlineData("-1M", null)]
    [InlineData("0", null)]
    [InlineData("1e30G", null)]
    [InlineData("M", null)]
    public void Sizes_are_read_as_people_write_them(string text, long? bytes) => ByteSize.Parse(text).ShouldBe(bytes);
}
