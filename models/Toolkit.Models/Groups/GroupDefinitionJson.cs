using System.Text.Json;
using System.Text.Json.Nodes;
using Toolkit.Formats;

namespace Toolkit.Models.Groups;

/// <summary>
/// Definitions as JSON: <c>{"group": "SymmetricGroup", "group_parameter": 5}</c>, <c>{"group": "C3xS3"}</c>,
/// <c>{"group": {"cayley": FILE or rows}}</c>, <c>{"group": {"generators": ["(0 1 2)", [1, 0, 2]]}}</c>; beside them an
/// optional
/// <c>"element_order"</c>, "published" or "lexicographic".
/// </summary>
public static class GroupDefinitionJson
{
    private static readonly Dictionary<string, Func<int, GroupDefinition>> Published = new(StringComparer.Ordinal)
    {
        ["AlternatingGroup"] = n => new GroupDefinition.Alternating(n),
        ["CyclicGroup"] = n => new GroupDefinition.Cyclic(n),
        ["DihedralGroup"] = n => new GroupDefinition.Dihedral(n),
        ["SymmetricGroup"] = n => new GroupDefinition.Symmetric(n),
    };

    /// <summary>The published names of families, which need a "group_parameter".</summary>
    public static IReadOnlyCollection<string> PublishedFamilies => Published.Keys;

    /// <summary>
    /// Writes a definition and the element order; a table is written out, so that the text needs no file beside it.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <returns>An object with "group", "element_order" and, for published families, "group_parameter".</returns>
    public static JsonObject Write(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        var json = new JsonObject();
        switch (group.Definition)
        {
            case GroupDefinition.Alternating { N: var n }:
                (json["group"], json["group_parameter"]) = ("AlternatingGroup", n);
                break;
            case GroupDefinition.Cyclic { N: var n }:
                (json["group"], json["group_parameter"]) = ("CyclicGroup", n);
                break;
            case GroupDefinition.Dihedral { N: var n }:
                (json["group"], json["group_parameter"]) = ("DihedralGroup", n);
                break;
            case GroupDefinition.Symmetric { N: var n }:
                (json["group"], json["group_parameter"]) = ("SymmetricGroup", n);
                break;
            case GroupDefinition.Cayley { Table: var rows }:
                json["group"] = new JsonObject { ["cayley"] = Rows(rows) };
                break;
            case GroupDefinition.Generated { Permutations: var rows }:
                json["group"] = new JsonObject { ["generators"] = Rows(rows) };
                break;
            default:
                json["group"] = group.Definition.Name;
                break;
        }

        json["element_order"] = group.Ordering == ElementOrdering.Published ? "published" : "lexicographic";
        return json;
    }

