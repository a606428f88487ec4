using System.Globalization;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Inspect.Overlays;

/// <summary>
/// Statistics for Netron, which has no format for overlays but shows the metadata of nodes in its sidebar: they are
/// written into a copy of the model, as <c>metadata_props</c> of the node that computes the value (ONNX IR 10; older
/// readers skip it).
/// </summary>
internal static class NetronOverlay
{
    /// <summary>Annotates a model in place; what it computes stays as it is.</summary>
    /// <param name="graph">The model's graphs, functions not inlined.</param>
    /// <param name="statistics">What was measured, by the value's key.</param>
    /// <returns>How many nodes got statistics.</returns>
    public static int Annotate(ModelGraph graph, IReadOnlyDictionary<string, ValueStatistics> statistics)
    {
        var nodes = 0;
        foreach (var node in graph.Scopes.SelectMany(static scope => scope.Nodes))
        {
            var measured = node.Outputs.OfType<GraphValue>().Where(value => statistics.ContainsKey(value.Key)).ToList();
            nodes += measured.Count > 0 ? 1 : 0;
            foreach (var value in measured)
            {
                var key = $"statistics of {value.Name}";
                foreach (var old in node.Proto.MetadataProps.Where(entry => entry.Key == key).ToList())
                {
                    node.Proto.MetadataProps.Remove(old);
                }

                node.Proto.MetadataProps.Add(
                    new StringStringEntryProto { Key = key, Value = Text(statistics[value.Key]) });
            }
        }

        return nodes;
    }

    private static string Text(ValueStatistics s) => string.Create(
        CultureInfo.InvariantCulture,
        $"n {s.Count}, mean {s.Mean:g6}, std {s.StandardDeviation:g6}, min {s.Minimum:g6}, max {s.Maximum:g6}, L2 "
            + $"{s.L2:g6}, zeros {100 * OverlayStatistic.Share(s.Zeros, s.Count):0.##} %, NaN {s.NaN}, +Inf "
            + $"{s.PositiveInfinities}, -Inf {s.NegativeInfinities}");
}
