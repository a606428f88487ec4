using System.Collections.Immutable;

namespace Toolkit.Formats.Checkpoints;

/// <summary>
/// Where a tensor came from and what was done to it; kept in the metadata of whatever is built from it.
/// </summary>
/// <param name="Source">The file's name, without its folder.</param>
/// <param name="Format">The file's format, such as <c>PyTorch zip</c>.</param>
/// <param name="Key">The tensor's name in the file.</param>
/// <param name="Type">The element type in the file: <c>float32</c>.</param>
/// <param name="Shape">The extents in the file.</param>
/// <param name="Transformations">What was done, in order: <c>strides [1, 512] made row-major</c>, <c>tied to
/// embed.W_E</c>, <c>cast to float32</c>.</param>
/// <param name="Sha256">SHA-256 of the dense row-major little-endian bytes before any cast or transposition, lower-case
/// hexadecimal.</param>
public sealed record TensorLineage(
    string Source,
    string Format,
    string Key,
    string Type,
    ImmutableArray<long> Shape,
    ImmutableArray<string> Transformations,
    string Sha256);
