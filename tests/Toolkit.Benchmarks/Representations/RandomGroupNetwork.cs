using Toolkit.Analysis.Representations;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;

namespace Toolkit.Benchmarks.Representations;

/// <summary>
/// A network of the published sizes with random weights: the cost of the analysis depends on the sizes alone.
/// </summary>
internal sealed class RandomGroupNetwork
{
    private const string Path = "model.onnx";
    private readonly ModelProto _model;
    private readonly IReadOnlyList<NetworkRole> _roles;
    private readonly bool _isTransformer;

    /// <summary>Draws a network.</summary>
    /// <param name="group">"S6", "C100", …</param>
    /// <param name="isTransformer">A transformer of 512 neurons, else an MLP of 128.</param>
    public RandomGroupNetwork(string group, bool isTransformer)
    {
        var (model, layers) = isTransformer
            ? ("Transformer", """{"d_model": 128, "d_mlp": 512, "n_heads": 4, "d_head": 32}""")
            : ("OneLayerMLP", """{"embed_dim": 256, "hidden_dim": 128}""");
        var config = ExperimentConfig.Parse($$"""
            {"model": "{{model}}", "group": "{{group}}", "layers": {{layers}}, "lr": 0.001, "weight_decay": 1, "betas": [0.9, 0.98], "frac_train": 0.4,
             "seed": 1, "num_epochs": 1}
            """);
        Task = config.CreateTask();
        var random = new TorchRandom(1);
        var network = GroupNetworkFactory.Create(config, Task.Group.Order);
        _model = GroupNetworkExport.ToOnnx(config, network.Parameters.Where(one => one.IsTrained).ToDictionary(
            one => one.Name,
            one =>
            {
                var values = new float[one.Shape.Count];
                random.FillNormal(values);
                return HostTensor.Float32(one.Shape, Array.ConvertAll(values, value => value / 8));
            },
            StringComparer.Ordinal), "benchmark", []);
        _roles = network.Roles;
        _isTransformer = isTransformer;
        Weights = new GroupNetworkReader(_model, Path, _roles).ReadWeights(Task.Group.Order);
        Spans = [.. IrrepTable.Of(Task.Group).Select(RepresentationSpan.Of)];
    }

    public GroupTask Task { get; }

    public GroupNetworkWeights Weights { get; }

    public IReadOnlyList<RepresentationSpan> Spans { get; }

    /// <summary>The first pass over all pairs, in ONNX Runtime.</summary>
    public GroupNetworkMoments Run() => GroupNetworkRunner.Run(Task.Group, _model, Path, _roles);

    /// <summary>Every key.</summary>
    public RepresentationMetrics Measure(GroupNetworkMoments moments) =>
        RepresentationAnalysis.Measure(
            Task, Weights, moments, new RepresentationOptions(Spans) { IsTransformer = _isTransformer });
}
