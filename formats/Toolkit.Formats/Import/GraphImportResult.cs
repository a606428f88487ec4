using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Toolkit.Formats.Import;

/// <summary>What an import into a graph did.</summary>
/// <param name="Filled">Every initializer that got a tensor.</param>
/// <param name="Kept">Initializers that belong to the graph itself (shapes, axes, scalars) and stayed.</param>
/// <param name="Unused">Tensors of the checkpoint that went nowhere.</param>
/// <param name="Mismatches">Every initializer that should have got a tensor and did not, with the reason.</param>
/// <param name="Lineage">Where each filled initializer comes from.</param>
public sealed record GraphImportResult(
    ImmutableArray<GraphImportEntry> Filled,
    ImmutableArray<string> Kept,
    ImmutableArray<string> Unused,
    ImmutableArray<string> Mismatches,
    JsonObject Lineage);
