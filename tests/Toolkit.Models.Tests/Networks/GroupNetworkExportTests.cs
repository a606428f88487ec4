using System.Text.Json.Nodes;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Models.Tests.Networks;

public sealed class GroupNetworkExportTests
{
    [Theory]
    [InlineData("OneLayerMLP", 1)]
    [InlineData("OneLayerMLP", 2)]
    [InlineData("OneLayerMLPwithBias", 1)]
    [InlineData("BilinearNet", 1)]
    [InlineData("Transformer", 1)]
    [InlineData("Transformer", 3)]
    public void Every_network_runs_with_any_batch_and_keeps_the_checkpoint_names(string model, int depth)
    {
        var config = Config(model, depth);
        var parameters = Parameters(config);
        var exported = GroupNetworkExport.ToOnnx(config, parameters, "test", []);

        parameters.Keys.ShouldBeSubsetOf(exported.Graph.Initializer.Select(tensor => tensor.Name));
        using var engine = InferenceEngine.Open(exported, "model.onnx");
        engine.Inputs.Select(input => input.Name).ShouldBe(["a", "b"]);
        foreach (var batch in new[] { 1, 7 })
        {
            using var result = engine.Run(Pairs(batch));
            result["logits"].Shape.ShouldBe(new TensorShape(batch, 6));
        }
    }

