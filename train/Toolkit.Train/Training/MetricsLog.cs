using Toolkit.Formats.Tables;

namespace Toolkit.Train.Training;

/// <summary>
/// The rows of <c>metrics.parquet</c>, in order of epochs. The file is rewritten whole: it has a few thousand rows at
/// most.
/// </summary>
internal sealed class MetricsLog
{
    private readonly List<MetricsRow> _rows = [];

    /// <summary>All rows so far.</summary>
    public IReadOnlyList<MetricsRow> Rows => _rows;

    /// <summary>Reads the rows up to an epoch; later ones belong to steps that an interruption lost.</summary>
    /// <param name="path">The file; absent: no rows.</param>
    /// <param name="lastEpoch">The epoch to go on from.</param>
    public static MetricsLog Read(string path, int lastEpoch)
    {
        var log = new MetricsLog();
        if (!File.Exists(path))
        {
            return log;
        }

        var table = ParquetTable.Read(path);
        var epochs = table.Values<long>("epoch");
        double[] trainLoss = table.Numbers("train_loss"), testLoss = table.Numbers("test_loss"),
            trainAccuracy = table.Numbers("train_accuracy"), testAccuracy = table.Numbers("test_accuracy"),
            squares = table.Numbers("sum_of_squared_weights"), speed = table.Numbers("steps_per_second");
        for (var i = 0; i < epochs.Length && epochs[i] <= lastEpoch; i++)
        {
            log._rows.Add(new MetricsRow(
                (int)epochs[i], trainLoss[i], testLoss[i], trainAccuracy[i], testAccuracy[i], squares[i], speed[i]));
        }

        return log;
    }

    /// <summary>Adds a row; a row of the same epoch is there already after a resume and stays.</summary>
    public void Add(MetricsRow row)
    {
        if (_rows.Count == 0 || _rows[^1].Epoch < row.Epoch)
        {
            _rows.Add(row);
        }
    }

    /// <summary>Writes the file.</summary>
    public void Write(string path) => ParquetTable.Write(path, new Table(
        TableColumn.Create("epoch", [.. _rows.Select(row => (long)row.Epoch)]),
        Column("train_loss", row => row.TrainLoss),
        Column("test_loss", row => row.TestLoss),
        Column("train_accuracy", row => row.TrainAccuracy),
        Column("test_accuracy", row => row.TestAccuracy),
        Column("sum_of_squared_weights", row => row.SumOfSquaredWeights),
        Column("steps_per_second", row => row.StepsPerSecond)));

    private TableColumn Column(string name, Func<MetricsRow, double> value) =>
        TableColumn.Create(name, [.. _rows.Select(value)]);
}
