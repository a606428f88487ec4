using Parquet;
using Parquet.Schema;
using Toolkit.Formats.Runs.Activations;

namespace Toolkit.Formats.Tables;

/// <content>Reading.</content>
public static partial class ParquetTable
{
    private const int MostSharedTexts = 1024;

    /// <summary>Reads a whole file into memory.</summary>
    /// <param name="path">A Parquet file, of ours or of another writer, with flat columns and lists of numbers.</param>
    /// <param name="columns">The columns wanted, in the wanted order; all columns where null.</param>
    /// <returns>The table. Narrower integers arrive as int or long.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated or foreign, lacks a wanted column, or has a
    /// column of a type that tables do not hold.</exception>
    public static Table Read(string path, IReadOnlyList<string>? columns = null) =>
        Task.Run(() => ReadAsync(path, columns)).GetAwaiter().GetResult();

    /// <summary>Reads a whole file into memory.</summary>
    /// <param name="path">A Parquet file, of ours or of another writer, with flat columns and lists of numbers.</param>
    /// <param name="columns">The columns wanted, in the wanted order; all columns where null.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The table. Narrower integers arrive as int or long.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated or foreign, lacks a wanted column, or has a
    /// column of a type that tables do not hold.</exception>
    public static Task<Table> ReadAsync(
        string path, IReadOnlyList<string>? columns = null, CancellationToken cancellation = default) =>
        ReadAsync(path, columns, part => part, cancellation);

    /// <summary>Reads a file one row group at a time and holds only what is wanted of each.</summary>
    /// <param name="path">A Parquet file, of ours or of another writer, with flat columns and lists of numbers.</param>
    /// <param name="columns">The columns wanted, in the wanted order; all columns where null.</param>
    /// <param name="keep">Called with each row group in turn: gives the rows to keep, with the same columns.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The rows kept, in their order.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated or foreign, lacks a wanted column, or has a
    /// column of a type that tables do not hold.</exception>
    public static async Task<Table> ReadAsync(
        string path, IReadOnlyList<string>? columns, Func<Table, Table> keep, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(keep);
        return await OpenedAsync(path, ReadAllAsync, cancellation);

        async Task<Table> ReadAllAsync(ParquetReader reader)
        {
            var fields = Select(path, reader.Schema.Fields, columns);
            var parts = new List<Table>();
            for (var index = 0; index < reader.RowGroupCount; index++)
            {
                parts.Add(keep(await ReadGroupAsync(path, reader, index, fields, cancellation)));
            }

            return parts.Count > 0
                ? parts[0].Append([.. parts.Skip(1)])
                : new Table([.. fields.Select(field => Empty(path, field))]);
        }
    }

    /// <summary>The names of a file's columns; no row is read.</summary>
    /// <param name="path">A Parquet file, of ours or of another writer.</param>
    /// <returns>The names in the order of the file.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated or foreign.</exception>
    public static IReadOnlyList<string> ReadColumnNames(string path) =>
        [.. ReadFields(path).Select(field => field.Name)];

    /// <summary>Reads one row group.</summary>
    internal static async Task<Table> ReadGroupAsync(
        string path, ParquetReader reader, int index, IReadOnlyList<Field> fields, CancellationToken cancellation)
    {
        using var group = reader.OpenRowGroupReader(index);
        var columns = new TableColumn[fields.Count];
        for (var column = 0; column < fields.Count; column++)
        {
            columns[column] = await ReadColumnAsync(path, group, fields[column], cancellation);
        }

        return new Table(columns);
    }

    /// <summary>Opens a Parquet file of any writer, after the checks that every reader needs.</summary>
    internal static async Task<ParquetReader> OpenAsync(FileStream stream, CancellationToken cancellation)
    {
        FooterForm.Check(ParquetFile.ReadFooter(stream.SafeFileHandle));
        return await ParquetReader.CreateAsync(stream, null, leaveStreamOpen: true, cancellation);
    }