    [Fact]
    public void The_one_layer_MLP_is_its_formula()
    {
        var config = Config("OneLayerMLP");
        var parameters = Parameters(config);
        using var engine = InferenceEngine.Open(
            GroupNetworkExport.ToOnnx(config, parameters, "test", []), "model.onnx");
        using var result = engine.Run(Pairs(5));

        var logits = result["logits"].AsSpan<float>();
        float[] wx = At("W_x"), wy = At("W_y"), w = At("W"), wu = At("W_U");
        for (var i = 0; i < 5; i++)
        {
            var (a, b) = (i % 6, i * 5 % 6);
            for (var z = 0; z < 6; z++)
            {
                double logit = 0;
                for (var neuron = 0; neuron < 3; neuron++)
                {
                    double pre = 0;
                    for (var e = 0; e < 4; e++)
                    {
                        pre += (wx[(a * 4) + e] * w[(e * 3) + neuron]) + (wy[(b * 4) + e] * w[((e + 4) * 3) + neuron]);
                    }

                    logit += Math.Max(pre, 0) * wu[(neuron * 6) + z];
                }

                ((double)logits[(i * 6) + z]).ShouldBe(logit, 1e-5);
            }
        }

        float[] At(string name) => parameters[name].AsSpan<float>().ToArray();
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_listed_all_at_once()
    {
        var config = Config("OneLayerMLP");
        var tensors = Parameters(config);
        tensors.Remove("W");
        tensors["W_x"] = HostTensor.Float32(new TensorShape(2, 2), new float[4]);
        tensors["W_U"] = HostTensor.Create<double>(ElementType.Float64, new TensorShape(3, 6), new double[18]);
        tensors["colour"] = HostTensor.Float32(new TensorShape(1), [1]);

        Should.Throw<BadInputException>(() => GroupNetworkExport.ToOnnx(config, tensors, "model.pt", [])).Message
            .ShouldBe(
                "model.pt: not a OneLayerMLP for a group of 6 elements: 'W_x' is float32 [2, 2], expected float32 "
                    + "[6, 4]; "
                + "'W' [8, 3] is missing; 'W_U' is float64 [3, 6], expected float32 [3, 6]; 'colour' is not "
                + "part of it. "
                + "Does the configuration belong to this checkpoint?");
    }

    [Fact]
    public void A_transformer_loses_aliases_and_zero_biases_and_keeps_other_biases()
    {
        var config = Config("Transformer");
        var tensors = Parameters(config);
        tensors["x_embed"] = tensors["y_embed"] = tensors["embed.W_E"];
        tensors["unembed.b_U"] = HostTensor.Float32(new TensorShape(6), new float[6]);
        GroupNetworkExport.ToOnnx(config, tensors, "model.pt", []).Graph.Initializer.ShouldNotContain(
            tensor => tensor.Name == "unembed.b_U");
        var before = Logits();

        tensors["unembed.b_U"] = HostTensor.Float32(new TensorShape(6), [1, 2, 3, 4, 5, 6]);
        var after = Logits();
        for (var i = 0; i < after.Length; i++)
        {
            (after[i] - before[i]).ShouldBe((i % 6) + 1, 1e-5f);
        }

        tensors["x_embed"] = HostTensor.Float32(new TensorShape(7, 4), new float[28]);
        Should.Throw<BadInputException>(Logits).Message.ShouldContain("'x_embed' is not part of it");

        float[] Logits()
        {
            using var engine = InferenceEngine.Open(
                GroupNetworkExport.ToOnnx(config, tensors, "model.pt", []), "model.onnx");
            using var result = engine.Run(Pairs(4));
            return result["logits"].AsSpan<float>().ToArray();
        }
    }

    [Fact]
    public void Metadata_survives_the_file_and_builds_the_same_task()
    {
        var config = Config("Transformer");
        var model = GroupNetworkExport.ToOnnx(
            config, Parameters(config), "model.pt", new JsonObject { ["file"] = "model.pt" });
        var metadata = ModelMetadata.Read(model, "model.onnx").ShouldNotBeNull();

        metadata.Config.ShouldBe(config.Text);
        metadata.Group.Elements.ShouldBe(Enumerable.Range(0, 6).Select(config.CreateGroup().ElementName));
        metadata.Split.TrainCount.ShouldBe(21);
        metadata.Lineage["file"]!.GetValue<string>().ShouldBe("model.pt");
        metadata.Role(NetworkRole.Hidden)!.Value.ShouldBe("blocks.0.mlp.hook_post");
        metadata.Role(NetworkRole.Hidden)!.Position.ShouldBe(2);
        string.Join(" · ", metadata.Role(NetworkRole.EmbedX)!.Factors).ShouldBe("embed.W_E[:6]");
        metadata.BuildTask("model.onnx").TrainPairs.ToArray().ShouldBe(config.CreateTask().TrainPairs.ToArray());

        metadata.Write(model);
        model.MetadataProps.Select(entry => entry.Key).ShouldBeUnique();
    }

    [Fact]
    public void Metadata_that_is_damaged_is_named_and_a_foreign_model_has_none()
    {
        var config = Config("OneLayerMLP");
        var model = GroupNetworkExport.ToOnnx(config, Parameters(config), "model.pt", []);
        model.MetadataProps.Single(entry => entry.Key == "toolkit.split").Value = "{";
        Should.Throw<BadInputException>(() => ModelMetadata.Read(model, "m.onnx")).Message.ShouldStartWith(
            "m.onnx: the metadata entry 'toolkit.split'");
        model.MetadataProps.Remove(model.MetadataProps.Single(entry => entry.Key == "toolkit.split"));
        Should.Throw<BadInputException>(() => ModelMetadata.Read(model, "m.onnx")).Message.ShouldContain(
            "'toolkit.split' is missing");
        model.MetadataProps.Clear();
        ModelMetadata.Read(model, "m.onnx").ShouldBeNull();
    }

    private static ExperimentConfig Config(string model, int depth = 1) => ExperimentConfig.Parse($$"""
        {"model": "{{model}}", "group": "S3", "lr": 0.001, "weight_decay": 1, "betas": [0.9, 0.98], "frac_train": 0.6, "seed": 1, "num_epochs": 1,
         "layers": {"embed_dim": 4, "hidden_dim": 3, "depth": {{depth}}, "d_model": 4, "n_heads": 2, "d_head": 2, "d_mlp": 5} }
        """);

    private static Dictionary<string, HostTensor> Parameters(ExperimentConfig config)
    {
        var random = new Random(5);
        return GroupNetworkFactory.Create(config, 6).Parameters.Where(parameter => parameter.IsTrained).ToDictionary(
            parameter => parameter.Name,
            parameter => HostTensor.Float32(
                parameter.Shape, Enumerable.Range(0, (int)parameter.Shape.Count)
                    .Select(_ => (float)((random.NextDouble() * 2) - 1))
                    .ToArray()),
            StringComparer.Ordinal);
    }

    private static Dictionary<string, InputValue> Pairs(int batch) => new(StringComparer.Ordinal)
    {
        ["a"] = HostTensor.Create<long>(
            ElementType.Int64, new TensorShape(batch), Enumerable.Range(0, batch).Select(i => (long)(i % 6)).ToArray()),
        ["b"] = HostTensor.Create<long>(
            ElementType.Int64,
            new TensorShape(batch),
            Enumerable.Range(0, batch).Select(i => (long)(i * 5 % 6)).ToArray()),
    };
}
