using CsCheck;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Formats.Tests.Runs;

public class StatisticsTests
{
    [Fact]
    public void Merging_by_shards_gives_the_same_bits_as_one_process() =>
        Gen.Double[-10, 10].Array[3].Array[1, 70]
            .SelectMany(leaves => Gen.Int[1, 6].Select(shards => (leaves, shards)))
            .Sample(
                (leaves, shards) =>
                {
                    var one = new StatisticsTree<TensorStatistics>();
                    var many = new StatisticsTree<TensorStatistics>();
                    for (var i = 0; i < leaves.Length; i++)
                    {
                        one.Add(new StatisticsNode<TensorStatistics>(0, i, Of(leaves[i])));
                    }

                    for (var s = 0; s < shards; s++)
                    {
                        var part = new StatisticsTree<TensorStatistics>();
                        for (var i = leaves.Length * s / shards; i < leaves.Length * (s + 1) / shards; i++)
                        {
                            part.Add(new StatisticsNode<TensorStatistics>(0, i, Of(leaves[i])));
                        }

                        foreach (var node in part.Nodes)
                        {
                            many.Add(node);
                        }
                    }

                    return one.Total()!.Whole == many.Total()!.Whole;
                });

    [Fact]
    public void Merging_by_shards_gives_the_same_bits_where_batches_have_nothing_to_say() =>
        Gen.Select(Gen.Select(Gen.Bool, Gen.Double[-10, 10].Array[3]).Array[1, 200], Gen.Int[0, 200].Array[0, 6])
            .Sample((batches, cuts) =>
            {
                var one = new StatisticsTree<TensorStatistics>();
                var many = new StatisticsTree<TensorStatistics>();
                var part = new StatisticsTree<TensorStatistics>();
                for (var i = 0; i < batches.Length; i++)
                {
                    if (cuts.Contains(i))
                    {
                        part.Nodes.ToList().ForEach(many.Add);
                        part = new StatisticsTree<TensorStatistics>();
                    }

                    if (batches[i].Item1)
                    {
                        one.Add(new StatisticsNode<TensorStatistics>(0, i, Of(batches[i].Item2)));
                        part.Add(new StatisticsNode<TensorStatistics>(0, i, Of(batches[i].Item2)));
                    }
                }

                part.Nodes.ToList().ForEach(many.Add);
                return one.Total()?.Whole == many.Total()?.Whole
                    && one.Nodes.Sum(static node => node.Values.Whole.Count)
                        == 3 * batches.Count(static batch => batch.Item1);
            });

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(5, 7)]
    [InlineData(1000, 999)]
    public void Memory_is_logarithmic_in_the_batches_where_some_have_nothing_to_say(int first, int step)
    {
        var tree = new StatisticsTree<TensorStatistics>();
        for (var i = 0; i < 10_000; i++)
        {
            tree.Add(new StatisticsNode<TensorStatistics>(0, first + ((long)i * step), Of([i])));

            // On either side of the whole at most one node of every level.
            tree.Nodes.Count.ShouldBeLessThanOrEqualTo(2 * (1 + (int)Math.Log2(first + ((double)i * step) + 1)));
        }

        tree.Total()!.Whole.Mean.ShouldBe(4999.5, 1e-9);
    }

    [Fact]
    public void A_merge_equals_two_passes_over_everything()
    {
        double[] left = [1, 2, 3.5];
        double[] right = [-4, 10];
        var merged = ValueStatistics.Merge(Of(left).Whole, Of(right).Whole);
        merged.Mean.ShouldBe(2.5, 1e-15);
        merged.M2.ShouldBe(left.Concat(right).Sum(v => (v - 2.5) * (v - 2.5)), 1e-12);
        merged.Minimum.ShouldBe(-4);
        merged.AbsoluteMaximum.ShouldBe(10);
        merged.L2.ShouldBe(Math.Sqrt(left.Concat(right).Sum(v => v * v)), 1e-12);
    }

    [Fact]
    public void Quantiles_of_the_histogram_are_within_a_quarter()
    {
        var values = Enumerable.Range(1, 10_000).Select(i => (float)i).ToArray();
        var histogram = new LogHistogram();
        histogram.Add(values);
        histogram.Quantile(0.5).ShouldBe(5_000, 1_250);
        histogram.Quantile(0.01).ShouldBe(100, 25);
        histogram.Add([float.NaN, float.PositiveInfinity, -7f]);
        histogram.Counts.ToArray().Sum().ShouldBe(10_001);
        histogram.Quantile(0).ShouldBeInRange(-8, -6);
    }

    [Fact]
    public void Edges_ascend_and_hold_their_values()
    {
        for (var bin = 1; bin < LogHistogram.Bins; bin++)
        {
            if (double.IsFinite(LogHistogram.Edge(bin)) && double.IsFinite(LogHistogram.Edge(bin - 1)))
            {
                LogHistogram.Edge(bin).ShouldBeGreaterThanOrEqualTo(LogHistogram.Edge(bin - 1));
            }
        }
    }

    private static TensorStatistics Of(double[] values)
    {
        var mean = values.Length == 0 ? 0 : values.Average();
        return new TensorStatistics(
            new ValueStatistics(
                values.Length, 0, 0, 0, values.Count(v => v == 0), values.DefaultIfEmpty(double.PositiveInfinity).Min(),
                values.DefaultIfEmpty(double.NegativeInfinity).Max(), mean, values.Sum(v => (v - mean) * (v - mean))),
            null,
            1,
            null);
    }
}
