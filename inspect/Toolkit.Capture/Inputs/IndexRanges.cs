using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// Where a model says which integers an input may hold: it looks them up in a table of weights, as token ids are.
/// </summary>
public static class IndexRanges
{
    /// <summary>Operators that change no element.</summary>
    private static readonly HashSet<string> Same = new(
        ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"], StringComparer.Ordinal);

    /// <summary>Finds the integer inputs that reach the indices of a look-up in an initializer as they are.</summary>
    /// <param name="model">The model; local functions and subgraphs are not entered.</param>
    /// <returns>Each input with the rows of its table, the smallest where it looks into several, and the table's
    /// name.</returns>
    public static IReadOnlyList<(string Input, long Rows, string Table)> Of(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var graph = model.Graph;
        var tables = graph.Initializer.GroupBy(t => t.Name, StringComparer.Ordinal).ToDictionary(
            g => g.Key, g => g.First().Dims, StringComparer.Ordinal);
        var readers = graph.Node.SelectMany(
            node => node.Input.Distinct(StringComparer.Ordinal), (node, name) => (node, name))
            .ToLookup(read => read.name, read => read.node, StringComparer.Ordinal);
        var found = new List<(string, long, string)>();
        foreach (var input in graph.Input.Where(i => !tables.ContainsKey(i.Name)
            && (ElementType)(i.Type?.TensorType?.ElemType ?? 0) is ElementType.Int64 or ElementType.Int32))
        {
            var seen = new HashSet<string>([input.Name], StringComparer.Ordinal);
            var next = new Queue<string>(seen);
            (long Rows, string Table)? smallest = null;
            while (next.TryDequeue(out var name))
            {
                foreach (var node in readers[name])
                {
                    foreach (var (_, table) in Lookups(node).Where(l => l.Indices < node.Input.Count
                        && node.Input[l.Indices] == name))
                    {
                        var axis = node.Attribute.FirstOrDefault(a => a.Name == "axis")?.I ?? 0;
                        if (tables.TryGetValue(node.Input[table], out var shape)
                            && shape.ElementAtOrDefault((int)(axis < 0 ? axis + shape.Count : axis)) is > 0 and var rows
                            && !(smallest?.Rows <= rows))
                        {
                            smallest = (rows, node.Input[table]);
                        }
                    }

                    if (Same.Contains(node.OpType)
                        && node.Input[0] == name && node.Output.Count > 0 && seen.Add(node.Output[0]))
                    {
                        next.Enqueue(node.Output[0]);
                    }
                }
            }

            if (smallest is { } range)
            {
                found.Add((input.Name, range.Rows, range.Table));
            }
        }

        return found;
    }

    /// <summary>
    /// Which inputs of a node are indices, and into which table: Gather, and the embeddings of optimised transformers.
    /// </summary>
    private static (int Indices, int Table)[] Lookups(NodeProto node) => node.OpType switch
    {
        "Gather" => [(1, 0)],
        "EmbedLayerNormalization" => [(0, 2), (1, 4), (8, 3)],
        _ => [],
    };
}
