namespace Toolkit.Analysis.Charts.Runs;

/// <summary>A stored value of numbers that is not one array of one shape for each sample.</summary>
/// <param name="Name">The ONNX name, unchanged; may be hostile text.</param>
/// <param name="Type">The element type as tables show it: "float32".</param>
/// <param name="IsConstant">True where no input reaches the value, so that all samples share it; false where samples
/// differ in shape.</param>
public sealed record RunRecord(string Name, string Type, bool IsConstant);