    /// <summary>Opens a file that is said to be a Parquet file.</summary>
    internal static FileStream OpenFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path)
            ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete)
            : throw new BadInputException($"{path}: there is no such file.");
    }

    /// <summary>
    /// Whatever a damaged file makes the Parquet library throw, it is the file that is wrong.
    /// </summary>
    internal static BadInputException Damaged(string path, Exception cause) => new(
        $"{path}: this is not a Parquet file that can be read, or it is damaged ({cause.Message.TrimEnd('.')}). "
            + "Write it again, or verify the run directory with `inspect verify`.",
        cause);

    private static IReadOnlyList<Field> ReadFields(string path) =>
        Task.Run(() => OpenedAsync(path, reader => Task.FromResult(reader.Schema.Fields), CancellationToken.None))
            .GetAwaiter().GetResult();

    /// <summary>Whether <see cref="ReadColumnAsync"/> reads a column.</summary>
    internal static bool Holds(Field field) => field switch
    {
        ListField { Item: DataField item } => IsNumber(item),
        DataField { IsArray: false } data => IsNumber(data) || IsText(data) || data.ClrType == typeof(bool),
        _ => false,
    };

    private static bool IsNumber(DataField field) =>
        Type.GetTypeCode(field.ClrType) is >= TypeCode.SByte and <= TypeCode.Double;

    private static async Task<T> OpenedAsync<T>(
        string path, Func<ParquetReader, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            await using var stream = OpenFile(path);
            await using var reader = await OpenAsync(stream, cancellation);
            return await read(reader);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(path, e);
        }
    }

    /// <summary>Whether an exception of a reader means that the file is wrong.</summary>
    internal static bool IsDamage(Exception e) =>
        e is not (BadInputException or OperationCanceledException or UnauthorizedAccessException);

    internal static IReadOnlyList<Field> Select(
        string path, IReadOnlyList<Field> fields, IReadOnlyList<string>? columns)
    {
        if (columns is null)
        {
            return fields;
        }

        return
        [
            .. columns.Select(name => fields.FirstOrDefault(field => field.Name == name)
                ?? throw new BadInputException(
                    $"{path}: there is no column '{name}'. There are: "
                        + $"{string.Join(", ", fields.Select(f => f.Name))}.")),
        ];
    }

    private static Task<TableColumn> ReadColumnAsync(
        string path, ParquetRowGroupReader group, Field field, CancellationToken cancellation)
    {
        if (field is ListField { Item: DataField item } && item.MaxRepetitionLevel == 1)
        {
            return Type.GetTypeCode(item.ClrType) switch
            {
                TypeCode.Double => ReadListsAsync<double, double>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.Single => ReadListsAsync<float, float>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.Int64 => ReadListsAsync<long, long>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.UInt64 => ReadListsAsync<ulong, ulong>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.UInt32 => ReadListsAsync<uint, long>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.Int32 => ReadListsAsync<int, long>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.UInt16 => ReadListsAsync<ushort, long>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.Int16 => ReadListsAsync<short, long>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.Byte => ReadListsAsync<byte, long>(path, group, field.Name, item, v => v, cancellation),
                TypeCode.SByte => ReadListsAsync<sbyte, long>(path, group, field.Name, item, v => v, cancellation),
                _ => throw Unsupported(path, field.Name, $"a list of {item.ClrType.Name}"),
            };
        }

        return field is not DataField { IsArray: false } data
            ? throw Unsupported(path, field.Name, "a nested column")
            : Type.GetTypeCode(data.ClrType) switch
            {
                TypeCode.Double => ReadFlatAsync<double, double>(group, data, v => v, cancellation),
                TypeCode.Single => ReadFlatAsync<float, float>(group, data, v => v, cancellation),
                TypeCode.Int64 => ReadFlatAsync<long, long>(group, data, v => v, cancellation),
                TypeCode.UInt64 => ReadFlatAsync<ulong, long>(group, data, v => checked((long)v), cancellation),
                TypeCode.UInt32 => ReadFlatAsync<uint, long>(group, data, v => v, cancellation),
                TypeCode.Int32 => ReadFlatAsync<int, int>(group, data, v => v, cancellation),
                TypeCode.UInt16 => ReadFlatAsync<ushort, int>(group, data, v => v, cancellation),
                TypeCode.Int16 => ReadFlatAsync<short, int>(group, data, v => v, cancellation),
                TypeCode.Byte => ReadFlatAsync<byte, int>(group, data, v => v, cancellation),
                TypeCode.SByte => ReadFlatAsync<sbyte, int>(group, data, v => v, cancellation),
                TypeCode.Boolean => ReadFlatAsync<bool, bool>(group, data, v => v, cancellation),
                _ when IsText(data) => ReadTextAsync(group, data, cancellation),
                _ => throw Unsupported(path, field.Name, data.ClrType.Name),
            };
    }

    private static async Task<TableColumn> ReadFlatAsync<TStored, T>(
        ParquetRowGroupReader group, DataField field, Func<TStored, T> widen, CancellationToken cancellation)
        where TStored : struct
        where T : struct
    {
        var rows = checked((int)group.RowCount);
        if (field.IsNullable)
        {
            var stored = new TStored?[rows];
            await group.ReadAsync<TStored>(field, stored.AsMemory(), null, cancellation);
            return Column(
                field.Name, isNullable: true, Array.ConvertAll(stored, v => v is { } value ? widen(value) : (T?)null));
        }

        var values = new TStored[rows];
        await group.ReadAsync<TStored>(field, values.AsMemory(), null, cancellation);
        return Column(
            field.Name, isNullable: false, values is T[] same ? same : Array.ConvertAll(values, v => widen(v)));
    }

    private static async Task<TableColumn> ReadTextAsync(
        ParquetRowGroupReader group, DataField field, CancellationToken cancellation)
    {
        var rows = checked((int)group.RowCount);
        var stored = new ReadOnlyMemory<char>[rows];
        var definition = field.MaxDefinitionLevel > 0 ? new int[rows] : null;
        await group.ReadRawAsync(field, stored.AsMemory(), definition, null, cancellation);

        // Rows often repeat a few texts, such as the name of a matrix: one object each, not one per row.
        var known = new HashSet<string>(StringComparer.Ordinal);
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        var values = new string?[rows];
        var at = 0;
        for (var row = 0; row < rows; row++)
        {
            if (definition is not null && definition[row] < field.MaxDefinitionLevel)
            {
                continue;
            }

            var text = stored[at++].Span;
            if (!lookup.TryGetValue(text, out var value))
            {
                value = text.ToString();
                if (known.Count < MostSharedTexts)
                {
                    known.Add(value);
                }
            }

            values[row] = value;
        }

        return Column(field.Name, isNullable: true, values);
    }

    private static async Task<TableColumn> ReadListsAsync<TStored, T>(
        string path,
        ParquetRowGroupReader group,
        string name,
        DataField item,
        Converter<TStored, T> widen,
        CancellationToken cancellation)
        where TStored : struct
        where T : struct
    {
        var slots = checked((int)(group.GetMetadata(item)?.MetaData?.NumValues
            ?? throw new InvalidDataException($"column '{name}' has no metadata")));
        var lists = new T[]?[checked((int)group.RowCount)];
        var stored = new TStored[slots];
        var definition = new int[slots];
        var repetition = new int[slots];
        await group.ReadRawAsync(item, stored.AsMemory(), definition, repetition, cancellation);
        var values = stored is T[] same ? same : Array.ConvertAll(stored, widen);

        // A level below `element` says that there is no element: one step below, an empty list; further below, no list.
        var element = item.MaxDefinitionLevel - (item.IsNullable ? 1 : 0);
        var row = -1;
        var at = 0;
        for (var slot = 0; slot < repetition.Length;)
        {
            row++;
            var end = slot + 1;
            while (end < repetition.Length && repetition[end] != 0)
            {
                end++;
            }

            if (definition[slot] < element)
            {
                lists[row] = definition[slot] == element - 1 ? [] : null;
            }
            else
            {
                var list = lists[row] = new T[end - slot];
                for (var index = 0; index < list.Length; index++)
                {
                    list[index] = definition[slot + index] == item.MaxDefinitionLevel
                        ? values[at++]
                        : throw new BadInputException(
                            $"{path}: column '{name}' lacks an element in the list of row {row} of a row group. Fill "
                                + "the lists, or write NaN where that is meant.");
                }
            }

            slot = end;
        }

        return row + 1 == lists.Length
            ? Column(name, isNullable: true, lists)
            : throw new InvalidDataException($"column '{name}' holds {row + 1} lists for {lists.Length} rows");
    }

    private static bool IsText(DataField field) =>
        field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>);

    internal static TableColumn Empty(string path, Field field) => field switch
    {
        ListField { Item: DataField item } when item.ClrType == typeof(double) =>
            TableColumn.Create(field.Name, Array.Empty<double[]?>()),
        ListField { Item: DataField item } when item.ClrType == typeof(float) =>
            TableColumn.Create(field.Name, Array.Empty<float[]?>()),
        ListField { Item: DataField item } when item.ClrType == typeof(ulong) =>
            TableColumn.Create(field.Name, Array.Empty<ulong[]?>()),
        ListField { Item: DataField item } when IsNumber(item) =>
            TableColumn.Create(field.Name, Array.Empty<long[]?>()),
        DataField data when IsText(data) => TableColumn.Create(field.Name, Array.Empty<string?>()),
        DataField { IsArray: false } data => Type.GetTypeCode(data.ClrType) switch
        {
            TypeCode.Double => Empty<double>(data),
            TypeCode.Single => Empty<float>(data),
            TypeCode.Int64 or TypeCode.UInt64 or TypeCode.UInt32 => Empty<long>(data),
            TypeCode.Int32 or TypeCode.UInt16 or TypeCode.Int16 or TypeCode.Byte or TypeCode.SByte => Empty<int>(data),
            TypeCode.Boolean => Empty<bool>(data),
            _ => throw Unsupported(path, field.Name, data.ClrType.Name),
        },
        _ => throw Unsupported(path, field.Name, "a nested column"),
    };

    private static TableColumn Empty<T>(DataField field)
        where T : struct => field.IsNullable
        ? Column(field.Name, isNullable: true, Array.Empty<T?>())
        : Column(field.Name, isNullable: false, Array.Empty<T>());

    private static TableColumn<T> Column<T>(string name, bool isNullable, T[] values) =>
        new(name, TypeOf<T>(), isNullable, values);

    private static ColumnType TypeOf<T>()
    {
        var type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return type == typeof(double[]) ? ColumnType.Float64List
            : type == typeof(float[]) ? ColumnType.Float32List
            : type == typeof(long[]) ? ColumnType.Int64List
            : type == typeof(ulong[]) ? ColumnType.UInt64List
            : Type.GetTypeCode(type) switch
            {
                TypeCode.Double => ColumnType.Float64,
                TypeCode.Single => ColumnType.Float32,
                TypeCode.Int64 => ColumnType.Int64,
                TypeCode.Int32 => ColumnType.Int32,
                TypeCode.Boolean => ColumnType.Boolean,
                _ => ColumnType.Text,
            };
    }

    private static BadInputException Unsupported(string path, string column, string found) => new(
        $"{path}: column '{column}' is {found}; a table holds numbers, truth values, text and lists of floating-point "
        + "numbers or integers. Read it with SQL instead (`inspect sql`), or leave the column out.");
}
