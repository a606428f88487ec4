using System.Security.Cryptography;
using System.Text.Json;
using Toolkit.Analysis.Universality;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Models.Configuration;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;

using MemoryMarshal = System.Runtime.InteropServices.MemoryMarshal;

namespace Toolkit.Inspect.Results;

/// <summary>
/// Finds measured networks on disk: published folders (summary_metrics.json) and our own (results/group.json).
/// </summary>
internal static class MeasuredRuns
{
    private const int MostCharacters = 64 << 20;

    /// <summary>
    /// Every measured network: of each folder itself, or else of the folders directly inside it (a capture inside a
    /// measured training folder is the same network). A folder given twice is read once.
    /// </summary>
    /// <returns>The networks, and the folders that are not there, hold none, or whose files are damaged.</returns>
    /// <exception cref="BadInputException">Not one network could be read.</exception>
    public static (List<MeasuredRun> Runs, List<BrokenRun> Broken) Find(IReadOnlyList<string> folders)
    {
        var (runs, broken) = (new List<MeasuredRun>(), new List<BrokenRun>());
        foreach (var folder in folders.SelectMany(Measured)
            .DistinctBy(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), StringComparer.Ordinal))
        {
            try
            {
                runs.Add(Read(folder));
            }
            catch (BadInputException fault)
            {
                broken.Add(new(folder, fault.Message));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                broken.Add(new(folder, $"{folder}: it cannot be read: {fault.Message.TrimEnd('.')}."));
            }
        }

        return runs.Count > 0 ? (runs, broken)
            : throw new BadInputException(string.Join('\n', broken.Select(run => run.Reason)));
    }

    /// <summary>The folder itself where it was measured or where nothing in it was, else those in it.</summary>
    private static IEnumerable<string> Measured(string folder)
    {
        string[] inner = ResultFile(folder) is null && Directory.Exists(folder)
            ? [.. Directory.GetDirectories(folder).Where(path => ResultFile(path) is not null)
                .Order(StringComparer.Ordinal)]
            : [];
        return inner.Length > 0 ? inner : [folder];
    }

    private static string? ResultFile(string folder) =>
        ((string[])[Path.Combine(folder, "results", "group.json"), Path.Combine(folder, "summary_metrics.json")])
            .FirstOrDefault(File.Exists);

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
        var metrics = Property(root, "metrics") ?? root;
        if (Property(metrics, "test_loss") is null or { ValueKind: JsonValueKind.Array or JsonValueKind.Object })
        {
            throw new BadInputException(
                $"{path}: there is no 'test_loss' in it; the keys of summary_metrics.json were expected.");
        }

        var values = new OrderedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var property in metrics.EnumerateObject().Where(
            property => property.Value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object)))
        {
            if (!values.TryAdd(property.Name, Number(property, path)))
            {
                throw new BadInputException(
                    $"{path}: '{property.Name}' is in it twice. Get it again, or measure the network anew with "
                        + "`inspect group`.");
            }
        }

        return values;
    }

    /// <summary>A measurement; one that is not finite is written by its name, as in our own files.</summary>
    private static double Number(JsonProperty property, string path)
    {
        var value = property.Value;
        return value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()) ? value.GetDouble()
            : value.ValueKind != JsonValueKind.String ? throw Wrong()
            : value.GetString() switch
            {
                "NaN" => double.NaN,
                "Infinity" => double.PositiveInfinity,
                "-Infinity" => double.NegativeInfinity,
                _ => throw Wrong(),
            };

        BadInputException Wrong() => new(
            $"{path}: '{property.Name}' is {value.GetRawText()}, where a number was expected. Get it again, or measure "
                + "the network anew with `inspect group`.");
    }

    private static MeasuredRun Read(string folder)
    {
        var path = ResultFile(folder) ?? throw new BadInputException(Directory.Exists(folder)
            ? $"{folder}: neither it nor a folder in it holds summary_metrics.json or results/group.json. "
                + "Measure networks with `inspect group MODEL.onnx --out DIR`."
            : $"{folder}: there is no such folder.");
        using var document = Json(path);
        var root = document.RootElement;
        var values = Values(path, root);
        var config = Config(folder, root);
        return new MeasuredRun(
            folder,
            GroupName(config) + config.ExtraName,
            config.Architecture == Architecture.Transformer,
            config.Seed,
            IsLegacy: !HasSelfTests(root),
            values,
            KeyIrreps(folder, path, root));
    }

    /// <summary>Groups that have no name of their own are told apart by their products.</summary>
    private static string GroupName(ExperimentConfig config)
    {
        if (config.Group is not (GroupDefinition.Cayley or GroupDefinition.Generated))
        {
            return config.Group.Name;
        }

        var group = config.CreateGroup();
        var products = MemoryMarshal.AsBytes(group.Table);
        return $"{group.Name}#{Convert.ToHexStringLower(SHA256.HashData(products))[..6]}";
    }

    /// <summary>Self-tests are of correct definitions; the published ones would not pass them.</summary>
    private static bool HasSelfTests(JsonElement root) =>
        Property(root, "self_tests") is { ValueKind: JsonValueKind.Array } tests && tests.GetArrayLength() > 0;

    private static IReadOnlyList<string> KeyIrreps(string folder, string path, JsonElement root)
    {
        var progress = Path.Combine(folder, "results", "progress.json");
        if (File.Exists(progress))
        {
            using var document = Json(progress);
            if (Property(document.RootElement, "learning_order") is { ValueKind: JsonValueKind.Array } order)
            {
                return [.. order.EnumerateArray().Select(item => Irrep(Property(item, "irrep"), progress))];
            }
        }

        foreach (var name in (string[])["key_reps_in_order.txt", "key_reps.txt"])
        {
            var list = Path.Combine(folder, name);
            if (File.Exists(list))
            {
                return [.. File.ReadAllLines(list).Select(line => line.Trim()).Where(line => line.Length > 0)];
            }
        }

        return Property(root, "key_irreps") is { ValueKind: JsonValueKind.Array } keys
            ? [.. keys.EnumerateArray().Select(key => Irrep(key, path))]
            : [];
    }

    private static JsonElement? Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    private static string Irrep(JsonElement? name, string path) =>
        name is { ValueKind: JsonValueKind.String } text ? text.GetString()!
            : throw new BadInputException(
                $"{path}: where a name of an irrep was expected there is none. Write it again with `inspect group`.");

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
            throw new BadInputException(
                $"{path}: not JSON: {fault.Message} Get it again, or measure the network anew with "
                    + "`inspect group`.", fault);
        }
    }
}
