namespace Toolkit.Formats.Onnx.Graphs;

/// <summary>A value of a model: named, computed or given in one scope, visible in the scopes below it.</summary>
public sealed class GraphValue
{
    private readonly List<GraphNode> _consumers = [];

    internal GraphValue(
        string name, string key, GraphScope scope, GraphValueSource source, GraphNode? producer, int outputIndex)
    {
        Name = name;
        Key = key;
        Scope = scope;
        Source = source;
        Producer = producer;
        OutputIndex = outputIndex;
    }

    /// <summary>Its ONNX name, unchanged; several scopes may use the same one.</summary>
    public string Name { get; }

    /// <summary>
    /// A name that no other value of the model has: the ONNX name at the top, the scope's path and the name below.
    /// </summary>
    public string Key { get; }

    /// <summary>The graph that it belongs to.</summary>
    public GraphScope Scope { get; }

    /// <summary>Where it comes from.</summary>
    public GraphValueSource Source { get; }

    /// <summary>The node that computes it; null for inputs and constants.</summary>
    public GraphNode? Producer { get; }

    /// <summary>Which output of the node, input or constant of the graph it is, from 0.</summary>
    public int OutputIndex { get; }

    /// <summary>True where the value leaves its graph: an output of the model, a branch or a body.</summary>
    public bool IsOutput { get; internal set; }

    /// <summary>The nodes that read it, in its own scope and below, in order of evaluation of their scopes.</summary>
    public IReadOnlyList<GraphNode> Consumers => _consumers;

    /// <inheritdoc/>
    public override string ToString() => Key;

    internal void AddConsumer(GraphNode node)
    {
        // A node may read a value twice; it is one consumer.
        if (_consumers.Count == 0 || _consumers[^1] != node)
        {
            _consumers.Add(node);
        }
    }
}
