using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs.Statistics;

/// <summary>Statistics as tables: one row per tensor and node, or per tensor, node and channel.</summary>
internal static class StatisticsTable
{
    /// <summary>One row of either table.</summary>
    internal sealed record Row(
        int Tensor,
        string Name,
        int Level,
        long Index,
        int Channel,
        ValueStatistics Values,
        LogHistogram? Histogram,
        int Step);

    public static Table Whole(IReadOnlyList<Row> rows) => new([
        .. Common(rows),
        TableColumn.Create("histogram_step", Column(rows, r => r.Step)),
        TableColumn.Create("histogram_bins", Column(rows, r => r.Histogram?.ToSparse().Bins)),
        TableColumn.Create("histogram_counts", Column(rows, r => r.Histogram?.ToSparse().Counts)),
    ]);

    public static Table Channels(IReadOnlyList<Row> rows) =>
        new([.. Common(rows), TableColumn.Create("channel", Column(rows, r => r.Channel))]);

    public static IEnumerable<Row> WholeRows(
        IEnumerable<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> nodes) =>
        nodes.Select(n => new Row(
            n.Entry.Id,
            n.Entry.Name,
            n.Node.Level,
            n.Node.Index,
            0,
            n.Node.Values.Whole,
            n.Node.Values.Histogram,
            n.Node.Values.HistogramStep));

    public static IEnumerable<Row> ChannelRows(
        IEnumerable<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> nodes) =>
        nodes.SelectMany(n => (n.Node.Values.Channels ?? []).Select((values, channel) => new Row(
            n.Entry.Id, n.Entry.Name, n.Node.Level, n.Node.Index, channel, values, null, 0)));

    /// <summary>Reads the nodes of one part back, by tensor and in the order of the file.</summary>
    /// <param name="wholePath">The table of tensors.</param>
    /// <param name="channelsPath">The table of channels; null where only the tensors are wanted.</param>
    public static IReadOnlyList<(int Tensor, StatisticsNode<TensorStatistics> Node)> Read(
        string wholePath, string? channelsPath)
    {
        try
        {
            var channels = channelsPath is null || !File.Exists(channelsPath)
                ? []
                : ReadRows(ParquetTable.Read(channelsPath)).GroupBy(r => (r.Tensor, r.Level, r.Index))
                    .ToDictionary(
                        g => g.Key,
                        g => (IReadOnlyList<ValueStatistics>)[.. g.OrderBy(r => r.Channel).Select(r => r.Values)]);
            return
            [
                .. ReadRows(ParquetTable.Read(wholePath)).Select(r => (r.Tensor, new StatisticsNode<TensorStatistics>(
                    r.Level,
                    r.Index,
                    new TensorStatistics(
                        r.Values, r.Histogram, r.Step, channels.GetValueOrDefault((r.Tensor, r.Level, r.Index)))))),
            ];
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new BadInputException(
                $"{wholePath}: this is not a table of statistics of a run directory: {e.Message}", e);
        }
    }

    private static IEnumerable<TableColumn> Common(IReadOnlyList<Row> rows) =>
    [
        TableColumn.Create("tensor", Column(rows, r => r.Tensor)),
        TableColumn.Create("name", Column(rows, r => r.Name)),
        TableColumn.Create("level", Column(rows, r => r.Level)),
        TableColumn.Create("index", Column(rows, r => r.Index)),
        TableColumn.Create("n", Column(rows, r => r.Values.Count)),
        TableColumn.Create("nan", Column(rows, r => r.Values.NaN)),
        TableColumn.Create("pos_inf", Column(rows, r => r.Values.PositiveInfinities)),
        TableColumn.Create("neg_inf", Column(rows, r => r.Values.NegativeInfinities)),
        TableColumn.Create("zeros", Column(rows, r => r.Values.Zeros)),
        TableColumn.Create("min", Column(rows, r => r.Values.Minimum)),
        TableColumn.Create("max", Column(rows, r => r.Values.Maximum)),
        TableColumn.Create("mean", Column(rows, r => r.Values.Mean)),
        TableColumn.Create("m2", Column(rows, r => r.Values.M2)),
        TableColumn.Create("std", Column(rows, r => r.Values.StandardDeviation)),
        TableColumn.Create("absmax", Column(rows, r => r.Values.AbsoluteMaximum)),
        TableColumn.Create("l2", Column(rows, r => r.Values.L2)),
    ];

    private static T[] Column<T>(IReadOnlyList<Row> rows, Func<Row, T> value) => [.. rows.Select(value)];

    private static List<Row> ReadRows(Table table)
    {
        var tensor = table.Values<int>("tensor");
        var name = table.Values<string?>("name");
        var level = table.Values<int>("level");
        var index = table.Values<long>("index");
        var hasChannels = table.Contains("channel");
        var channel = hasChannels ? table.Values<int>("channel") : [];
        var step = hasChannels ? [] : table.Values<int>("histogram_step");
        var bins = hasChannels ? [] : table.Values<double[]?>("histogram_bins");
        var counts = hasChannels ? [] : table.Values<double[]?>("histogram_counts");
        var n = table.Values<long>("n");
        var nan = table.Values<long>("nan");
        var positive = table.Values<long>("pos_inf");
        var negative = table.Values<long>("neg_inf");
        var zeros = table.Values<long>("zeros");
        var minimum = table.Values<double>("min");
        var maximum = table.Values<double>("max");
        var mean = table.Values<double>("mean");
        var m2 = table.Values<double>("m2");
        var rows = new List<Row>(table.RowCount);
        for (var i = 0; i < table.RowCount; i++)
        {
            var values = new ValueStatistics(
                n[i], nan[i], positive[i], negative[i], zeros[i], minimum[i], maximum[i], mean[i], m2[i]);
            var histogram = !hasChannels && bins[i] is { } b && counts[i] is { } c
                ? LogHistogram.FromSparse(b, c)
                : null;
            rows.Add(new Row(
                tensor[i],
                name[i] ?? string.Empty,
                level[i],
                index[i],
                hasChannels ? channel[i] : 0,
                values,
                histogram,
                hasChannels ? 0 : step[i]));
        }

        return rows;
    }
}
