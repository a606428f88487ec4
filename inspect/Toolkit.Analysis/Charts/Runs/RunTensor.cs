namespace Toolkit.Analysis.Charts.Runs;

/// <summary>A captured value or a weight, as charts need to know it.</summary>
/// <param name="Name">The ONNX name, unchanged; may be hostile text.</param>
/// <param name="Type">The element type as tables show it: "float32".</param>
/// <param name="Dimensions">The shape; of a captured value without the sample axis.</param>
/// <param name="Role">The role that the model's metadata give it ("hidden", "logits", "embed_x" …), or null.</param>
public sealed record RunTensor(string Name, string Type, IReadOnlyList<long> Dimensions, string? Role)
{
    /// <summary>The product of <see cref="Dimensions"/>: values per sample, or of the whole weight.</summary>
    public long Count => Dimensions.Aggregate(1L, (product, dimension) => product * dimension);
}
