namespace Toolkit.Formats.Runs.Activations;

/// <summary>One row of a file whose lists differ in length, or hold texts.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Position">The position within the sample.</param>
/// <param name="Shape">The shape of the sample's value; empty where all samples have one shape.</param>
/// <param name="Bytes">The list, little-endian; empty for texts.</param>
/// <param name="Texts">The list of texts; null for numbers.</param>
public sealed record RaggedRow(long Sample, int Position, long[] Shape, byte[] Bytes, string[]? Texts);
