using System.Text.Json;
using Toolkit.Analysis.Universality;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;

namespace Toolkit.Inspect.Results;

/// <summary>
/// Finds measured networks on disk: published folders (summary_metrics.json) and our own (results/group.json).
/// </summary>
internal static class MeasuredRuns
{
    private const int MostCharacters = 64 << 20;

    /// <summary>
    /// Every measured network: of each folder itself, or else of the folders directly inside it (a capture inside a
    /// measured training folder is the same network).
    /// </summary>
    /// <exception cref="BadInputException">A folder is not there, holds none, or a file is damaged.</exception>
    public static IReadOnlyList<MeasuredRun> Find(IReadOnlyList<string> folders)
    {
        var runs = new List<MeasuredRun>();
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder))
            {
                throw new BadInputException($"{folder}: there is no such folder.");
            }

            List<MeasuredRun> found = Read(folder) is { } own
                ? [own]
                : [.. Directory.GetDirectories(folder)
                    .Order(StringComparer.Ordinal)
                    .Select(Read)
                    .OfType<MeasuredRun>()];
            runs.AddRange(found);
            if (found.Count == 0)
            {
                throw new BadInputException(
                    $"{folder}: neither it nor a folder in it holds summary_metrics.json or results/group.json. "
                        + "Measure networks with `inspect group MODEL.onnx --out DIR`.");
            }
        }

        return runs;
    }

    /// <summary>The keys and values of a summary_metrics.json, or of our own results/group.json.</summary>
    /// <exception cref="BadInputException">It is not there, no JSON, or has no such keys.</exception>
    public static OrderedDictionary<string, double> Values(string path)
    {
        if (!File.Exists(path))
        {
            throw new BadInputException($"{path}: there is no such file.");
        }

        using var document = Json(path);
        return Values(path, document.RootElement);
    }

    private static OrderedDictionary<string, double> Values(string path, JsonElement root)
    {
        var metrics = root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty("metrics", out var inner) ? inner : root;
        if (metrics.ValueKind != JsonValueKind.Object || !metrics.TryGetProperty("test_loss", out _))
        {
            throw new BadInputException(
                $"{path}: there is no 'test_loss' in it; the keys of summary_metrics.json were expected.");
        }

        return new OrderedDictionary<string, double>(
            metrics.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Number)
                .Select(property => KeyValuePair.Create(property.Name, property.Value.GetDouble())),
            StringComparer.Ordinal);
    }

    private static MeasuredRun? Read(string folder)
    {
        var published = Path.Combine(folder, "summary_metrics.json");
        var ours = Path.Combine(folder, "results", "group.json");
        var path = File.Exists(ours) ? ours : File.Exists(published) ? published : null;
        if (path is null)
        {
            return null;
        }

        using var document = Json(path);
        var root = document.RootElement;
        var values = Values(path, root);
        var config = Config(folder, root);
        return new MeasuredRun(
            Path.GetFileName(Path.GetFullPath(folder)),
            config.Group.Name + config.ExtraName,
            config.Architecture == Architecture.Transformer,
            config.Seed,
            values,
            KeyIrreps(folder, root));
    }

    private static IReadOnlyList<string> KeyIrreps(string folder, JsonElement root)
    {
        var progress = Path.Combine(folder, "results", "progress.json");
        if (File.Exists(progress))
        {
            using var document = Json(progress);
            if (document.RootElement.TryGetProperty("learning_order", out var order))
            {
                return [.. order.EnumerateArray().Select(item => item.GetProperty("irrep").GetString()!)];
            }
        }

        foreach (var name in (string[])["key_reps_in_order.txt", "key_reps.txt"])
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return [.. File.ReadAllLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
            }
        }

        return root.TryGetProperty("key_irreps", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? [.. keys.EnumerateArray().Select(key => key.GetString()!)]
            : [];
    }

    private static ExperimentConfig Config(string folder, JsonElement root)
    {
        foreach (var name in (string[])["cfg.json", "config.json"])
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return ExperimentConfig.Load(path);
            }
        }

        var model = Path.Combine(folder, "model.onnx");
        return File.Exists(model) && ModelMetadata.Read(OnnxModelFile.Load(model), model) is { } metadata
                ? ExperimentConfig.Parse(metadata.Config, model)
            : root.TryGetProperty("config", out var measured) && measured.ValueKind == JsonValueKind.String
                ? ExperimentConfig.Parse(measured.GetString()!, Path.Combine(folder, "results", "group.json"))
            : throw new BadInputException(
                $"{folder}: there is no cfg.json, config.json or model.onnx that says which group and seed this is.");
    }

    private static JsonDocument Json(string path)
    {
        try
        {
            return JsonDocument.Parse(TextFile.Read(path, MostCharacters, "a summary"));
        }
        catch (JsonException fault)
        {
            throw new BadInputException($"{path}: not JSON: {fault.Message}", fault);
        }
    }
}
