using System.Reflection;
using System.Text.Json.Nodes;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;

namespace Toolkit.Models.Networks;

/// <summary>
/// Writes a group network as an ONNX model: inputs <c>a</c>, <c>b</c> int64 [batch], output <c>logits</c> float32
/// [batch, n].
/// </summary>
/// <remarks>
/// Values carry the names of the literature (<c>hidden</c>, <c>blocks.0.attn.hook_z</c>), initializers those of the
/// checkpoint. Opset 17; no Torch is needed.
/// </remarks>
public static class GroupNetworkExport
{
    /// <summary>Writes a network with given weights.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Exactly its parameters; see <see cref="GroupNetworkParameters.Fit"/>.</param>
    /// <param name="metadata">What the file says about itself.</param>
    /// <returns>The model; it shares the parameters' memory.</returns>
    public static ModelProto ToOnnx(
        GroupNetwork network, IReadOnlyDictionary<string, HostTensor> parameters, ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(metadata);
        var graph = new GraphBuilder($"{network.Architecture}_{metadata.Group.Name}");
        var a = graph.Input(GroupNetwork.InputA, ElementType.Int64, "batch");
        var b = graph.Input(GroupNetwork.InputB, ElementType.Int64, "batch");
        var logits = network.Forward(new OnnxTensorOps(graph, parameters), a, b);
        graph.Output(logits, ElementType.Float32, "batch", network.Order);
        var model = graph.Build("toolkit", ToolVersion);
        metadata.Write(model);
        return model;
    }

    /// <summary>Writes a checkpoint, ours or a foreign one, as the network that a configuration describes.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="parameters">The checkpoint's tensors by name.</param>
    /// <param name="source">The checkpoint's name, for messages.</param>
    /// <param name="lineage">Where the weights come from; goes into the metadata.</param>
    /// <returns>The model; it shares the parameters' memory.</returns>
    /// <exception cref="BadInputException">The tensors do not fit: every missing, unknown or misshapen one is
    /// listed.</exception>
    public static ModelProto ToOnnx(
        ExperimentConfig config, IReadOnlyDictionary<string, HostTensor> parameters, string source, JsonObject lineage)
    {
        ArgumentNullException.ThrowIfNull(config);
        var task = config.CreateTask();
        var (network, fitted) = GroupNetworkParameters.Fit(
            GroupNetworkFactory.Create(config, task.Group.Order), parameters, source);
        return ToOnnx(network, fitted, ModelMetadata.Create(config, task, network, lineage));
    }

    private static string ToolVersion =>
        typeof(GroupNetworkExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0";
}
