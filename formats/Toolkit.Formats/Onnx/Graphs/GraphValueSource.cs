namespace Toolkit.Formats.Onnx.Graphs;

/// <summary>Where a value of a graph comes from.</summary>
public enum GraphValueSource
{
    /// <summary>It enters the graph: an input of the model, or of the body of a loop.</summary>
    Input,

    /// <summary>A constant that the graph holds.</summary>
    Initializer,

    /// <summary>A node computes it.</summary>
    Node,
}
