using Toolkit.Capture;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Sources;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;

namespace Toolkit.Inspect.Tests.Commands;

/// <summary>Networks of random weights, and captures of them.</summary>
internal static class SomeGroupNetwork
{
    public static string ConfigText(
        string model, string group, string layers = """{"embed_dim": 8, "hidden_dim": 6}""") => $$"""
        {"lr": 0.001, "weight_decay": 1, "betas": [0.9, 0.98], "layers": {{layers}}, "model": "{{model}}",
         "group": "{{group}}", "frac_train": 0.5, "num_epochs": 10, "seed": 1}
        """;

    public static ExperimentConfig Mlp(string group) => ExperimentConfig.Parse(ConfigText("OneLayerMLP", group));

    public static ExperimentConfig Transformer(string group) => ExperimentConfig.Parse(
        ConfigText("Transformer", group, """{"d_model": 16, "d_mlp": 24, "n_heads": 2, "d_head": 8}"""));

    /// <summary>Random weights for a configuration: the initial ones of torch's generator.</summary>
    public static Dictionary<string, HostTensor> Weights(ExperimentConfig config, long seed = 7)
    {
        var random = new TorchRandom(seed);
        return GroupNetworkFactory.Create(config, config.CreateTask().Group.Order).Parameters
            .Where(parameter => parameter.IsTrained)
            .ToDictionary(
                parameter => parameter.Name,
                parameter =>
                {
                    var values = new float[parameter.Shape.Count];
                    random.FillNormal(values);
                    return HostTensor.Float32(parameter.Shape, values);
                },
                StringComparer.Ordinal);
    }

    /// <summary>
    /// Weights that answer every pair rightly: a neuron for each pair, on for that pair alone, ReLU(½ + ½ − …).
    /// </summary>
    public static Dictionary<string, HostTensor> TableOf(string group)
    {
        var elements = Toolkit.Models.Groups.FiniteGroup.Parse(group);
        var n = elements.Order;
        HostTensor Matrix(int rows, int columns, Func<int, int, bool> isOn, float off) => HostTensor.Float32(
            new TensorShape(rows, columns),
            [.. Enumerable.Range(0, rows * columns).Select(i => isOn(i / columns, i % columns) ? off + 1 : off)]);
        return new(StringComparer.Ordinal)
        {
            ["W_x"] = Matrix(n, n, (element, column) => element == column, 0),
            ["W_y"] = Matrix(n, n, (element, column) => element == column, 0),
            ["W"] = Matrix(2 * n, n * n, (row, pair) => row < n ? row == pair / n : row - n == pair % n, -0.5f),
            ["W_U"] = Matrix(n * n, n, (pair, c) => elements.Multiply(pair / n, pair % n) == c, 0),
        };
    }

    public static ModelProto Model(ExperimentConfig config, Dictionary<string, HostTensor>? weights = null) =>
        GroupNetworkExport.ToOnnx(config, weights ?? Weights(config), "test", []);

    /// <summary>
    /// The same MLP as another tool would have exported it: one input [batch, 2], other names, a matrix for each side,
    /// transposed weights in Gemm, and no metadata.
    /// </summary>
    public static ModelProto ForeignModel(Dictionary<string, HostTensor> weights)
    {
        var graph = SomeModel.Graph(
            [],
            ["out:batch,6"],
            SomeModel.Node("Gather", "pairs zero", "a", SomeModel.Attribute("axis", 1)),
            SomeModel.Node("Gather", "pairs one", "b", SomeModel.Attribute("axis", 1)),
            SomeModel.Node("Gather", "left.weight a", "left"),
            SomeModel.Node("Gather", "right.weight b", "right"),
            SomeModel.Node("Gemm", "left fc_left.weight", "from_left", SomeModel.Attribute("transB", 1)),
            SomeModel.Node("Gemm", "right fc_right.weight", "from_right", SomeModel.Attribute("transB", 1)),
            SomeModel.Node("Add", "from_left from_right", "sum"),
            SomeModel.Node("Relu", "sum", "act"),
            SomeModel.Node("Gemm", "act head.weight", "out", SomeModel.Attribute("transB", 1)));
        graph.Input.Add(SomeModel.Value("pairs:batch,2", ElementType.Int64));
        var (w, e) = (weights["W"], (int)weights["W_x"].Shape[1]);
        foreach (var (name, tensor) in new[]
        {
            ("left.weight", weights["W_x"]), ("right.weight", weights["W_y"]), ("fc_left.weight", Transposed(w, 0, e)),
            ("fc_right.weight", Transposed(w, e, 2 * e)), (
                "head.weight", Transposed(weights["W_U"], 0, (int)weights["W_U"].Shape[0])),
        })
        {
            graph.Initializer.Add(OnnxTensor.Write(name, tensor));
        }

        graph.Initializer.Add(SomeModel.Constant("zero", new TensorShape(), 0L));
        graph.Initializer.Add(SomeModel.Constant("one", new TensorShape(), 1L));
        return SomeModel.Of(graph);

        static HostTensor Transposed(HostTensor matrix, int firstRow, int endRow)
        {
            var columns = (int)matrix.Shape[1];
            return HostTensor.Float32(
                new TensorShape(columns, endRow - firstRow),
                [.. Enumerable.Range(0, columns).SelectMany(c => Enumerable.Range(firstRow, endRow - firstRow)
                    .Select(r => matrix.AsSpan<float>()[(r * columns) + c]))]);
        }
    }

    /// <summary>What plays which role in <see cref="ForeignModel"/>.</summary>
    public static string[] ForeignRoles =>
    [
        "--role", "hidden=act", "--role", "embed_x=left.weight*fc_left.weight^T", "--role", "embed_y=right.weight*fc_right.weight^T",
        "--role", "unembed=head.weight^T",
    ];

    public static string Save(ModelProto model, string path)
    {
        OnnxModelFile.Save(model, path);
        return path;
    }

    public static async Task<string> CaptureAsync(
        string model, string folder, IReadOnlyList<string> values, string inputs = "group")
    {
        using var preparation = CapturePreparation.Create(new CaptureOptions
        {
            ModelPath = model,
            Folder = folder,
            Inputs = described => GroupInputs.Open(inputs, model, described),
            Values = values,
        });
        await CaptureSession.RunAsync(preparation, cancellation: TestContext.Current.CancellationToken);
        return folder;
    }
}
