using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace Toolkit.Formats.Tables;

/// <content>Writing.</content>
public static partial class ParquetTable
{
    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The final path; its folder is created where missing, an existing file is replaced.</param>
    /// <param name="table">The table; no rows are fine.</param>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written to.</exception>
    public static void Write(string path, Table table) =>
        Task.Run(() => WriteAsync(path, table)).GetAwaiter().GetResult();

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The final path; its folder is created where missing, an existing file is replaced.</param>
    /// <param name="table">The table; no rows are fine.</param>
    /// <returns>A task that ends when the file has its final name.</returns>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written to.</exception>
    public static Task WriteAsync(string path, Table table) =>
        AtomicFile.WriteAsync(path, stream => WriteAsync(stream, table));

    /// <summary>
    /// Writes a file whole or not at all, from parts that are made and forgotten one after the other.
    /// </summary>
    /// <param name="path">The final path; its folder is created where missing, an existing file is replaced.</param>
    /// <param name="parts">At least one table; all have the columns of the first. Each becomes row groups of its
    /// own.</param>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written to.</exception>
    public static void WriteParts(string path, IEnumerable<Table> parts) =>
        Task.Run(() => AtomicFile.WriteAsync(path, stream => WritePartsAsync(stream, parts))).GetAwaiter().GetResult();

    /// <summary>Writes a table as one Parquet file into a stream, which stays open.</summary>
    /// <param name="stream">A writable stream.</param>
    /// <param name="table">The table; no rows are fine.</param>
    /// <returns>A task that ends when everything is written.</returns>
    public static Task WriteAsync(Stream stream, Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return WritePartsAsync(stream, [table]);
    }

    private static async Task WritePartsAsync(Stream stream, IEnumerable<Table> parts)
    {
        using var tables = parts.GetEnumerator();
        if (!tables.MoveNext())
        {
            throw new ArgumentException("At least one table, whose columns are the file's.", nameof(parts));
        }

        var schema = new ParquetSchema([.. tables.Current.Columns.Select(FieldOf)]);
        var options = new ParquetOptions
        {
            CompressionMethod = CompressionMethod.Zstd,
            // Level 1. The library's own default is level 19, about 1 MB/s.
            CompressionLevel = CompressionLevel.Fastest,
        };
        await using var writer = await ParquetWriter.CreateAsync(schema, stream, options);
        do
        {
            var table = tables.Current;
            for (var start = 0; start < table.RowCount; start += RowsPerGroup)
            {
                var count = Math.Min(RowsPerGroup, table.RowCount - start);
                using var group = writer.CreateRowGroup();
                for (var index = 0; index < table.Columns.Count; index++)
                {
                    await WriteColumnAsync(group, schema.Fields[index], table.Columns[index].Slice(start, count));
                }
            }
        }
        while (tables.MoveNext());
    }

    private static Field FieldOf(TableColumn column) => column.Type switch
    {
        ColumnType.Float64 => new DataField<double>(column.Name, column.IsNullable),
        ColumnType.Float32 => new DataField<float>(column.Name, column.IsNullable),
        ColumnType.Int64 => new DataField<long>(column.Name, column.IsNullable),
        ColumnType.Int32 => new DataField<int>(column.Name, column.IsNullable),
        ColumnType.Boolean => new DataField<bool>(column.Name, column.IsNullable),
        ColumnType.Text => new DataField<string>(column.Name, nullable: true),
        ColumnType.Float64List =>
            new ListField(column.Name, new DataField<double>(ListField.ElementName, nullable: false)),
        ColumnType.Int64List => new ListField(column.Name, new DataField<long>(ListField.ElementName, nullable: false)),
        ColumnType.UInt64List =>
            new ListField(column.Name, new DataField<ulong>(ListField.ElementName, nullable: false)),
        _ => new ListField(column.Name, new DataField<float>(ListField.ElementName, nullable: false)),
    };

    private static Task WriteColumnAsync(ParquetRowGroupWriter group, Field field, TableColumn column) => column switch
    {
        TableColumn<double> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<double?> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<float> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<float?> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<long> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<long?> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<int> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<int?> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<bool> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<bool?> c => group.WriteAsync((DataField)field, c.Memory),
        TableColumn<string?> c => group.WriteAsync((DataField)field, c.Memory.ToArray()!),
        TableColumn<double[]?> c => WriteListsAsync(group, (ListField)field, c),
        TableColumn<float[]?> c => WriteListsAsync(group, (ListField)field, c),
        TableColumn<long[]?> c => WriteListsAsync(group, (ListField)field, c),
        TableColumn<ulong[]?> c => WriteListsAsync(group, (ListField)field, c),
        _ => throw new NotSupportedException($"Column '{column.Name}' is {column.GetType().Name}."),
    };

    private static Task WriteListsAsync<T>(ParquetRowGroupWriter group, ListField field, TableColumn<T[]?> column)
        where T : struct
    {
        var item = (DataField)field.Item;
        var slots = 0;
        var count = 0;
        foreach (var list in column.Values)
        {
            slots += Math.Max(1, list?.Length ?? 0);
            count += list?.Length ?? 0;
        }

        // Definition levels: 0 = no list, 1 = a list without elements, 2 = an element.
        var values = new T[count];
        var definition = new int[slots];
        var repetition = new int[slots];
        var slot = 0;
        var at = 0;
        foreach (var list in column.Values)
        {
            if (list is null or [])
            {
                definition[slot++] = list is null ? 0 : item.MaxDefinitionLevel - 1;
                continue;
            }

            list.CopyTo(values, at);
            at += list.Length;
            definition.AsSpan(slot, list.Length).Fill(item.MaxDefinitionLevel);
            repetition.AsSpan(slot + 1, list.Length - 1).Fill(item.MaxRepetitionLevel);
            slot += list.Length;
        }

        return group.WriteAllPartsAsync<T>(item, values, definition, repetition, CancellationToken.None);
    }
}
