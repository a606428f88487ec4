namespace Toolkit.Formats.Onnx.Building;

/// <summary>
/// A value of a graph under construction: a handle whose name may still change until the graph is built.
/// </summary>
public sealed class GraphValue
{
    internal GraphValue(string name, bool isNamed)
    {
        Name = name;
        IsNamed = isNamed;
    }

    /// <summary>The name in the graph; unique.</summary>
    public string Name { get; internal set; }

    /// <summary>True where the caller chose the name; false where the builder made one up.</summary>
    internal bool IsNamed { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
