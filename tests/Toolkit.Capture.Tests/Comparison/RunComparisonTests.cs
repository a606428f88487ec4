using Toolkit.Capture.Comparison;
using Toolkit.Capture.Interventions;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Comparison;

public sealed class RunComparisonTests
{
    [Fact]
    public void The_first_divergent_value_is_where_the_difference_begins()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(100, 3)));
        var plain = fixture.Capture("plain");
        var changed = fixture.Capture("changed", o => o with { Interventions = [new ZeroValue("sum", [1])] });
        var difference = RunComparison.Compare(plain, changed, 0);
        difference.FirstDivergent.ShouldBe("sum");
        difference.Values.Select(v => v.Name).ShouldBe(["product", "sum", "y"]);
        difference.Values[0].Different.ShouldBe(0);
        difference.Values[1].Different.ShouldBe(100);
        difference.Values[1].Amplification.ShouldBe(double.PositiveInfinity);
        difference.Values[2].Amplification!.Value.ShouldBe(
            difference.Values[2].RelativeError / difference.Values[1].RelativeError, 1e-12);
        RunComparison.Compare(plain, changed, 10).FirstDivergent.ShouldBeNull();
        RunComparison.Compare(plain, plain, 0).FirstDivergent.ShouldBeNull();
    }

    [Fact]
    public void Runs_over_other_samples_do_not_compare()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(100, 3)));
        using var other = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(50, 3)));
        Should.Throw<BadInputException>(() => RunComparison.Compare(fixture.Capture("a"), other.Capture("b"), 0))
            .Message.ShouldContain("only runs over the same samples compare");
    }

    [Fact]
    public void A_value_kept_once_per_batch_does_not_keep_runs_of_other_batches_from_being_compared()
    {
        var graph = Graph(["x:batch,3"], ["y:batch,3"], Node("Neg", "x", "y"), Node("Shape", "y", "n"));
        graph.Output.Add(Value("n:2", ElementType.Int64));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(100, 3)));

        var difference = RunComparison.Compare(
            fixture.Capture("a", o => o with { Batch = 10 }), fixture.Capture("b", o => o with { Batch = 50 }), 0);

        difference.Values.Single(value => value.Name == "y").Different.ShouldBe(0);
        difference.Values.Single(value => value.Name == "n").Remark.ShouldBe(
            "kept once per batch, and the batches differ: repeat one with the other's --batch");
    }
}
