using System.Runtime.InteropServices;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>A Scan hands out nothing whose shape it does not know, so branches inside are observed.</summary>
public sealed class BranchInScanTests
{
    [Fact]
    public void All_values_are_stored_and_measured_branches_where_they_were_taken()
    {
        using var fixture = Fixture();
        var run = fixture.Capture("run", o => o with { Batch = 1 });
        run.Find("Scan_y/body/e").StoredType.ShouldBe("float32");
        run.Find("Scan_y/body/e").Rows.ShouldBe(3 * 4);
        var (square, minus) = (Stored(run, "then_branch/square"), Stored(run, "else_branch/minus"));
        var all = Stored(run, "e");
        square.ShouldBe(all.Where(static e => e > 0).Select(static e => e * e));
        minus.ShouldBe(all.Where(static e => e <= 0).Select(static e => -e));
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
    }

    [Fact]
    public void Branches_alone_are_stored_and_measured()
    {
        using var fixture = Fixture();
        var stored = fixture.Capture("stored", o => o with { Batch = 1, Values = ["square"] });
        var run = fixture.Capture("run", o => o with { Batch = 1, Values = ["square"], StatisticsOnly = true });
        var count = run.ReadStatistics().ShouldHaveSingleItem().Value.Whole.Count;
        count.ShouldBeInRange(1, 3 * 4);
        Stored(stored, "then_branch/square").Length.ShouldBe((int)count);
    }

    private static float[] Stored(RunReader run, string name)
    {
        var tensor = run.Tensors.Single(t => t.Name.EndsWith($"/{name}", StringComparison.Ordinal));
        return
        [
            .. run.ReadRagged(tensor).SelectMany(row => MemoryMarshal.Cast<byte, float>(row.Bytes).ToArray()),
        ];
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
