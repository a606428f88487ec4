using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Networks;

/// <summary>The group of a network, as its file tells it: indices mean elements only through this.</summary>
/// <param name="Name">The short name: <c>S5</c>.</param>
/// <param name="Order">n.</param>
/// <param name="Elements">The elements' names in index order; n of them, unique.</param>
/// <param name="Definition">What <see cref="GroupDefinitionJson"/> builds the group from, element order
/// included.</param>
public sealed record ModelGroup(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("order")] int Order,
    [property: JsonPropertyName("elements")] IReadOnlyList<string> Elements,
    [property: JsonPropertyName("definition")] JsonObject Definition)
{
    /// <summary>Describes a group.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The description.</returns>
    public static ModelGroup Of(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new(
            group.Name,
            group.Order,
            [.. Enumerable.Range(0, group.Order).Select(group.ElementName)],
            GroupDefinitionJson.Write(group));
    }
}
