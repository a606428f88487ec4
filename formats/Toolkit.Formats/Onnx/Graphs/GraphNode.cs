using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Graphs;

/// <summary>A node of a model.</summary>
public sealed class GraphNode
{
    internal GraphNode(NodeProto proto, GraphScope scope, int index)
    {
        Proto = proto;
        Scope = scope;
        Index = index;
        Name = proto.Name.Length > 0 ? proto.Name : $"{proto.OpType}_{index}";
    }

    /// <summary>The node as the file has it.</summary>
    public NodeProto Proto { get; }

    /// <summary>The graph that it belongs to.</summary>
    public GraphScope Scope { get; }

    /// <summary>Its place in the file's list, from 0.</summary>
    public int Index { get; }

    /// <summary>Its name; operator and place where it has none.</summary>
    public string Name { get; }

    /// <summary>What it reads, in order; null where an argument is left out.</summary>
    public IReadOnlyList<GraphValue?> Inputs { get; internal set; } = [];

    /// <summary>What it computes, in order; null where an output is left out.</summary>
    public IReadOnlyList<GraphValue?> Outputs { get; internal set; } = [];

    /// <summary>The graphs that it runs: branches of If, bodies of Loop and Scan.</summary>
    public IReadOnlyList<GraphScope> Subgraphs { get; internal set; } = [];

    /// <summary>Values of outer scopes that its subgraphs read, at any depth; each once.</summary>
    public IReadOnlyList<GraphValue> Captured { get; internal set; } = [];

    /// <summary>True for an operator of ONNX itself.</summary>
    /// <param name="opType">The operator's name.</param>
    /// <returns>Whether the node is that operator.</returns>
    public bool Is(string opType) => Proto.OpType == opType && (Proto.Domain is "" or "ai.onnx");

    /// <summary>An attribute of the node.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <returns>The attribute, or null where the node does not have it.</returns>
    public AttributeProto? Attribute(string name) =>
        Proto.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
