using System.Collections.Immutable;
using System.Text.Json;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Import;

/// <summary>
/// A network that is a chain of layers, described in a small JSON: <c>{"input": {"type": "float32", "shape": ["batch",
/// 3]}, "layers": [{"kind": "linear", "name": "0"}, {"kind": "relu"}, …]}</c>. The fields of every layer are in this
/// folder's README.
/// </summary>
/// <param name="Source">The file's name, for messages.</param>
/// <param name="InputType">Element type of the input <c>input</c>.</param>
/// <param name="InputShape">Its extents; negative ones are open, named in <paramref name="InputNames"/>.</param>
/// <param name="InputNames">The name of each extent, empty where it is fixed.</param>
/// <param name="Layers">The layers, first to last.</param>
public sealed record LayerChain(
    string Source,
    ElementType InputType,
    ImmutableArray<long> InputShape,
    ImmutableArray<string> InputNames,
    ImmutableArray<LayerDescription> Layers)
{
    /// <summary>Reads a description.</summary>
    /// <param name="path">The JSON file.</param>
    /// <returns>The chain.</returns>
    /// <exception cref="BadInputException">It is not there, or not such a description.</exception>
    public static LayerChain Load(string path) =>
        Parse(TextFile.Read(path, 64 << 20, "a description of layers"), Path.GetFileName(path));

    /// <summary>Reads a description.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="source">What messages call it.</param>
    /// <returns>The chain.</returns>
    /// <exception cref="BadInputException">It is not such a description.</exception>
    public static LayerChain Parse(string text, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(
                text,
                new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return Read(document.RootElement, source);
        }
        catch (Exception fault) when (fault is JsonException
            or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new BadInputException(
                $"{source}: not a description of layers ({fault.Message}). Expected: an object with 'input' (type, "
                    + "shape) and 'layers' (a list of objects with 'kind').", fault);
        }
    }

    /// <summary>
    /// Builds the model: input <c>input</c>, output <c>output</c>, every layer's value under the layer's name.
    /// </summary>
    /// <param name="checkpoint">Where the layers' tensors are.</param>
    /// <param name="rounding">What becomes of float64; null (default) to refuse it.</param>
    /// <returns>The model, with lineage in its metadata.</returns>
    /// <exception cref="BadInputException">A tensor is missing or has the wrong shape, or a layer is not known; the
    /// message names the layer.</exception>
    public ModelProto ToOnnx(Checkpoint checkpoint, Float32Rounding? rounding = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var graph = new GraphBuilder("chain");

        // Every kind of layer with tensors has one of the two.
        var prefix = TensorPrefix.Of(
            checkpoint,
            [.. Layers.SelectMany(static layer => new[] { $"{layer.Name}.weight", $"{layer.Name}.in_proj_weight" })]);
        var writer = new LayerWriter(
            Source,
            graph,
            checkpoint,
            rounding ?? new Float32Rounding(isAllowed: false),
            prefix,
            InputShape.Length);
        var dimensions = InputShape.Select((extent, axis) => extent < 0 ? (GraphDimension)InputNames[axis] : extent)
            .ToArray();
        var value = graph.Input("input", InputType, dimensions);
        var names = new HashSet<string>(StringComparer.Ordinal) { string.Empty };
        foreach (var layer in Layers)
        {
            if (!names.Add(layer.Name) && layer.Name.Length > 0)
            {
                throw new BadInputException($"{Source}: {layer.Place}: the name '{layer.Name}' occurs twice.");
            }

            value = writer.Write(layer, value);
            if (layer.Name.Length > 0)
            {
                value = graph.Rename(value, $"{layer.Name}.output");
            }
        }

        value = graph.Rename(value, "output");
        graph.Output(value, ElementType.Float32);
        var model = graph.Build("toolkit", "1");

        // The shape is for the runtime to infer (`inspect import` writes it then): one without extents would claim a
        // scalar.
        model.Graph.Output[0].Type.TensorType.Shape = null;
        GraphImport.WriteMetadata(
            model, LineageJson.MetadataKey, LineageJson.Write(checkpoint, writer.Used).ToJsonString());
        return model;
    }

    private static LayerChain Read(JsonElement root, string source)
    {
        var input = Field(root, "input", source, "the description");
        var typeName = Field(input, "type", source, "'input'").GetString();
        var type = typeName switch
        {
            "float32" => ElementType.Float32,
            "int64" => ElementType.Int64,
            _ => throw new BadInputException($"{source}: input type '{typeName}'; float32 and int64 are known."),
        };
        var shape = ImmutableArray.CreateBuilder<long>();
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var extent in Field(input, "shape", source, "'input'").EnumerateArray())
        {
            var name = extent.ValueKind == JsonValueKind.String ? extent.GetString()! : string.Empty;
            var isFixed = extent.ValueKind == JsonValueKind.Number && extent.TryGetInt64(out var size) && size > 0;
            if (!isFixed && name.Length == 0)
            {
                throw new BadInputException(
                    $"{source}: an extent of the input's shape is {extent.GetRawText()}; a whole number above 0, or "
                        + "a text that names an open one, is expected.");
            }

            shape.Add(isFixed ? extent.GetInt64() : -1);
            names.Add(name);
        }

        var layers = ImmutableArray.CreateBuilder<LayerDescription>();
        foreach (var layer in Field(root, "layers", source, "the description").EnumerateArray())
        {
            var options = layer.EnumerateObject().ToDictionary(
                static field => field.Name, static field => field.Value.Clone(), StringComparer.Ordinal);
            var place = $"layers[{layers.Count}]";
            if (!options.Remove("kind", out var kind))
            {
                throw new BadInputException(
                    $"{source}: {place} has no 'kind'. Known: {string.Join(", ", LayerWriter.Kinds)}.");
            }

            var isNamed = options.Remove("name", out var name);
            if (kind.ValueKind != JsonValueKind.String || (isNamed && name.ValueKind != JsonValueKind.String))
            {
                throw new BadInputException(
                    $"{source}: {place}: 'kind' and 'name' are texts (torch's layer 0 is \"0\").");
            }

            layers.Add(new LayerDescription(
                kind.GetString()!, isNamed ? name.GetString()! : string.Empty, place, options));
        }

        if (layers.Count == 0)
        {
            throw new BadInputException(
                $"{source}: 'layers' is empty. Known kinds: {string.Join(", ", LayerWriter.Kinds)}.");
        }

        return new LayerChain(source, type, shape.ToImmutable(), names.ToImmutable(), layers.ToImmutable());
    }

    private static JsonElement Field(JsonElement of, string name, string source, string place) =>
        of.TryGetProperty(name, out var value)
            ? value
            : throw new BadInputException(
                $"{source}: {place} has no '{name}'. Expected: an object with 'input' (type, shape) and 'layers' (a "
                    + "list of objects with 'kind').");
}
