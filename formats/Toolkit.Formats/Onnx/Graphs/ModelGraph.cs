using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Graphs;

/// <summary>
/// A model's graphs at every depth, with who computes and who reads each value. A view: the messages are those of the
/// model, and an edit of the model makes the view stale. Local functions are not entered: see
/// <see cref="Editing.FunctionInliner"/>.
/// </summary>
public sealed class ModelGraph
{
    private readonly Dictionary<string, GraphValue> _byKey;

    internal ModelGraph(ModelProto model, string modelPath, IReadOnlyList<GraphScope> scopes)
    {
        Model = model;
        ModelPath = modelPath;
        Scopes = scopes;
        Values = [.. scopes.SelectMany(static scope => scope.Values)];
        _byKey = Values.ToDictionary(static value => value.Key, StringComparer.Ordinal);
    }

    /// <summary>The model.</summary>
    public ModelProto Model { get; }

    /// <summary>What messages call the model: its file.</summary>
    public string ModelPath { get; }

    /// <summary>The model's own graph.</summary>
    public GraphScope Top => Scopes[0];

    /// <summary>Every graph, an outer one before those inside it.</summary>
    public IReadOnlyList<GraphScope> Scopes { get; }

    /// <summary>Every value of every graph, scope by scope, in order of evaluation within each.</summary>
    public IReadOnlyList<GraphValue> Values { get; }

    /// <summary>Reads the structure of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="modelPath">What messages call it: its file.</param>
    /// <returns>The view.</returns>
    /// <exception cref="BadInputException">A value is computed twice, read but never computed, or needs
    /// itself.</exception>
    public static ModelGraph Of(ModelProto model, string modelPath)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ModelGraphReader(model, modelPath).Read();
    }

    /// <summary>The value of a key.</summary>
    /// <param name="key">A value's <see cref="GraphValue.Key"/>.</param>
    /// <returns>The value.</returns>
    /// <exception cref="BadInputException">There is none; the message names the nearest.</exception>
    public GraphValue this[string key] => _byKey.TryGetValue(key, out var value)
        ? value
        : throw new BadInputException(
            $"{ModelPath}: {HostileText.Quote(key)} is not a value of the graph.{NearestName.Hint(key, _byKey.Keys)} "
                + "List them with `inspect model`.");

    /// <summary>The value of a key, where there is one.</summary>
    /// <param name="key">A value's <see cref="GraphValue.Key"/>.</param>
    /// <returns>The value, or null.</returns>
    public GraphValue? Find(string key) => _byKey.GetValueOrDefault(key);
}
