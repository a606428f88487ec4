using System.Text.Json;
using System.Text.Json.Nodes;
using Toolkit.Formats;
using Toolkit.Models.Configuration;

namespace Toolkit.Train.Sweeps;

/// <summary>
/// Many runs from one file: <c>{"base": {fields of a configuration}, "vary": {"group": ["S4", "Q8"], "model": […],
/// "seed": [1, 2, 3]}}</c>. Every combination of the varied fields is one run.
/// </summary>
internal sealed class SweepPlan
{
    private const int MaximumRuns = 100_000;

    private static readonly string[] InName = ["group", "group_parameter", "model", "seed"];

    private SweepPlan(IReadOnlyList<ExperimentConfig> runs) => Runs = runs;

    /// <summary>The runs, in the order of the file: the last field varies fastest. Their names differ.</summary>
    public IReadOnlyList<ExperimentConfig> Runs { get; }

    /// <summary>Reads a sweep.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">It is missing, is not JSON, or describes no valid runs; the first faulty run
    /// is named.</exception>
    public static SweepPlan Load(string path)
    {
        var (start, vary) = Read(path);
        var runs = new List<ExperimentConfig>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var choice in Combinations(vary, path))
        {
            var json = start.DeepClone().AsObject();
            var extra = start["extra_name"]?.ToString() ?? string.Empty;
            foreach (var (field, value) in choice)
            {
                json[field] = value?.DeepClone();
                extra += InName.Contains(field) ? string.Empty : $"_{field}_{Short(value)}";
            }

            if (extra.Length > 0)
            {
                json["extra_name"] = extra;
            }

            var label = string.Join(", ", choice.Select(part => $"{part.Field} = {part.Value?.ToJsonString()}"));
            var config = ExperimentConfig.Parse(
                json.ToJsonString(), $"{path} ({label})", Path.GetDirectoryName(Path.GetFullPath(path))!);
            if (!names.Add(config.Name))
            {
                throw new BadInputException(
                    $"{path}: two runs are called '{config.Name}'; a value is listed twice under 'vary'.");
            }

            runs.Add(config);
        }

        return new SweepPlan(runs);
    }

    private static (JsonObject Start, List<KeyValuePair<string, JsonNode?>> Vary) Read(string path)
    {
        JsonObject json;
        try
        {
            json = JsonNode.Parse(TextFile.Read(path, 64 << 20, "a sweep")) as JsonObject
                ?? throw new BadInputException($"{path}: a sweep is an object {{\"base\": …, \"vary\": …}}.");
        }
        catch (JsonException fault)
        {
            throw new BadInputException($"{path}: not JSON: {fault.Message}", fault);
        }

        var unknown = json.Select(field => field.Key).FirstOrDefault(name => name is not ("base" or "vary"));
        if (unknown is not null)
        {
            throw new BadInputException($"{path}: unknown field '{unknown}'. Known: base, vary.");
        }

        return json["base"] is JsonObject start && json["vary"] is JsonObject vary
            ? (start, [.. vary])
            : throw new BadInputException(
                $"{path}: a sweep needs the objects 'base' (a configuration) and 'vary' (lists of values by field).");
    }

    private static List<(string Field, JsonNode? Value)[]> Combinations(
        List<KeyValuePair<string, JsonNode?>> vary, string path)
    {
        List<(string Field, JsonNode? Value)[]> combinations = [[]];
        foreach (var (field, node) in vary)
        {
            if (node is not JsonArray { Count: > 0 } values)
            {
                throw new BadInputException($"{path}: 'vary.{field}' must be a list of at least one value.");
            }

            if ((long)combinations.Count * values.Count > MaximumRuns)
            {
                throw new BadInputException(
                    $"{path}: the combinations are over {MaximumRuns:N0} runs; vary fewer fields.");
            }

            combinations = [.. combinations.SelectMany(
                _ => values, (before, value) => ((string, JsonNode?)[])[.. before, (field, value)])];
        }

        return combinations;
    }

    // Letters, digits, dots and dashes of the value alone: the text becomes part of a folder's name.
    private static string Short(JsonNode? value) =>
        string.Concat((value?.ToJsonString() ?? "null").Where(character => char.IsAsciiLetterOrDigit(character)
            || character is '.' or '-'));
}
