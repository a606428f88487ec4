using System.Text.Json;
using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Configuration;

/// <summary>Reads a configuration and collects every fault before it gives up.</summary>
internal sealed class ExperimentConfigReader(string source, string folder)
{
    private static readonly string[] Fields =
    [
        "model", "group", "group_parameter", "layers", "lr", "weight_decay", "betas", "frac_train", "seed", "num_epochs", "extra_name",
        "element_order", "checkpoints", "log_every",
    ];

    private static readonly string[] LayerFields =
    [
        "embed_dim", "hidden_dim", "depth", "d_model", "n_heads", "d_head", "d_mlp"
    ];

    private static readonly Dictionary<string, Architecture> Models = new(StringComparer.Ordinal)
    {
        ["OneLayerMLP"] = Architecture.OneLayerMlp,
        ["OneLayerMLPwithBias"] = Architecture.OneLayerMlpWithBias,
        ["BilinearNet"] = Architecture.Bilinear,
        ["Transformer"] = Architecture.Transformer,
    };

    private readonly List<string> _faults = [];

    public ExperimentConfig Read(string text)
    {
        using var document = ParseJson(text);
        var json = document.RootElement;
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new BadInputException(
                $"{source}: the file holds a JSON {json.ValueKind}; a configuration is an object {{…}}.");
        }

        CheckNames(json, Fields, "field");
        var architecture = ReadModel(json);
        var group = ReadGroup(json);
        var ordering = ReadOrdering(json);
        var layers = ReadLayers(json, architecture);
        var rate = Number(json, "lr", value => value > 0, "a number over 0");
        var decay = Number(json, "weight_decay", value => value >= 0, "a number from 0 on");
        var (beta1, beta2) = ReadBetas(json);
        var fraction = Number(json, "frac_train", value => value is > 0 and <= 1, "a share over 0 and at most 1");
        var seed = Whole(json, "seed", 0, uint.MaxValue);
        var epochs = Whole(json, "num_epochs", 1, int.MaxValue);
        var checkpoints = Whole(json, "checkpoints", 0, 100_000, 1000);
        var logEvery = Whole(json, "log_every", 1, int.MaxValue, 100);
        var extraName = Text(json, "extra_name", required: false);
        if (extraName is not null && extraName.AsSpan().IndexOfAny(['/', '\\', '\0']) >= 0)
        {
            _faults.Add($"'extra_name' is '{extraName}'; it becomes part of a folder's name and may hold no slash");
        }

        if (fraction > 0 && group?.Order is { } order && (long)(fraction * order * order) == 0)
        {
            _faults.Add(
                $"'frac_train' is {fraction}: of the {order * order} pairs of {group.Name} none would be left for "
                    + "training");
        }

        if (_faults.Count > 0)
        {
            throw new BadInputException(_faults.Count == 1
                ? $"{source}: {_faults[0]}."
                : $"{source}: {_faults.Count} faults:{string.Concat(_faults.Select(fault => $"\n  - {fault}."))}");
        }

