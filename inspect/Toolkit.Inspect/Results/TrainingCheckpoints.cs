using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;

namespace Toolkit.Inspect.Results;

/// <summary>The checkpoints of a training folder as ONNX models.</summary>
internal static class TrainingCheckpoints
{
    /// <summary>A checkpoint as the network that the configuration describes.</summary>
    public static ModelProto Model(ExperimentConfig config, string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        return GroupNetworkExport.ToOnnx(
            config, checkpoint.Tensors.ToDictionary(tensor => tensor.Name, checkpoint.Read), path, []);
    }
}
