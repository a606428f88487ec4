using Toolkit.Formats.Runs;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>One value of the graph, stored or not.</summary>
/// <param name="Name">The ONNX name, unchanged; may be hostile text.</param>
/// <param name="Operator">The operator that makes it; null for inputs.</param>
/// <param name="Type">The element type in the graph.</param>
/// <param name="Dims">The extents in the graph, symbolic ones by name; null where not known.</param>
/// <param name="IsStored">True where its values can be read.</param>
/// <param name="Reason">Why it was not stored, or null.</param>
public sealed record RunValue(string Name, string? Operator, string Type, string? Dims, bool IsStored, string? Reason)
{
    /// <summary>True where its statistics were kept in place of its values.</summary>
    public bool IsMeasuredOnly => !IsStored && Reason == TensorEntry.MeasuredOnly;
}
