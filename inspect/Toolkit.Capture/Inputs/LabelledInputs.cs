using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>Samples with columns from another file that ride along.</summary>
internal sealed class LabelledInputs : IInputSource
{
    private readonly IInputSource _inner;
    private readonly Func<long, int, IReadOnlyList<TableColumn>> _read;
    private readonly IDisposable _file;

    public LabelledInputs(IInputSource inner, string path, Action<string>? log)
    {
        _inner = inner;
        long count;
        if (path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            var rows = ParquetRows.Open(path);
            (_file, count, _read) = (rows, rows.Count, (first, samples) => rows.Read(first, samples).Columns);
        }
        else
        {
            (_file, count, _read) = OpenArrays(path);
        }

        try
        {
            if (count != inner.Samples)
            {
                throw new BadInputException($"{path}: it holds {count} labels for {inner.Samples} samples.");
            }

            if (_file is ParquetRows table)
            {
                Look(path, table, log);
            }

            var taken = inner.Describe(0, 0).Select(static column => column.Name).ToHashSet(StringComparer.Ordinal);
            if (_read(0, 0).FirstOrDefault(column => taken.Contains(column.Name)) is { } twice)
            {
                throw new BadInputException(
                    $"{path}: the samples have a column '{twice.Name}' of their own; call that of the labels "
                        + "otherwise.");
            }

            LabelsSha256 = FileHash.Sha256(path);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public string Source => _inner.Source;

    public string? Sha256 => _inner.Sha256;

    public string? LabelsSha256 { get; }

    public long Samples => _inner.Samples;

    public int? FixedBatch => _inner.FixedBatch;

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples) =>
        _inner.Read(firstSample, samples);

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) =>
    [
        .. _inner.Describe(firstSample, samples),
        .. _read(firstSample, samples).Where(static column => column.Name != "sample_id"),
    ];

    public void Dispose()
    {
        _file.Dispose();
        _inner.Dispose();
    }

    /// <summary>
    /// Looks at every row once. Labels go to the samples row by row: a table that numbers its samples otherwise would
    /// give each another's label.
    /// </summary>
    private static void Look(string path, ParquetRows table, Action<string>? log)
    {
        if (table.LeftOut.Count > 0)
        {
            log?.Invoke(
                $"{path}: labels not read for their type: {HostileText.List(table.LeftOut, ArrayInputs.MostNames)}.");
        }

        var last = double.NegativeInfinity;
        foreach (var (first, rows) in table.ReadGroups())
        {
            if (!rows.Contains("sample_id") || rows["sample_id"].Type is not (ColumnType.Int64 or ColumnType.Int32))
            {
                continue;
            }

            var numbers = rows.Numbers("sample_id");
            for (var row = 0; row < numbers.Length; row++)
            {
                if (!(numbers[row] > last))
                {
                    throw new BadInputException(
                        $"{path}: sample_id {numbers[row]} stands below {last} (row {first + row}), but labels are "
                            + "taken row by row. Sort the file by sample_id, or leave that column out.");
                }

                last = numbers[row];
            }
        }
    }

    private static (IDisposable File, long Count, Func<long, int, IReadOnlyList<TableColumn>> Read) OpenArrays(
        string path)
    {
        var checkpoint = Checkpoint.Open(path);
        try
        {
            var columns = checkpoint.Tensors.Select(tensor => OpenArray(path, checkpoint, tensor)).ToList();
            if (columns is [var first, .. var others])
            {
                return others.Find(column => column.Count != first.Count) is { Read: not null } other
                    ? throw new BadInputException(
                        $"{path}: {first.Count} labels in one array and {other.Count} in another.")
                    : (checkpoint, first.Count, (at, samples) => [.. columns.Select(column => column.Read(at, samples))]);
            }

            throw new BadInputException(checkpoint.Unreadable is [var unreadable, ..]
                ? $"{path}: {unreadable.Reason} Labels that are texts can be given as a .parquet file."
                : $"{path}: it holds no labels.");
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static (long Count, Func<long, int, TableColumn> Read) OpenArray(
        string path, Checkpoint checkpoint, CheckpointTensor tensor)
    {
        if (tensor.Shape.Rank != 1)
        {
            throw new BadInputException($"{path}: '{tensor.Name}' is {tensor.Shape}; labels have one axis.");
        }

        var name = tensor.Name.Length == 0 || checkpoint.Tensors.Length == 1 ? "label" : tensor.Name;
        var array = new StoredArray(path, checkpoint, tensor);
        return (tensor.Shape[0], array.Fits(ElementType.Int64)
            ? (first, samples) => TableColumn.Create(
                name, array.Read(0, first, samples, ElementType.Int64).AsSpan<long>().ToArray())
            : array.Fits(ElementType.Float64)
            ? (first, samples) => TableColumn.Create(
                name, array.Read(0, first, samples, ElementType.Float64).AsSpan<double>().ToArray())
            : throw new BadInputException(
                $"{path}: '{tensor.Name}' is {tensor.Type.DisplayName()}; labels are numbers."));
    }
}
