using System.Globalization;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;

namespace Toolkit.Inspect.Results;

/// <summary>The checkpoints of a training folder: <c>checkpoints/epoch_k.*</c> in order of k, each as an ONNX model.</summary>
internal static class TrainingCheckpoints
{
    /// <summary>Finds the checkpoints and, where there are more than wanted, takes them evenly, the first and last among them.</summary>
    public static IReadOnlyList<(string Path, long Epoch)> Find(string folder, int atMost)
    {
        var checkpoints = Path.Combine(folder, "checkpoints");
        if (!Directory.Exists(checkpoints))
        {
            return [];
        }

        var all = Directory.GetFiles(checkpoints, "epoch_*")
            .Select(path => (Path: path, Name: System.IO.Path.GetFileNameWithoutExtension(path)["epoch_".Length..]))
            .Where(file => long.TryParse(file.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(file => (file.Path, Epoch: long.Parse(file.Name, CultureInfo.InvariantCulture)))
            .OrderBy(file => file.Epoch)
            .ToList();
        return all.Count <= atMost
            ? all
            : [.. Enumerable.Range(0, atMost).Select(i => all[(int)((long)i * (all.Count - 1) / Math.Max(1, atMost - 1))]).Distinct()];
    }

    /// <summary>A checkpoint as the network that the configuration describes.</summary>
    public static ModelProto Model(ExperimentConfig config, string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        return GroupNetworkExport.ToOnnx(config, checkpoint.Tensors.ToDictionary(tensor => tensor.Name, checkpoint.Read), path, []);
    }
}
