using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs.Statistics;

/// <summary>The effects of interventions as tables: one row per output, in parts also per node of the tree over
/// batches.</summary>
internal static class EffectTable
{
    /// <summary>Rows of some outputs.</summary>
    public static Table Of(IReadOnlyList<(string Output, StatisticsNode<EffectSums> Node)> rows) => new(
        TableColumn.Create("output", Column(rows, r => r.Output)),
        TableColumn.Create("level", Column(rows, r => r.Node.Level)),
        TableColumn.Create("index", Column(rows, r => r.Node.Index)),
        TableColumn.Create("samples", Column(rows, r => r.Node.Values.Samples)),
        TableColumn.Create("n", Column(rows, r => r.Node.Values.Count)),
        TableColumn.Create("not_finite", Column(rows, r => r.Node.Values.NotFinite)),
        TableColumn.Create("squared_change", Column(rows, r => r.Node.Values.SquaredChange)),
        TableColumn.Create("squared_reference", Column(rows, r => r.Node.Values.SquaredReference)),
        TableColumn.Create("rms", Column(rows, r => r.Node.Values.RootMeanSquare)),
        TableColumn.Create("relative", Column(rows, r => r.Node.Values.Relative)),
        TableColumn.Create("largest", Column(rows, r => r.Node.Values.Largest)),
        TableColumn.Create("rows", Column(rows, r => r.Node.Values.Rows)),
        TableColumn.Create("changed_rows", Column(rows, r => r.Node.Values.ChangedRows)));

    /// <summary>Reads a table back.</summary>
    /// <param name="path">The file.</param>
    /// <returns>In the order of the file.</returns>
    /// <exception cref="BadInputException">It is not such a table.</exception>
    public static IReadOnlyList<(string Output, StatisticsNode<EffectSums> Node)> Read(string path)
    {
        var table = ParquetTable.Read(path);
        try
        {
            var output = table.Values<string?>("output");
            var level = table.Values<int>("level");
            var index = table.Values<long>("index");
            var samples = table.Values<long>("samples");
            var n = table.Values<long>("n");
            var notFinite = table.Values<long>("not_finite");
            var change = table.Values<double>("squared_change");
            var reference = table.Values<double>("squared_reference");
            var largest = table.Values<double>("largest");
            var rows = table.Values<long>("rows");
            var changed = table.Values<long>("changed_rows");
            var nodes = new List<(string, StatisticsNode<EffectSums>)>(table.RowCount);
            for (var i = 0; i < table.RowCount; i++)
            {
                nodes.Add((output[i] ?? string.Empty, new StatisticsNode<EffectSums>(level[i], index[i], new EffectSums(
                    samples[i], n[i], notFinite[i], change[i], reference[i], largest[i], rows[i], changed[i]))));
            }

            return nodes;
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new BadInputException($"{path}: this is not a table of effects of a run directory: {e.Message}", e);
        }
    }

    /// <summary>Merges the parts among some files of a run.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="files">Files of segments, in the order of their samples.</param>
    /// <returns>One node per output, of level −1: all that the parts cover.</returns>
    public static IReadOnlyList<(string Output, StatisticsNode<EffectSums> Node)> Total(
        string folder, IEnumerable<FileRecord> files)
    {
        var trees = new OrderedDictionary<string, StatisticsTree<EffectSums>>(StringComparer.Ordinal);
        foreach (var file in files.Where(
            static f => f.Path.StartsWith(RunPaths.EffectsFolder + "/", StringComparison.Ordinal)))
        {
            foreach (var (output, node) in Read(RunPaths.Full(folder, file.Path)))
            {
                if (!trees.TryGetValue(output, out var tree))
                {
                    trees.Add(output, tree = new StatisticsTree<EffectSums>());
                }

                tree.Add(node);
            }
        }

        return [.. trees.Select(t => (t.Key, new StatisticsNode<EffectSums>(-1, 0, t.Value.Total()!)))];
    }

    private static T[] Column<T>(
        IReadOnlyList<(string Output, StatisticsNode<EffectSums> Node)> rows,
        Func<(string Output, StatisticsNode<EffectSums> Node), T> value) => [.. rows.Select(value)];
}
