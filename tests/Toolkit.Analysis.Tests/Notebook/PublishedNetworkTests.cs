using Toolkit.Analysis.LowRank;
using Toolkit.Analysis.Notebook;
using Toolkit.Formats.Checkpoints;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;

namespace Toolkit.Analysis.Tests.Notebook;

/// <summary>The notebook's analyses on networks that others trained.</summary>
public sealed class PublishedNetworkTests
{
    [Theory]
    [InlineData("A5_MLP_seed1")]
    [InlineData("S5_T_seed1")]
    [InlineData("C113_MLP_seed1")]
    public void All_of_it_runs_on_a_published_network(string name)
    {
        var folder = SharedData.Require("group-networks", name);
        var network = Load(folder);

        var result = NotebookAnalysis.Run(network, new LowRankOptions { MaximumRanks = 12, MaximumPairs = 2000 });

        result.LowRank.Points[0].Loss.ShouldBeGreaterThan(2);
        result.LowRank.Points[^1].Loss.ShouldBe(
            result.LowRank.Original.Loss, Math.Abs(result.LowRank.Original.Loss) * 0.05);
        result.LowRank.Original.Accuracy.ShouldBe(1, 0.02);
        result.LowRank.SufficientRank.ShouldNotBeNull();
        result.Trace.Comparisons.ShouldAllBe(comparison => comparison.VarianceExplained >= 0
            && comparison.VarianceExplained <= 1 + 1e-9);

        // What no function of xyz⁻¹ explains, no trace does; and a class function is such a function.
        var ceilings = result.Trace.Comparisons
            .Where(c => c.Function.StartsWith("best "))
            .Select(c => c.VarianceExplained)
            .ToArray();
        result.Trace.Centred.VarianceExplained.ShouldBeLessThanOrEqualTo(ceilings[0] + 1e-9);
        ceilings[0].ShouldBeLessThanOrEqualTo(ceilings[1] + 1e-9);
    }

    /// <summary>
    /// The published similarity of the standard representation: the natural one is trivial + standard, and the trivial
    /// part is centred away.
    /// </summary>
    [Theory]
    [InlineData("S5_MLP_seed2", "logit_standard_rep_trace_similarity")]
    [InlineData("S5_T_seed1", "logit_standard_rep_trace_similarity")]
    [InlineData("A5_MLP_seed1", "logit_standard_rep_trace_similarity")]
    public void The_cosine_with_the_natural_trace_is_the_published_one_of_the_standard_representation(
        string name, string key)
    {
        var folder = SharedData.Require("group-networks", name);
        using var summary = System.Text.Json.JsonDocument.Parse(
            File.ReadAllText(Path.Combine(folder, "summary_metrics.json")));

        var result = NotebookAnalysis.Run(Load(folder), new LowRankOptions { MaximumRanks = 2, MaximumPairs = 10 });

        result.Trace.Centred.Cosine.ShouldBe(summary.RootElement.GetProperty(key).GetDouble(), 1e-4);
    }

    private static GroupModel Load(string folder)
    {
        var config = ExperimentConfig.Load(Path.Combine(folder, "cfg.json"));
        using var checkpoint = Checkpoint.Open(Path.Combine(folder, "model.pt"));
        var model = GroupNetworkExport.ToOnnx(
            config, checkpoint.Tensors.ToDictionary(tensor => tensor.Name, checkpoint.Read), checkpoint.Name, []);
        return GroupModel.TryRead(model, "published.onnx")!;
    }
}
