using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Checkpoints;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Tests.Representations;

/// <summary>The later analyses on the network of the paper's mainline (S5, seed 2): sign and standard alone.</summary>
public sealed class BeyondThePaperTests
{
    [Fact]
    public void The_mainline_network_shows_what_the_literature_says_of_it()
    {
        var folder = SharedData.Require("group-networks", "S5_MLP_seed2");
        var config = ExperimentConfig.Load(Path.Combine(folder, "cfg.json"));
        using var checkpoint = Checkpoint.Open(Path.Combine(folder, "model.pt"));
        var model = GroupNetworkExport.ToOnnx(
            config, checkpoint.Tensors.ToDictionary(tensor => tensor.Name, checkpoint.Read), folder, []);
        var metadata = ModelMetadata.Read(model, folder)!;
        var task = metadata.BuildTask(folder);
        using var moments = GroupNetworkRunner.Run(
            task.Group, model, "model.onnx", metadata.Roles, TestContext.Current.CancellationToken);
        var weights = new GroupNetworkReader(model, "model.onnx", metadata.Roles).ReadWeights(task.Group.Order);
        var irreps = IrrepTable.Of(task.Group);

        var network = new GroupNetworkSource(model, "model.onnx", metadata.Roles);
        var found = BeyondThePaper.Measure(
            task, irreps, weights, moments, network, _ => { }, TestContext.Current.CancellationToken);
        var outputs = found.Outputs.ToDictionary(output => output.Name);
        found.SelfTests.ShouldAllBe(test => test.Passed);

        // Chughtai et al.: every neuron is off, sign or standard, none is left over.
        var clusters = outputs["neurons"].Table.Values<string?>("cluster").ToArray();
        clusters.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ShouldBe(["off", "sign", "standard"]);
        clusters.Count(cluster => cluster == "standard").ShouldBeGreaterThan(80);

        // Wu et al.: the coefficients of its neurons are of rank one.
        var rankOne = outputs["neurons"].Table
            .Values<double>("left_rank_one_share")
            .ToArray()
            .Where(double.IsFinite)
            .Order()
            .ToArray();
        rankOne[rankOne.Length / 2].ShouldBeGreaterThan(0.95);

        // Parseval: the powers of each neuron sum to its energy.
        var power = outputs["neuron_power"].Table
            .Values<double>("left_power")
            .ToArray()
            .Chunk(irreps.Count)
            .Select(chunk => chunk.Sum())
            .ToArray();
        power.Zip(outputs["neurons"].Table.Values<double>("left_energy").ToArray()).ShouldAllBe(
            pair => Math.Abs(pair.First - pair.Second) <= 1e-9 * (1 + pair.Second));

        // Chughtai et al.: the unembedding reads the trace of the key irreps (standard, row 1 of the non-trivial ones).
        outputs["trace_read_out"].Table.Values<double>("trace_explained")[1].ShouldBeGreaterThan(0.95);

        // A trace read-out leaves nothing out, and the squared similarity is the published one.
        outputs["logit_form"].Table.Values<double>("explained_trace")[2].ShouldBe(
            0.7674336433410645 * 0.7674336433410645, 1e-4);
        outputs["logit_form"].Table.Values<double>("gap").ToArray().ShouldAllBe(gap => gap > -1e-9 && gap < 0.05);

        // Without interventions the loss is the published one. ReLU(−a) = ReLU(a) − a, and what is linear in a says
        // nothing of the product, so it does as well; negating one side does not (Stander et al., Wu et al.).
        var interventions = outputs["causal"].Table.Values<string?>("intervention").ToArray();
        double Loss(string intervention) =>
            outputs["causal"].Table.Values<double>("loss")[Array.IndexOf(interventions, intervention)];
        Loss("none").ShouldBe(2.3838242884590774e-06, 1e-4 * 2.4e-06);
        Loss("ReLU(-a)").ShouldBe(Loss("none"), 0.1 * Loss("none"));
        Loss("|a|").ShouldBeLessThan(Loss("none"));
        Loss("left embedding negated").ShouldBeGreaterThan(100 * Loss("none"));
        Loss(
            $"mean ablation of standard ({clusters.Count(cluster => cluster == "standard")} neurons)").ShouldBeGreaterThan(
            1);
        Loss($"mean ablation of off ({clusters.Count(cluster => cluster == "off")} neurons)").ShouldBe(
            Loss("none"), 0.05 * Loss("none"));

        // Stander et al., and the re-analysis of these weights: energy lies on cosets (median 1.000 over fifty such
        // networks).
        var constant = outputs["cosets"].Table.Values<double>("part_var").ToArray();
        var energy = outputs["cosets"].Table.Values<double>("energy").ToArray();
        (energy.Where((_, i) => constant[i] < 0.1).Sum() / energy.Sum()).ShouldBeGreaterThan(0.9);
    }
}