        return new ExperimentConfig
        {
            Text = text,
            Architecture = architecture!.Value,
            Group = group!,
            ElementOrdering = ordering,
            Layers = layers,
            LearningRate = rate,
            WeightDecay = decay,
            Beta1 = beta1,
            Beta2 = beta2,
            TrainFraction = fraction,
            Seed = seed,
            Epochs = (int)epochs,
            Checkpoints = (int)checkpoints,
            LogEvery = (int)logEvery,
            ExtraName = extraName,
        };
    }

    private JsonDocument ParseJson(string text)
    {
        try
        {
            return JsonDocument.Parse(
                text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
        }
        catch (JsonException fault)
        {
            throw new BadInputException(
                $"{source}: {(fault.LineNumber is { } line ? $"line {line + 1}: " : string.Empty)}not JSON: "
                    + $"{fault.Message}",
                fault);
        }
    }

    private void CheckNames(JsonElement json, string[] known, string what)
    {
        foreach (var name
            in json.EnumerateObject().Select(property => property.Name).Where(name => !known.Contains(name)))
        {
            _faults.Add(
                $"unknown {what} '{name}'. Nearest: '{NearestName.Find(name, known)}'. Known: "
                    + $"{string.Join(", ", known)}");
        }
    }

    private Architecture? ReadModel(JsonElement json)
    {
        if (Text(json, "model", required: true) is not { } name)
        {
            return null;
        }

        if (Models.TryGetValue(name, out var architecture))
        {
            return architecture;
        }

        _faults.Add(
            $"there is no model '{name}'. Nearest: '{NearestName.Find(name, Models.Keys)}'. Known: "
                + $"{string.Join(", ", Models.Keys)}");
        return null;
    }

    private GroupDefinition? ReadGroup(JsonElement json)
    {
        if (!json.TryGetProperty("group", out var group))
        {
            _faults.Add(
                "the field 'group' is missing; write for example \"group\": \"SymmetricGroup\", \"group_parameter\": 5");
            return null;
        }

        int? parameter = null;
        if (json.TryGetProperty("group_parameter", out var given) && given.ValueKind != JsonValueKind.Null)
        {
            if (given.ValueKind != JsonValueKind.Number || !given.TryGetInt32(out var value))
            {
                _faults.Add($"'group_parameter' is {given.GetRawText()}; it must be a whole number");
                return null;
            }

            parameter = value;
        }

        try
        {
            var definition = GroupDefinitionJson.ReadDefinition(group, parameter, source, folder);
            if (definition.Order is > FiniteGroup.MaximumOrder)
            {
                _faults.Add(
                    $"{definition.Name} has {definition.Order:N0} elements or more; the largest supported group has "
                        + $"{FiniteGroup.MaximumOrder:N0}");
            }

            if (parameter is not null
                && group.ValueKind == JsonValueKind.String
                && !GroupDefinitionJson.PublishedFamilies.Contains(group.GetString()!))
            {
                _faults.Add($"'group_parameter' is given, but '{group.GetString()}' takes none; leave it out");
            }

            return definition;
        }
        catch (BadInputException fault)
        {
            _faults.Add(fault.Message.Replace($"{source}: ", string.Empty, StringComparison.Ordinal).TrimEnd('.'));
            return null;
        }
    }

    private ElementOrdering ReadOrdering(JsonElement json)
    {
        try
        {
            return json.TryGetProperty("element_order", out var order)
                ? GroupDefinitionJson.ReadOrdering(order, source)
                : ElementOrdering.Published;
        }
        catch (BadInputException fault)
        {
            _faults.Add(fault.Message.Replace($"{source}: ", string.Empty, StringComparison.Ordinal).TrimEnd('.'));
            return ElementOrdering.Published;
        }
    }

    private LayerSizes ReadLayers(JsonElement json, Architecture? architecture)
    {
        var standard = new LayerSizes(256, 128);
        if (!json.TryGetProperty("layers", out var layers))
        {
            if (architecture != Architecture.Transformer)
            {
                _faults.Add(
                    "the field 'layers' is missing; write for example \"layers\": {\"embed_dim\": 256, "
                        + "\"hidden_dim\": 128}");
            }

            return standard;
        }

        if (layers.ValueKind != JsonValueKind.Object)
        {
            _faults.Add(
                $"'layers' is a {layers.ValueKind}; it must be an object such as {{\"embed_dim\": 256, "
                    + $"\"hidden_dim\": 128}}");
            return standard;
        }

        CheckNames(layers, LayerFields, "field of 'layers'");
        int? required = architecture == Architecture.Transformer ? 1 : null;
        int Size(string name, int? fallback) => (int)Whole(layers, name, 1, 65_536, fallback, "layers.");
        return new LayerSizes(
            Size("embed_dim", required), Size("hidden_dim", architecture == Architecture.Bilinear ? 1 : required))
        {
            Depth = Size("depth", standard.Depth),
            ModelDim = Size("d_model", standard.ModelDim),
            Heads = Size("n_heads", standard.Heads),
            HeadDim = Size("d_head", standard.HeadDim),
            MlpDim = Size("d_mlp", standard.MlpDim),
        };
    }

    private (double First, double Second) ReadBetas(JsonElement json)
    {
        if (!json.TryGetProperty("betas", out var betas))
        {
            _faults.Add("the field 'betas' is missing; write \"betas\": [0.9, 0.98]");
            return default;
        }

        if (betas.ValueKind == JsonValueKind.Array && betas.GetArrayLength() == 2
            && Finite(betas[0]) is { } first and >= 0 and < 1 && Finite(betas[1]) is { } second and >= 0 and < 1)
        {
            return (first, second);
        }

        _faults.Add($"'betas' is {betas.GetRawText()}; it must be two numbers from 0 to below 1, such as [0.9, 0.98]");
        return default;
    }

    private double Number(JsonElement json, string name, Func<double, bool> valid, string expected)
    {
        if (!json.TryGetProperty(name, out var value))
        {
            _faults.Add($"the field '{name}' is missing; it must be {expected}");
        }
        else if (Finite(value) is { } number && valid(number))
        {
            return number;
        }
        else
        {
            _faults.Add($"'{name}' is {value.GetRawText()}; it must be {expected}");
        }

        return 0;
    }

    private long Whole(
        JsonElement json, string name, long minimum, long maximum, long? fallback = null, string prefix = "")
    {
        if (!json.TryGetProperty(name, out var value))
        {
            if (fallback is null)
            {
                _faults.Add(
                    $"the field '{prefix}{name}' is missing; it must be a whole number from {minimum} to {maximum}");
            }

            return fallback ?? minimum;
        }

        if (value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        _faults.Add($"'{prefix}{name}' is {value.GetRawText()}; it must be a whole number from {minimum} to {maximum}");
        return fallback ?? minimum;
    }

    private string? Text(JsonElement json, string name, bool required)
    {
        if (!json.TryGetProperty(name, out var value))
        {
            if (required)
            {
                _faults.Add($"the field '{name}' is missing");
            }

            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        _faults.Add($"'{name}' is {value.GetRawText()}; it must be a text");
        return null;
    }

    private static double? Finite(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : null;
}
