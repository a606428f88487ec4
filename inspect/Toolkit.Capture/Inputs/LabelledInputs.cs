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
    private readonly Table _labels;

    public LabelledInputs(IInputSource inner, string path, Action<string>? log)
    {
        _inner = inner;
        (_labels, var leftOut) = path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)
            ? ParquetTable.ReadHeld(path, new HashSet<string>())
            : (ReadArrays(path), []);
        if (leftOut.Count > 0)
        {
            log?.Invoke(
                $"{path}: labels not read for their type: {HostileText.List(leftOut, ArrayInputs.MostNames)}.");
        }

        if (_labels.RowCount != inner.Samples)
        {
            throw new BadInputException($"{path}: it holds {_labels.RowCount} labels for {inner.Samples} samples.");
        }

        CheckOrder(path);
        var taken = inner.Describe(0, 0).Select(static column => column.Name).ToHashSet(StringComparer.Ordinal);
        if (_labels.Columns.FirstOrDefault(column => taken.Contains(column.Name)) is { } twice)
        {
            throw new BadInputException(
                $"{path}: the samples have a column '{twice.Name}' of their own; call that of the labels otherwise.");
        }

        LabelsSha256 = FileHash.Sha256(path);
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
        .. _labels.Slice((int)firstSample, samples).Columns.Where(c => c.Name != "sample_id"),
    ];

    /// <summary>
    /// Labels go to the samples row by row: a table that numbers its samples otherwise would give each another's label.
    /// </summary>
    private void CheckOrder(string path)
    {
        if (!_labels.Contains("sample_id") || _labels["sample_id"].Type is not (ColumnType.Int64 or ColumnType.Int32))
        {
            return;
        }

        var numbers = _labels.Numbers("sample_id");
        for (var row = 1; row < numbers.Length; row++)
        {
            if (!(numbers[row] > numbers[row - 1]))
            {
                throw new BadInputException(
                    $"{path}: sample_id {numbers[row]} stands below {numbers[row - 1]} (row {row}), but labels are "
                        + "taken row by row. Sort the file by sample_id, or leave that column out.");
            }
        }
    }

    private static Table ReadArrays(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        var columns = new List<TableColumn>();
        foreach (var tensor in checkpoint.Tensors)
        {
            var name = tensor.Name.Length == 0 || checkpoint.Tensors.Length == 1 ? "label" : tensor.Name;
            var array = checkpoint.Read(tensor);
            columns.Add(array.Shape.Rank != 1 ? throw new BadInputException(
                $"{path}: '{tensor.Name}' is {array.Shape}; labels have one axis.")
                : ArrayConversion.To(array, ElementType.Int64) is { } whole ? TableColumn.Create(
                    name, whole.AsSpan<long>().ToArray())
                : ArrayConversion.To(array, ElementType.Float64) is { } real
                ? TableColumn.Create(name, real.AsSpan<double>().ToArray())
                    : throw new BadInputException(
                        $"{path}: '{tensor.Name}' is {array.Type.DisplayName()}; labels are numbers."));
        }

        if (columns.Count > 0)
        {
            return new Table(columns);
        }

        throw new BadInputException(checkpoint.Unreadable is [var first, ..]
            ? $"{path}: {first.Reason} Labels that are texts can be given as a .parquet file."
            : $"{path}: it holds no labels.");
    }
}
