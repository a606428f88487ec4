using System.Text.Json.Nodes;
using Toolkit.Formats.Checkpoints;

namespace Toolkit.Formats.Import;

/// <summary>Lineage as the JSON that goes into a model's metadata under <see cref="MetadataKey"/>.</summary>
public static class LineageJson
{
    /// <summary>The metadata entry that holds lineage.</summary>
    public const string MetadataKey = "toolkit.lineage";

    /// <summary>Describes what a model was built from.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensors">Name in the model and lineage of every tensor that went into it.</param>
    /// <returns>An object with <c>source</c>, <c>format</c> and <c>tensors</c>.</returns>
    public static JsonObject Write(Checkpoint checkpoint, IEnumerable<KeyValuePair<string, TensorLineage>> tensors)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(tensors);
        var entries = new JsonObject();
        foreach (var (name, lineage) in tensors)
        {
            var entry = new JsonObject
            {
                ["key"] = lineage.Key,
                ["type"] = lineage.Type,
                ["shape"] = new JsonArray([.. lineage.Shape.Select(extent => (JsonNode)extent)]),
                ["sha256"] = lineage.Sha256,
            };
            if (!lineage.Transformations.IsEmpty)
            {
                entry["transformations"] = new JsonArray([.. lineage.Transformations.Select(step => (JsonNode)step)]);
            }

            entries[name] = entry;
        }

        return new JsonObject
        {
            ["program"] = "inspect import",
            ["source"] = checkpoint.Name,
            ["format"] = checkpoint.Format,
            ["tensors"] = entries,
        };
    }
}
