using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Models.Configuration;
using Toolkit.Models.Groups;
using Toolkit.Models.Tasks;

namespace Toolkit.Models.Networks;

/// <summary>
/// What an ONNX file of ours says about itself in <c>metadata_props</c>: configuration, group, split, roles, lineage.
/// With it a file alone is enough to capture all pairs and to analyse the network.
/// </summary>
/// <param name="Config">The configuration (cfg.json) as JSON text.</param>
/// <param name="Group">The group.</param>
/// <param name="Split">The split.</param>
/// <param name="Roles">What plays which role.</param>
/// <param name="Lineage">Where the weights come from: program, version, seed and epochs, or the checkpoint's file and
/// hashes.</param>
public sealed record ModelMetadata(
    string Config, ModelGroup Group, ModelSplit Split, IReadOnlyList<NetworkRole> Roles, JsonObject Lineage)
{
    private const string ConfigKey = "toolkit.config";
    private const string GroupKey = "toolkit.group";
    private const string SplitKey = "toolkit.split";
    private const string RolesKey = "toolkit.roles";
    private const string LineageKey = "toolkit.lineage";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Describes a network that a configuration made.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="task">Its group and split.</param>
    /// <param name="network">Its network.</param>
    /// <param name="lineage">Where the weights come from.</param>
    /// <returns>The metadata.</returns>
    public static ModelMetadata Create(
        ExperimentConfig config, GroupTask task, GroupNetwork network, JsonObject lineage)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(network);
        return new ModelMetadata(config.Text, ModelGroup.Of(task.Group), ModelSplit.Of(task), network.Roles, lineage);
    }

    /// <summary>Reads the metadata of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">The model's name, for messages.</param>
    /// <returns>The metadata; null where the model is not one of ours (has no <c>toolkit.group</c>).</returns>
    /// <exception cref="BadInputException">An entry is missing or is not what it should be.</exception>
    public static ModelMetadata? Read(ModelProto model, string source)
    {
        ArgumentNullException.ThrowIfNull(model);
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in model.MetadataProps)
        {
            entries[entry.Key] = entry.Value;
        }

        if (!entries.ContainsKey(GroupKey))
        {
            return null;
        }

        return new ModelMetadata(
            Text(ConfigKey),
            Parse<ModelGroup>(GroupKey), Parse<ModelSplit>(SplitKey), Parse<IReadOnlyList<NetworkRole>>(RolesKey),
            Parse<JsonObject>(LineageKey));

        string Text(string key) => entries.GetValueOrDefault(key)
            ?? throw new BadInputException(
                $"{source}: the metadata entry '{key}' is missing beside '{GroupKey}'; export or import the "
                    + "network again.");

        T Parse<T>(string key)
        {
            try
            {
                return JsonSerializer.Deserialize<T>(Text(key), Json)
                    ?? throw new BadInputException(
                        $"{source}: the metadata entry '{key}' is null; export or import the network again.");
            }
            catch (JsonException fault)
            {
                throw new BadInputException(
                    $"{source}: the metadata entry '{key}' is not the JSON it should be ({fault.Message}); export or "
                        + "import the network again.", fault);
            }
        }
    }

    /// <summary>Writes the metadata into a model, in place of what it said before.</summary>
    /// <param name="model">The model; changed.</param>
    public void Write(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Put(ConfigKey, Config);
        Put(GroupKey, JsonSerializer.Serialize(Group, Json));
        Put(SplitKey, JsonSerializer.Serialize(Split, Json));
        Put(RolesKey, JsonSerializer.Serialize(Roles, Json));
        Put(LineageKey, Lineage.ToJsonString(Json));

        void Put(string key, string value)
        {
            foreach (var old in model.MetadataProps.Where(entry => entry.Key == key).ToList())
            {
                model.MetadataProps.Remove(old);
            }

            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }

    /// <summary>Builds the group and the split that the model was trained on.</summary>
    /// <param name="source">The model's name, for messages.</param>
    /// <returns>The task.</returns>
    /// <exception cref="BadInputException">The definition does not build a group of the stated order.</exception>
    public GroupTask BuildTask(string source)
    {
        var group = GroupDefinitionJson.Read(JsonSerializer.SerializeToElement(Group.Definition), source);
        if (group.Order != Group.Order)
        {
            throw new BadInputException(
                $"{source}: the metadata says that the group has {Group.Order} elements, its definition builds "
                    + $"{group.Order}; export or import the network again.");
        }

        return new GroupTask(group, Split.Fraction, Split.Seed);
    }

    /// <summary>The role of a name.</summary>
    /// <param name="name">For example <see cref="NetworkRole.Hidden"/>.</param>
    /// <returns>The role; null where nothing plays it.</returns>
    public NetworkRole? Role(string name) => Roles.FirstOrDefault(role => role.Name == name);
}
