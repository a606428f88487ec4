namespace Toolkit.Formats.Tables;

/// <summary>
/// One named column of a <see cref="Table"/>. Use the <c>Create</c> overloads to make one. Immutable by convention.
/// </summary>
public abstract class TableColumn
{
    private protected TableColumn(string name, ColumnType type, bool isNullable)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Type = type;
        IsNullable = isNullable;
    }

    /// <summary>The name, unique in its table; snake_case by habit, because SQL and JSON show it as it is.</summary>
    public string Name { get; }

    /// <summary>The type of the values.</summary>
    public ColumnType Type { get; }

    /// <summary>True where a value may be missing (null). NaN is a value, not a missing one.</summary>
    public bool IsNullable { get; }

    /// <summary>How many rows there are.</summary>
    public abstract int Count { get; }

    /// <summary>The value of one row, boxed; null where it is missing.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>A double, float, long, int, bool, string, double[], float[], long[], ulong[] or null.</returns>
    public abstract object? ValueAt(int row);

    /// <summary>Creates a column of doubles.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<double> Create(string name, double[] values) =>
        new(name, ColumnType.Float64, false, values);

    /// <summary>Creates a column of doubles, some of which may be missing.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<double?> Create(string name, double?[] values) =>
        new(name, ColumnType.Float64, true, values);

    /// <summary>Creates a column of floats.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<float> Create(string name, float[] values) =>
        new(name, ColumnType.Float32, false, values);

    /// <summary>Creates a column of floats, some of which may be missing.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<float?> Create(string name, float?[] values) =>
        new(name, ColumnType.Float32, true, values);

    /// <summary>Creates a column of 64-bit integers.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<long> Create(string name, long[] values) => new(name, ColumnType.Int64, false, values);

    /// <summary>Creates a column of 64-bit integers, some of which may be missing.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<long?> Create(string name, long?[] values) => new(name, ColumnType.Int64, true, values);

    /// <summary>Creates a column of 32-bit integers.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<int> Create(string name, int[] values) => new(name, ColumnType.Int32, false, values);

    /// <summary>Creates a column of 32-bit integers, some of which may be missing.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<int?> Create(string name, int?[] values) => new(name, ColumnType.Int32, true, values);

    /// <summary>Creates a column of truth values.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<bool> Create(string name, bool[] values) => new(name, ColumnType.Boolean, false, values);

    /// <summary>Creates a column of truth values, some of which may be missing.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<bool?> Create(string name, bool?[] values) => new(name, ColumnType.Boolean, true, values);

    /// <summary>Creates a column of texts; null where one is missing.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One value per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<string?> Create(string name, string?[] values) =>
        new(name, ColumnType.Text, true, values);

    /// <summary>Creates a column of lists of doubles; null where one is missing. Lengths may differ.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One list per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<double[]?> Create(string name, double[]?[] values) =>
        new(name, ColumnType.Float64List, true, values);

    /// <summary>Creates a column of lists of floats; null where one is missing. Lengths may differ.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One list per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<float[]?> Create(string name, float[]?[] values) =>
        new(name, ColumnType.Float32List, true, values);

    /// <summary>Creates a column of lists of integers; null where one is missing. Lengths may differ.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One list per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<long[]?> Create(string name, long[]?[] values) =>
        new(name, ColumnType.Int64List, true, values);

    /// <summary>
    /// Creates a column of lists of unsigned integers; null where one is missing. Lengths may differ.
    /// </summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One list per row; not copied.</param>
    /// <returns>The column.</returns>
    public static TableColumn<ulong[]?> Create(string name, ulong[]?[] values) =>
        new(name, ColumnType.UInt64List, true, values);

    internal abstract TableColumn Slice(int start, int count);

    internal abstract TableColumn Pick(IReadOnlyList<int> rows);

    /// <summary>This column with others of the same .NET type below it; null where a type differs.</summary>
    internal abstract TableColumn? Append(IReadOnlyList<TableColumn> below);
}
