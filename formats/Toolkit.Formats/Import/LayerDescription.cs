using System.Text.Json;

namespace Toolkit.Formats.Import;

/// <summary>One layer of a <see cref="LayerChain"/> as its JSON describes it.</summary>
/// <param name="Kind">Such as <c>linear</c> or <c>relu</c>.</param>
/// <param name="Name">The prefix of its tensors in the checkpoint and of its value in the graph; empty for layers
/// without tensors.</param>
/// <param name="Place">Where it stands, for messages: <c>layers[2]</c>.</param>
/// <param name="Options">Its further fields.</param>
public sealed record LayerDescription(
    string Kind, string Name, string Place, IReadOnlyDictionary<string, JsonElement> Options);
