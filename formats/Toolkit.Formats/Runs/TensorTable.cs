using System.Globalization;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Runs;

/// <summary><c>tensors.parquet</c>: what values the graph has and how they are stored.</summary>
internal static class TensorTable
{
    /// <summary>Makes the table.</summary>
    /// <param name="entries">The tensors.</param>
    /// <param name="measured">Channels that the statistics of tensors have, by number.</param>
    public static Table Write(IReadOnlyList<TensorEntry> entries, IReadOnlyDictionary<int, int?> measured) => new(
        TableColumn.Create("id", Column(entries, e => e.Id)),
        TableColumn.Create("name", Column(entries, e => e.Name)),
        TableColumn.Create("node", Column(entries, e => e.Node)),
        TableColumn.Create("op", Column(entries, e => e.Operator)),
        TableColumn.Create("scope", Column(entries, e => e.Scope)),
        TableColumn.Create("original_dtype", Column(entries, e => e.OriginalType)),
        TableColumn.Create("stored_dtype", Column(entries, e => e.StoredType)),
        TableColumn.Create("dims", Column(entries, e => e.Dims)),
        TableColumn.Create("granularity", Column(entries, e => e.Granularity.ToString().ToLowerInvariant())),
        TableColumn.Create(
            "sample_shape", Column(entries, e => e.SampleShape is null ? null : string.Join(',', e.SampleShape))),
        TableColumn.Create("channels", Column(entries, e => e.Channels ?? measured.GetValueOrDefault(e.Id))),
        TableColumn.Create("feature_axis", Column(entries, e => e.FeatureAxis)),
        TableColumn.Create("batch_axis", Column(entries, e => e.BatchAxis)),
        TableColumn.Create("encoding", Column(entries, e => e.Encoding)),
        TableColumn.Create("rows", Column(entries, e => e.Rows)),
        TableColumn.Create("bytes", Column(entries, e => e.Bytes)),
        TableColumn.Create("noise_max_abs", Column(entries, e => e.LargestNoise)),
        TableColumn.Create("noise_relative", Column(entries, e => e.RelativeNoise)),
        TableColumn.Create("reason", Column(entries, e => e.Reason)));

    public static IReadOnlyList<TensorEntry> Read(string path)
    {
        var table = ParquetTable.Read(path);
        try
        {
            var entries = new TensorEntry[table.RowCount];
            for (var row = 0; row < entries.Length; row++)
            {
                entries[row] = new TensorEntry
                {
                    Id = (int)table["id"].ValueAt(row)!,
                    Name = (string)table["name"].ValueAt(row)!,
                    Node = (string?)table["node"].ValueAt(row),
                    Operator = (string?)table["op"].ValueAt(row),
                    Scope = (string?)table["scope"].ValueAt(row) ?? string.Empty,
                    OriginalType = (string?)table["original_dtype"].ValueAt(row) ?? string.Empty,
                    StoredType = (string?)table["stored_dtype"].ValueAt(row),
                    Dims = (string?)table["dims"].ValueAt(row),
                    Granularity = Enum.Parse<RowGranularity>(
                        (string)table["granularity"].ValueAt(row)!, ignoreCase: true),
                    SampleShape = Shape((string?)table["sample_shape"].ValueAt(row)),
                    FeatureAxis = (int?)table["feature_axis"].ValueAt(row),
                    BatchAxis = (int?)table["batch_axis"].ValueAt(row),
                    Encoding = (string?)table["encoding"].ValueAt(row),
                    Rows = (long)table["rows"].ValueAt(row)!,
                    Bytes = (long)table["bytes"].ValueAt(row)!,
                    LargestNoise = Noise(table, "noise_max_abs", row),
                    RelativeNoise = Noise(table, "noise_relative", row),
                    Reason = (string?)table["reason"].ValueAt(row),
                };
            }

            return entries;
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidCastException or NullReferenceException
            or ArgumentException or FormatException or OverflowException)
        {
            throw new BadInputException($"{path}: this is not the table of tensors of a run directory: {e.Message}", e);
        }
    }

    /// <summary>Runs of earlier programs have no such column.</summary>
    private static double? Noise(Table table, string column, int row) =>
        table.Contains(column) ? (double?)table[column].ValueAt(row) : null;

    private static T[] Column<T>(IReadOnlyList<TensorEntry> entries, Func<TensorEntry, T> value) =>
        [.. entries.Select(value)];

    private static IReadOnlyList<long>? Shape(string? text) => text switch
    {
        null => null,
        "" => [],
        _ => [.. text.Split(',').Select(part => long.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture))],
    };
}
