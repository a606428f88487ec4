using Toolkit.Analysis.Charts;
using Toolkit.Analysis.NeuronClusters;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Tests.NeuronClusters;

public sealed class NeuronClusteringTests
{
    /// <summary>float32 embeddings, float64 sums over at most 120² pairs.</summary>
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData("S4")]
    [InlineData("C7")]
    [InlineData("Q8")]
    [InlineData("A5")]
    public void Shares_of_all_irreps_sum_to_one(string name)
    {
        var group = FiniteGroup.Parse(name);
        var random = new Random(1);
        var embedding = ChartMatrix.Build(group.Order, 5, (_, _) => (float)(random.NextDouble() - 0.5));

        var (norms, shares) = NeuronClustering.Measure(
            group, IrrepTable.Of(group), embedding, TestContext.Current.CancellationToken);

        for (var j = 0; j < 5; j++)
        {
            Enumerable.Range(0, shares.Rows).Sum(i => (double)shares[i, j]).ShouldBe(1, Tolerance);
            norms[j].ShouldBe(
                Enumerable.Range(0, group.Order).Sum(g => (double)embedding[g, j] * embedding[g, j]), Tolerance);
        }
    }

    [Fact]
    public void A_neuron_made_of_one_character_belongs_to_that_irrep_alone()
    {
        var group = FiniteGroup.Parse("S5");
        var irreps = IrrepTable.Of(group);
        var embedding = ChartMatrix.Build(group.Order, irreps.Count, (g, j) => (float)irreps[j].Character(g));

        var (_, shares) = NeuronClustering.Measure(group, irreps, embedding, TestContext.Current.CancellationToken);

        for (var i = 0; i < irreps.Count; i++)
        {
            for (var j = 0; j < irreps.Count; j++)
            {
                ((double)shares[i, j]).ShouldBe(i == j ? 1 : 0, Tolerance);
            }
        }
    }

    [Fact]
    public void A_neuron_of_zeros_has_no_shares()
    {
        var group = FiniteGroup.Parse("C5");

        var (norms, shares) = NeuronClustering.Measure(
            group, IrrepTable.Of(group), new ChartMatrix(5, 1, new float[5]), TestContext.Current.CancellationToken);

        norms.ShouldBe([0]);
        shares.Values.ToArray().ShouldAllBe(share => float.IsNaN(share));
    }
}
