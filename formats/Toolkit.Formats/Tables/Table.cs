using System.Globalization;

namespace Toolkit.Formats.Tables;

/// <summary>
/// Named, typed columns of equal length, in memory: the results of analyses, training metrics, chart data. Written and
/// read by <see cref="ParquetTable"/>; written by <see cref="CsvTable"/> and <see cref="JsonTable"/>. Immutable by
/// convention.
/// </summary>
public sealed class Table
{
    private readonly Dictionary<string, TableColumn> _byName = new(StringComparer.Ordinal);

    /// <summary>Creates a table.</summary>
    /// <param name="columns">The columns in their order: at least one, all of one length, with different names.</param>
    /// <exception cref="ArgumentException">There is no column, the lengths differ, or a name occurs twice.</exception>
    public Table(params IReadOnlyList<TableColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0)
        {
            throw new ArgumentException("A table has at least one column.", nameof(columns));
        }

        foreach (var column in columns)
        {
            if (column.Count != columns[0].Count)
            {
                throw new ArgumentException(
                    $"Column '{column.Name}' has {column.Count} rows, '{columns[0].Name}' has {columns[0].Count}.",
                    nameof(columns));
            }

            if (!_byName.TryAdd(column.Name, column))
            {
                throw new ArgumentException($"Column '{column.Name}' occurs twice.", nameof(columns));
            }
        }

        Columns = [.. columns];
    }

    /// <summary>The columns in their order.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>How many rows every column has.</summary>
    public int RowCount => Columns[0].Count;

    /// <summary>The column of a name.</summary>
    /// <param name="name">The name, case-sensitive.</param>
    /// <exception cref="KeyNotFoundException">There is no such column; the message lists those there are.</exception>
    public TableColumn this[string name] => _byName.TryGetValue(name, out var column)
        ? column
        : throw new KeyNotFoundException(
            $"There is no column '{name}'. There are: {string.Join(", ", Columns.Select(c => c.Name))}.");

    /// <summary>True where there is a column of this name.</summary>
    /// <param name="name">The name, case-sensitive.</param>
    /// <returns>True or false.</returns>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The values of a column of known type.</summary>
    /// <typeparam name="T">The column's .NET type, with its nullability: <c>double</c>, <c>double?</c>, <c>string</c>
    /// …</typeparam>
    /// <param name="name">The name, case-sensitive.</param>
    /// <returns>One value per row, not copied.</returns>
    /// <exception cref="KeyNotFoundException">There is no such column.</exception>
    /// <exception cref="InvalidOperationException">The column has another type.</exception>
    public ReadOnlySpan<T> Values<T>(string name) => this[name] is TableColumn<T> typed
        ? typed.Values
        : throw new InvalidOperationException(
            $"Column '{name}' is {this[name].Type}{(this[name].IsNullable ? " (nullable)" : string.Empty)}, not "
                + $"{typeof(T).Name}.");

    /// <summary>The values of any numeric column as doubles; missing ones become NaN, truth values 0 and 1.</summary>
    /// <param name="name">The name, case-sensitive.</param>
    /// <returns>One number per row, a copy.</returns>
    /// <exception cref="KeyNotFoundException">There is no such column.</exception>
    /// <exception cref="InvalidOperationException">The column holds text or lists.</exception>
    public double[] Numbers(string name)
    {
        var column = this[name];
        if (column.Type is ColumnType.Text
            or ColumnType.Float64List or ColumnType.Float32List or ColumnType.Int64List or ColumnType.UInt64List)
        {
            throw new InvalidOperationException($"Column '{name}' is {column.Type}, not a number.");
        }

        if (column is TableColumn<double> doubles)
        {
            return doubles.Values.ToArray();
        }

        var numbers = new double[column.Count];
        for (var row = 0; row < numbers.Length; row++)
        {
            numbers[row] = column.ValueAt(row) is { } value
                ? Convert.ToDouble(value, CultureInfo.InvariantCulture)
                : double.NaN;
        }

        return numbers;
    }

    /// <summary>Some rows in succession, without copying values.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many rows.</param>
    /// <returns>A table of the same columns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rows reach beyond the table.</exception>
    public Table Slice(int start, int count) => new([.. Columns.Select(column => column.Slice(start, count))]);

    /// <summary>Some rows, in the order given.</summary>
    /// <param name="rows">The rows, from 0; a row may occur several times.</param>
    /// <returns>A table of the same columns, values copied.</returns>
    public Table Pick(IReadOnlyList<int> rows) => new([.. Columns.Select(column => column.Pick(rows))]);

    /// <summary>This table with others below it, in their order.</summary>
    /// <param name="below">Tables with the same columns, in any order.</param>
    /// <returns>A table of the same columns, values copied; this table where nothing stands below.</returns>
    /// <exception cref="ArgumentException">The columns differ in number, name, type or nullability.</exception>
    public Table Append(params IReadOnlyList<Table> below)
    {
        ArgumentNullException.ThrowIfNull(below);
        if (below.Count == 0)
        {
            return this;
        }

        if (below.FirstOrDefault(table => table.Columns.Count != Columns.Count) is { } other)
        {
            throw new ArgumentException(
                $"{other.Columns.Count} columns cannot stand below {Columns.Count}.", nameof(below));
        }

        return new([.. Columns.Select(column =>
            (below.All(table => table.Contains(column.Name))
                ? column.Append([.. below.Select(table => table[column.Name])])
                : null)
            ?? throw new ArgumentException(
                $"Column '{column.Name}' is missing below, or of another type there.", nameof(below)))]);
    }
}