    /// <summary>Builds the group that <see cref="Write"/> wrote, or a configuration names.</summary>
    /// <param name="json">An object with "group" and, where it needs them, "group_parameter" and "element_order"; other
    /// fields are not looked at.</param>
    /// <param name="source">Where the text stands, for messages.</param>
    /// <param name="folder">What a relative path of a table is relative to.</param>
    /// <returns>The group.</returns>
    /// <exception cref="BadInputException">A field is missing or says something else.</exception>
    public static FiniteGroup Read(JsonElement json, string source, string folder = "")
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("group", out var group))
        {
            throw new BadInputException($"{source}: the field 'group' is missing; write \"group\": \"S5\".");
        }

        int? parameter = json.TryGetProperty("group_parameter", out var given)
            && given.ValueKind == JsonValueKind.Number
                && given.TryGetInt32(out var n) ? n : null;
        var ordering = json.TryGetProperty("element_order", out var order)
            ? ReadOrdering(order, source)
            : ElementOrdering.Published;
        return FiniteGroup.Create(ReadDefinition(group, parameter, source, folder), ordering);
    }

    /// <summary>Reads what the fields "group" and "group_parameter" say.</summary>
    /// <param name="group">A name, or an object with "cayley" or "generators".</param>
    /// <param name="parameter">The number beside a published family name.</param>
    /// <param name="source">Where the text stands, for messages.</param>
    /// <param name="folder">What a relative path of a table is relative to.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="BadInputException">There is no such group.</exception>
    public static GroupDefinition ReadDefinition(JsonElement group, int? parameter, string source, string folder)
    {
        if (group.ValueKind == JsonValueKind.Object)
        {
            return ReadObject(group, source, folder);
        }

        var name = group.ValueKind == JsonValueKind.String
            ? group.GetString()!
            : throw new BadInputException(
                $"{source}: 'group' is a {group.ValueKind}; write a name, or an object with 'cayley' or 'generators'.");
        if (Published.TryGetValue(name, out var family))
        {
            return parameter switch
            {
                null => throw new BadInputException($"{source}: '{name}' needs a whole number 'group_parameter'."),
                < 1 => throw new BadInputException(
                    $"{source}: 'group_parameter' is {parameter}; it must be at least 1."),
                _ => family(parameter.Value),
            };
        }

        if (name.EndsWith("Group", StringComparison.Ordinal))
        {
            var nearest = NearestName.Find(name, Published.Keys);
            throw new BadInputException(
                $"{source}: there is no group '{name}'. Nearest: '{nearest}'. Known: "
                    + $"{string.Join(", ", Published.Keys)}, or names such as \"Q8\".");
        }

        try
        {
            return GroupDefinition.Parse(name);
        }
        catch (BadInputException fault)
        {
            throw new BadInputException($"{source}: {fault.Message}", fault);
        }
    }

    internal static ElementOrdering ReadOrdering(JsonElement order, string source) =>
        order.ValueKind == JsonValueKind.String
            ? order.GetString() switch
            {
                "published" => ElementOrdering.Published,
                "lexicographic" => ElementOrdering.Lexicographic,
                var other => throw new BadInputException(
                    $"{source}: 'element_order' is '{other}'; known are 'published' and 'lexicographic'."),
            }
            : throw new BadInputException(
                $"{source}: 'element_order' is a {order.ValueKind}; write 'published' or 'lexicographic'.");

    private static GroupDefinition ReadObject(JsonElement group, string source, string folder)
    {
        if (group.TryGetProperty("cayley", out var cayley))
        {
            if (cayley.ValueKind == JsonValueKind.String)
            {
                var path = Path.Combine(folder, cayley.GetString()!);
                return new GroupDefinition.Cayley(CayleyTable.Read(path), path);
            }

            return new GroupDefinition.Cayley(
                [.. Items(cayley, source, "cayley").Select(row => Numbers(row, source, "cayley"))], source);
        }

        if (!group.TryGetProperty("generators", out var generators))
        {
            throw new BadInputException(
                $"{source}: 'group' is an object without 'cayley' or 'generators'; it needs one of them.");
        }

        var parsed = Items(generators, source, "generators").Select(item => item.ValueKind == JsonValueKind.String
            ? Permutation.ParseCycles(item.GetString()!)
            : Numbers(item, source, "generators")).ToList();

        // Cycle notation does not say how many points there are: all generators act on the points of the largest.
        var degree = parsed.Select(permutation => permutation.Length).DefaultIfEmpty(1).Max();
        return new GroupDefinition.Generated([.. parsed.Select((permutation, k) =>
            generators[k].ValueKind == JsonValueKind.String
                ? [.. permutation, .. Enumerable.Range(permutation.Length, degree - permutation.Length)]
                : permutation)]);
    }

    private static IEnumerable<JsonElement> Items(JsonElement json, string source, string field) =>
        json.ValueKind == JsonValueKind.Array
            ? json.EnumerateArray()
            : throw new BadInputException($"{source}: '{field}' is a {json.ValueKind}; it must be a list.");

    private static int[] Numbers(JsonElement json, string source, string field) =>
        [.. Items(json, source, field).Select(
            item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var value)
                ? value
                : throw new BadInputException(
                    $"{source}: '{field}' holds {item.GetRawText()} where a whole number belongs."))];

    private static JsonArray Rows(int[][] rows) =>
        [.. rows.Select(row => (JsonNode)new JsonArray([.. row.Select(value => (JsonNode)value)]))];
}
