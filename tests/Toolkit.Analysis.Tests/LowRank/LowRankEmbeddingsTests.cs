using System.Text.Json.Nodes;
using Toolkit.Analysis.LowRank;
using Toolkit.Analysis.Notebook;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;

namespace Toolkit.Analysis.Tests.LowRank;

public sealed class LowRankEmbeddingsTests
{
    /// <summary>
    /// The trace of the natural representation of S4, written exactly as a bilinear network: hidden unit (i, j, k) is
    /// ρ_ij(a)·ρ_jk(b), read out by ρ_ki(z⁻¹). Its embeddings have rank 10 = 1² + 3².
    /// </summary>
    internal static GroupModel TraceNetwork(float scale = 5)
    {
        var group = FiniteGroup.Parse("S4");
        var d = group.Degree;
        var n = group.Order;
        var width = d * d * d;
        var x = new float[n * width];
        var y = new float[n * width];
        var u = new float[width * n];
        for (var g = 0; g < n; g++)
        {
            var image = group.Permutation(g);
            var inverse = group.Permutation(group.Inverse(g));
            for (var unit = 0; unit < width; unit++)
            {
                var (i, j, k) = (unit / d / d, unit / d % d, unit % d);
                x[(g * width) + unit] = image[i] == j ? 1 : 0;
                y[(g * width) + unit] = image[j] == k ? 1 : 0;
                u[(unit * n) + g] = inverse[k] == i ? scale : 0;
            }
        }

        var network = new BilinearNet(n, width);
        var task = new GroupTask(group, 0.7, seed: 1);
        var metadata = new ModelMetadata("{}", ModelGroup.Of(group), ModelSplit.Of(task), network.Roles, []);
        var model = GroupNetworkExport.ToOnnx(
            network,
            new Dictionary<string, HostTensor>
            {
                ["W_x"] = HostTensor.Float32(new TensorShape(n, width), x),
                ["W_y"] = HostTensor.Float32(new TensorShape(n, width), y),
                ["W_U"] = HostTensor.Float32(new TensorShape(width, n), u),
            },
            metadata);
        return GroupModel.TryRead(model, "trace.onnx")!;
    }

    [Fact]
    public void A_network_whose_embeddings_have_rank_10_needs_exactly_rank_10()
    {
        var network = TraceNetwork();

        var result = LowRankEmbeddings.Run(
            network.Model, network.Path, network.Embeddings(), network.Task.Labels, network.Task.IsTrain);

        result.Tables.Select(table => table.Initializer).ShouldBe(["W_x", "W_y"]);
        result.Points.Select(point => point.Rank).ShouldBe(Enumerable.Range(0, 25));
        result.SufficientRank.ShouldBe(10);
        result.Points[0].Loss.ShouldBe(Math.Log(24), 1e-6);
        result.Points[9].KeptVariance.ShouldBeLessThan(0.97);
        result.Points[10].KeptVariance.ShouldBe(1, 1e-9);
        result.Original.Accuracy.ShouldBe(1);

        // All logits are 5χ: the loss is that of the trace itself.
        var expected = Math.Log(1 + (6 * Math.Exp(-10)) + (8 * Math.Exp(-15)) + (9 * Math.Exp(-20)));
        result.Original.Loss.ShouldBe(expected, 1e-9);
        result.Original.TrainLoss.ShouldBe(expected, 1e-9);
        result.Points[10].TestLoss.ShouldBe(expected, 1e-7);
    }

    [Fact]
    public void The_notebook_s_analyses_agree_on_a_network_that_is_the_trace()
    {
        var result = NotebookAnalysis.Run(TraceNetwork());

        result.Trace.Centred.Cosine.ShouldBe(1, 1e-6);
        result.Trace.Centred.Scale.ShouldBe(5, 1e-5);
        result.Trace.FittedLoss.ShouldBe(result.LowRank.Original.Loss, 1e-9);
        result.Spectra.Select(spectrum => spectrum.Name).ShouldBe(["W_x", "W_y", "W_U", "natural(S4)"]);
        result.Spectra.Take(3).ShouldAllBe(spectrum => spectrum.NumericalRank == 10);

        // Every ρ_ij stands in four columns of W_x: twice the values of the natural representation.
        result.Spectra[0].Values[..10]
            .Zip(result.Spectra[^1].Values)
            .ShouldAllBe(pair => Math.Abs(pair.First - (2 * pair.Second)) < 1e-5);
        result.Outputs().Select(output => output.Name).ShouldBe(["svd", "spectra", "low_rank", "trace", "trace_slice"]);
    }

    [Fact]
    public void A_sample_of_the_pairs_is_taken_where_there_are_too_many()
    {
        var network = TraceNetwork();

        var result = LowRankEmbeddings.Run(
            network.Model, network.Path, network.Embeddings(), network.Task.Labels, null,
            new LowRankOptions { MaximumPairs = 100, MaximumRanks = 6 });

        (result.Pairs, result.AllPairs).ShouldBe((100, 576));
        result.Points[^1].Rank.ShouldBe(24);
        double.IsNaN(result.Original.TrainLoss).ShouldBeTrue();
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(256, 130)]
    [InlineData(5000, 12)]
    public void Ranks_begin_at_zero_end_at_the_largest_and_ascend(int largest, int maximum)
    {
        var ranks = LowRankEmbeddings.Ranks(largest, maximum);

        ranks[0].ShouldBe(0);
        ranks[^1].ShouldBe(largest);
        ranks.ShouldBe(ranks.Order().Distinct());
        ranks.Count.ShouldBeLessThanOrEqualTo(maximum);
    }

    [Fact]
    public void An_embedding_that_is_no_initializer_is_named()
    {
        var network = TraceNetwork();

        Should.Throw<BadInputException>(() => LowRankEmbeddings.Run(
                network.Model, "m.onnx", [new EmbeddingTable("W_z", 0, 24)], network.Task.Labels, null))
            .Message.ShouldStartWith("m.onnx: 'W_z' is not an initializer of the model");
    }
}
