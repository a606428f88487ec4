using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Graphs;

/// <summary>
/// A graph of a model: the top one, a branch of an If, the body of a Loop or Scan. It sees the values of the scopes
/// around it.
/// </summary>
public sealed class GraphScope
{
    private readonly Dictionary<string, GraphValue> _values = new(StringComparer.Ordinal);
    private readonly List<GraphValue> _list = [];

    internal GraphScope(GraphProto graph, GraphScope? parent, GraphNode? owner, string? attribute, string path)
    {
        Graph = graph;
        Parent = parent;
        Owner = owner;
        Attribute = attribute;
        Path = path;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    /// <summary>The graph as the file has it.</summary>
    public GraphProto Graph { get; }

    /// <summary>The scope around it; null at the top.</summary>
    public GraphScope? Parent { get; }

    /// <summary>The node that runs it; null at the top.</summary>
    public GraphNode? Owner { get; }

    /// <summary>The node's attribute that holds it, such as <c>then_branch</c>; null at the top.</summary>
    public string? Attribute { get; }

    /// <summary>
    /// Node names and attributes down to it, parted by slashes; empty at the top, unique in the model.
    /// </summary>
    public string Path { get; }

    /// <summary>How many scopes are around it; 0 at the top.</summary>
    public int Depth { get; }

    /// <summary>Its nodes in an order in which they can be evaluated; that of the file wherever that is one.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; internal set; } = [];

    /// <summary>Its own values: inputs, constants, then what its nodes compute, in order of evaluation.</summary>
    public IReadOnlyList<GraphValue> Values => _list;

    /// <summary>The scopes directly below it.</summary>
    public IEnumerable<GraphScope> Children => Nodes.SelectMany(static node => node.Subgraphs);

    /// <summary>Looks a name up, here and then outwards.</summary>
    /// <param name="name">The ONNX name.</param>
    /// <returns>The value, or null where no scope has it.</returns>
    public GraphValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._values.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Whether this scope is another or lies inside it.</summary>
    /// <param name="other">The other scope.</param>
    /// <returns>True for itself and everything below.</returns>
    public bool IsWithin(GraphScope other)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope == other)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? "(top)" : Path;

    internal GraphValue? Own(string name) => _values.GetValueOrDefault(name);

    internal bool Add(GraphValue value)
    {
        if (!_values.TryAdd(value.Name, value))
        {
            return false;
        }

        _list.Add(value);
        return true;
    }

    internal void SortValues(IEnumerable<GraphValue> ordered)
    {
        var sorted = ordered.ToList();
        _list.Clear();
        _list.AddRange(sorted);
    }
}
