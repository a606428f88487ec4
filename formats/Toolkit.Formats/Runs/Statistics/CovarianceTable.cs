using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs.Statistics;

/// <summary>
/// Covariances as tables: one row per tensor and channel, in parts also per node of the tree over batches.
/// </summary>
internal static class CovarianceTable
{
    /// <summary>The nodes of one part; a row has the channel's row of M2 up to the diagonal.</summary>
    public static Table Part(IReadOnlyList<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> nodes)
    {
        var rows = Rows(nodes);
        return new Table(
            TableColumn.Create("tensor", Column(rows, r => r.Entry.Id)),
            TableColumn.Create("name", Column(rows, r => r.Entry.Name)),
            TableColumn.Create("level", Column(rows, r => r.Node.Level)),
            TableColumn.Create("index", Column(rows, r => r.Node.Index)),
            TableColumn.Create("channel", Column(rows, r => r.Channel)),
            TableColumn.Create("n", Column(rows, r => r.Sums.Rows)),
            TableColumn.Create("skipped", Column(rows, r => r.Sums.Skipped)),
            TableColumn.Create("mean", Column(rows, r => r.Sums.Mean[r.Channel])),
            TableColumn.Create("m2", Column<double[]?>(
                rows, r => r.Sums.M2.AsSpan(r.Channel * r.Sums.Mean.Length, r.Channel + 1).ToArray())));
    }

    /// <summary>The covariances of the whole run; a row has the channel's covariance with every channel.</summary>
    public static Table Whole(IReadOnlyList<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> totals)
    {
        var rows = Rows(totals);
        return new Table(
            TableColumn.Create("tensor", Column(rows, r => r.Entry.Id)),
            TableColumn.Create("name", Column(rows, r => r.Entry.Name)),
            TableColumn.Create("channel", Column(rows, r => r.Channel)),
            TableColumn.Create("n", Column(rows, r => r.Sums.Rows)),
            TableColumn.Create("skipped", Column(rows, r => r.Sums.Skipped)),
            TableColumn.Create("mean", Column(rows, r => r.Sums.Mean[r.Channel])),
            TableColumn.Create("covariance", Column<double[]?>(rows, r => Array.ConvertAll(
                r.Sums.M2.AsSpan(r.Channel * r.Sums.Mean.Length, r.Sums.Mean.Length).ToArray(),
                m2 => m2 / r.Sums.Rows))));
    }

    /// <summary>Reads the nodes of one part back.</summary>
    /// <param name="path">The file.</param>
    /// <returns>By tensor, level and index.</returns>
    /// <exception cref="BadInputException">It is not such a table.</exception>
    public static IReadOnlyDictionary<(int Tensor, int Level, long Index), CovarianceSums> Read(string path)
    {
        var table = ParquetTable.Read(path);
        try
        {
            var tensor = table.Values<int>("tensor");
            var level = table.Values<int>("level");
            var index = table.Values<long>("index");
            var channel = table.Values<int>("channel");
            var n = table.Values<long>("n");
            var skipped = table.Values<long>("skipped");
            var mean = table.Values<double>("mean");
            var m2 = table.Values<double[]?>("m2");
            var nodes = new Dictionary<(int, int, long), CovarianceSums>();
            for (var first = 0; first < table.RowCount;)
            {
                var d = 1;
                while (first + d < table.RowCount && channel[first + d] == d)
                {
                    d++;
                }

                // Rows that grow as they should bound d by what was read already.
                for (var i = 0; i < d; i++)
                {
                    if (m2[first + i] is not { } row || row.Length != i + 1)
                    {
                        throw new InvalidOperationException(
                            $"Row {first + i} has {m2[first + i]?.Length ?? 0} numbers in m2, {i + 1} were expected.");
                    }
                }

                var sums = new CovarianceSums(
                    n[first], skipped[first], mean.Slice(first, d).ToArray(), new double[d * d]);
                for (var i = 0; i < d; i++)
                {
                    for (var j = 0; j <= i; j++)
                    {
                        sums.M2[(i * d) + j] = sums.M2[(j * d) + i] = m2[first + i]![j];
                    }
                }

                nodes.Add((tensor[first], level[first], index[first]), sums);
                first += d;
            }

            return nodes;
        }
        catch (Exception e) when (e is KeyNotFoundException
            or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new BadInputException(
                $"{path}: this is not a table of covariances of a run directory: {e.Message}", e);
        }
    }

    /// <summary>Reads the covariance of one tensor over the whole run back.</summary>
    /// <param name="path">The file that <see cref="Whole"/> was written to.</param>
    /// <param name="tensor">The tensor's number.</param>
    /// <returns>The sums; null where the table has none of it.</returns>
    /// <exception cref="BadInputException">It is not such a table.</exception>
    public static CovarianceSums? ReadWhole(string path, int tensor)
    {
        var table = ParquetTable.Read(path);
        try
        {
            var tensors = table.Values<int>("tensor");
            var (first, d) = (tensors.IndexOf(tensor), tensors.Count(tensor));
            if (d == 0)
            {
                return null;
            }

            var n = table.Values<long>("n")[first];
            var rows = table.Values<double[]?>("covariance").Slice(first, d);
            for (var i = 0; i < d; i++)
            {
                if (tensors[first + i] != tensor || rows[i]?.Length != d)
                {
                    throw new InvalidOperationException($"Row {first + i} has not the {d} covariances of channel {i}.");
                }
            }

            var m2 = new double[d * d];
            for (var i = 0; i < m2.Length; i++)
            {
                m2[i] = rows[i / d]![i % d] * n;
            }

            return new CovarianceSums(
                n, table.Values<long>("skipped")[first], table.Values<double>("mean").Slice(first, d).ToArray(), m2);
        }
        catch (Exception e) when (e is KeyNotFoundException
            or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new BadInputException($"{path}: this is not a table of covariances of a run: {e.Message}", e);
        }
    }

    private static List<Row> Rows(IReadOnlyList<(TensorEntry Entry, StatisticsNode<TensorStatistics> Node)> nodes) =>
    [
        .. nodes.Where(n => n.Node.Values.Covariance is not null).SelectMany(n =>
            Enumerable.Range(0, n.Node.Values.Covariance!.Mean.Length)
                .Select(channel => new Row(n.Entry, n.Node, n.Node.Values.Covariance!, channel))),
    ];

    private static T[] Column<T>(List<Row> rows, Func<Row, T> value) => [.. rows.Select(value)];

    private sealed record Row(
        TensorEntry Entry, StatisticsNode<TensorStatistics> Node, CovarianceSums Sums, int Channel);
}
