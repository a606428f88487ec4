using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>A Scan hands out nothing whose shape it does not know, and a branch that is not taken has none.</summary>
public sealed class BranchInScanTests
{
    [Fact]
    public void All_but_the_branches_are_stored()
    {
        using var fixture = Fixture();
        var run = fixture.Capture("run", o => o with { Batch = 1 });
        run.Find("Scan_y/body/e").StoredType.ShouldBe("float32");
        run.Find("Scan_y/body/e").Rows.ShouldBe(3 * 4);
        run.Find("Scan_y/body/If_b/then_branch/square").Reason.ShouldBe(
            "it is inside a branch of 'If_b', and where that is not taken there is nothing of the shape that the Scan "
                + "'Scan_y' must hand out; --stats-only measures it");
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
    }

    [Fact]
    public void Branches_alone_are_refused_and_measured()
    {
        using var fixture = Fixture();
        Should.Throw<BadInputException>(() => fixture.Capture("run", o => o with { Values = ["square"] }))
            .Message.ShouldContain("none of the selected values can be stored: 'Scan_y/body/If_b/then_branch/square'");
        var run = fixture.Capture("run", o => o with { Batch = 1, Values = ["square"], StatisticsOnly = true });
        run.ReadStatistics().ShouldHaveSingleItem().Value.Whole.Count.ShouldBeInRange(1, 3 * 4);
    }

    /// <summary>Over four rows x: e = state + x, and the state becomes e² where e is positive, else −e.</summary>
    private static CaptureFixture Fixture()
    {
        var then = Graph([], ["square"], Node("Mul", "e e", "square"));
        var otherwise = Graph([], ["minus"], Node("Neg", "e", "minus"));
        var body = Graph(
            ["s:1", "row:1"],
            ["t:1"],
            Node("Add", "s row", "e"),
            Node("Greater", "e zero", "c"),
            Node("If", "c", "b", Attribute("then_branch", then), Attribute("else_branch", otherwise)),
            Node("Tanh", "b", "t"));
        var graph = Graph(
            ["x:batch,4,1"],
            ["y:1"],
            Node("Squeeze", "x first", "rows"),
            Node("Scan", "zero rows", "y", Attribute("body", body), Attribute("num_scan_inputs", 1)));
        graph.Initializer.Add(Constant("zero", new TensorShape(1), 0f));
        graph.Initializer.Add(Constant("first", new TensorShape(1), 0L));
        return new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(3, 4, 1)));
    }
}
