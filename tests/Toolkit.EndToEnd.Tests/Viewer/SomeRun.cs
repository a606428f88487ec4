using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>Small real runs: a network on S4 with random weights, or a published one, over all pairs.</summary>
internal static class SomeRun
{
    private const string Config = """
        {"lr": 0.001, "num_epochs": 100, "weight_decay": 1, "betas": [0.9, 0.98], "layers": {"embed_dim": 16, "hidden_dim": 48},
         "model": "OneLayerMLP", "group": "SymmetricGroup", "group_parameter": 4, "frac_train": 0.7, "seed": 1}
        """;

    /// <summary>
    /// An untrained network on S4; its hidden layer is stored a second time under a name of the test's choice.
    /// </summary>
    public static void Untrained(string folder, string secondName = "hidden again")
    {
        var config = ExperimentConfig.Parse(Config);
        var random = new Random(1);
        var network = GroupNetworkFactory.Create(config, config.CreateGroup().Order);
        var parameters = network.Parameters.ToDictionary(parameter => parameter.Name, parameter => HostTensor.Float32(
            parameter.Shape,
            [.. Enumerable.Range(0, (int)parameter.Shape.Count).Select(_ => (float)(random.NextDouble() - 0.5))]));
        Capture(GroupNetworkExport.ToOnnx(config, parameters, "random", []), config, folder, secondName);
    }

    /// <summary>
    /// A published network of shared/data over all pairs, captured by the program, with its spectra and representation
    /// analysis.
    /// </summary>
    public static async Task Published(string checkpointFolder, string folder)
    {
        var model = folder + ".onnx";
        var group = ExperimentConfig.Load(Path.Combine(checkpointFolder, "cfg.json")).Group.Name;
        await Programs.MakeAsync(
            "inspect", "import", Path.Combine(checkpointFolder, "model.pt"), "--config",
            Path.Combine(checkpointFolder, "cfg.json"), "--out", model);
        await Programs.MakeAsync("inspect", "capture", model, "--inputs", $"group:{group}", "--out", folder);
        await Programs.MakeAsync("inspect", "svd", folder);
        await Programs.MakeAsync("inspect", "group", folder);
    }

    private static void Capture(ModelProto model, ExperimentConfig config, string folder, string? secondName)
    {
        var task = config.CreateTask();
        var n = task.Group.Order;
        long[] a = [.. Enumerable.Range(0, n * n).Select(pair => (long)(pair / n))], b = [.. Enumerable.Range(0, n * n)
            .Select(pair => (long)(pair % n))];
        var exposed = model.Clone();
        exposed.Graph.Output.Add(new ValueInfoProto { Name = "hidden" });
        using var engine = InferenceEngine.Open(exposed, "model.onnx");
        var batch = new TensorShape(n * n);
        using var result = engine.Run(new Dictionary<string, InputValue>
        {
            ["a"] = HostTensor.Create<long>(ElementType.Int64, batch, a), ["b"] = HostTensor.Create<long>(
                ElementType.Int64, batch, b),
        });
        var builder = new RunBuilder().Samples(new Table(
            TableColumn.Create("a", a), TableColumn.Create("b", b),
            TableColumn.Create(
                "product", a.Zip(b, (left, right) => (long)task.Group.Multiply((int)left, (int)right)).ToArray()),
            TableColumn.Create("split", a.Select((_, pair) => pair % 3 == 0 ? "test" : "train").ToArray())));
        foreach (var name in new[] { "hidden", "logits" })
        {
            builder.Tensor(name, new HostTensor(ElementType.Float32, result[name].Shape, result[name].Bytes.ToArray()));
        }

        if (secondName is not null)
        {
            builder.Tensor(
                secondName,
                new HostTensor(ElementType.Float32, result["hidden"].Shape, result["hidden"].Bytes.ToArray()));
        }

        builder.Write(folder);
        var path = Path.Combine(folder, "model.onnx");
        OnnxModelFile.Save(model, path);
        var bytes = File.ReadAllBytes(path);
        foreach (var file in new[] { "manifest.json", "plan.json" })
        {
            var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, file)))!;
            var plan = file == "plan.json" ? json : json["plan"]!;
            plan["model"] = new JsonObject
            {
                ["path"] = "model.onnx", ["file"] = "model.onnx", ["sha256"] = Convert.ToHexStringLower(
                    SHA256.HashData(bytes)), ["bytes"] = bytes.Length,
            };
            plan["inputs"] = new JsonObject { ["source"] = $"group:{task.Group.Name}" };
            File.WriteAllText(Path.Combine(folder, file), json.ToJsonString());
        }
    }
}
