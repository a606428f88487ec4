using System.Text.Json;
using System.Text.Json.Nodes;
using Toolkit.Models.Configuration;
using Toolkit.Models.Groups;

namespace Toolkit.Train.Commands;

/// <summary>
/// Applies options of the command line to a configuration, so that the file kept with the run is what was run.
/// </summary>
internal static class ConfigurationOverrides
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a configuration and changes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="epochs">In place of num_epochs; null keeps it.</param>
    /// <param name="seed">In place of seed; null keeps it.</param>
    /// <returns>The configuration; a multiplication table in a file of its own is written out in its text.</returns>
    public static ExperimentConfig Load(string path, int? epochs, long? seed)
    {
        var original = ExperimentConfig.Load(path);
        var json = JsonNode.Parse(original.Text)!.AsObject();
        if (epochs is not null)
        {
            json["num_epochs"] = epochs;
        }

        if (seed is not null)
        {
            json["seed"] = seed;
        }

        if (json["group"] is JsonObject)
        {
            json["group"] = GroupDefinitionJson.Write(original.CreateGroup())["group"]!.DeepClone();
        }

        return ExperimentConfig.Parse(
            json.ToJsonString(Indented), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
