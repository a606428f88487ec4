using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Inspect.Overlays;

/// <summary>
/// Custom node data for Google's Model Explorer: one number per node, by which it colours the graph. Source of the
/// format: the project's <c>node_data_builder.py</c> (<c>ModelNodeData</c>): graphs by id, in each <c>results</c> by
/// node id or by the name of an output tensor, and a <c>gradient</c> from the smallest to the largest value.
/// </summary>
/// <remarks>
/// Its extension for ONNX takes the graph's name as the id of the graph, a node's name as the id of the node, and for
/// nodes of a branch <c>node/attribute/name</c>. Nodes without a name can be found by their outputs alone.
/// </remarks>
internal static class ModelExplorerOverlay
{
    /// <summary>Writes the data.</summary>
    /// <param name="graph">The model's graphs, functions not inlined.</param>
    /// <param name="statistics">What was measured, by the value's key.</param>
    /// <param name="statistic">The number to show.</param>
    /// <returns>The document, and how many nodes it has a number for.</returns>
    public static (string Json, int Nodes) Write(
        ModelGraph graph,
        IReadOnlyDictionary<string, ValueStatistics> statistics,
        Func<ValueStatistics, double> statistic)
    {
        var results = new Dictionary<string, double>(StringComparer.Ordinal);
        var outputs = new Dictionary<string, double>(StringComparer.Ordinal);
        var nodes = 0;
        foreach (var node in graph.Scopes.SelectMany(static scope => scope.Nodes))
        {
            var values = node.Outputs.OfType<GraphValue>().Where(value => statistics.ContainsKey(value.Key))
                .Select(value => (value.Key, Value: statistic(statistics[value.Key])))
                .Where(static pair => double.IsFinite(pair.Value)).ToList();
            if (values.Count == 0)
            {
                continue;
            }

            nodes++;
            if (node.Proto.Name.Length > 0)
            {
                results[node.Scope.Path.Length == 0 ? node.Proto.Name : $"{node.Scope.Path}/{node.Proto.Name}"] =
                    values[0].Value;
            }

            foreach (var (key, value) in values)
            {
                outputs[key] = value;
            }
        }

        foreach (var (name, value) in outputs)
        {
            results.TryAdd(name, value);
        }

        return (Document(graph.Model.Graph.Name, results), nodes);
    }

    private static string Document(string graph, Dictionary<string, double> results)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(
            stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject(graph);
            json.WriteStartObject("results");
            foreach (var (name, value) in results)
            {
                json.WriteStartObject(name);
                json.WriteNumber("value", value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartArray("gradient");
            foreach (var (stop, colour) in new[] { (0, "#ffffff"), (1, "#d95f0e") })
            {
                json.WriteStartObject();
                json.WriteNumber("stop", stop);
                json.WriteString("bgColor", colour);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
