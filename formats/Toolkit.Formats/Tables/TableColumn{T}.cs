namespace Toolkit.Formats.Tables;

/// <summary>A column with values of one .NET type.</summary>
/// <typeparam name="T">double, float, long, int, bool (or their nullable forms), string, double[], float[], long[] or
/// ulong[].</typeparam>
public sealed class TableColumn<T> : TableColumn
{
    internal TableColumn(string name, ColumnType type, bool isNullable, ReadOnlyMemory<T> values)
        : base(name, type, isNullable) => Memory = values;

    /// <summary>The values, one per row.</summary>
    public ReadOnlySpan<T> Values => Memory.Span;

    /// <summary>The values, one per row, as memory that can be kept.</summary>
    public ReadOnlyMemory<T> Memory { get; }

    /// <inheritdoc/>
    public override int Count => Memory.Length;

    /// <inheritdoc/>
    public override object? ValueAt(int row) => Memory.Span[row];

    internal override TableColumn Slice(int start, int count) =>
        new TableColumn<T>(Name, Type, IsNullable, Memory.Slice(start, count));

    internal override TableColumn Pick(IReadOnlyList<int> rows)
    {
        var values = new T[rows.Count];
        var source = Values;
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = source[rows[index]];
        }

        return new TableColumn<T>(Name, Type, IsNullable, values);
    }

    internal override TableColumn? Append(IReadOnlyList<TableColumn> below)
    {
        var values = new T[Count + below.Sum(static part => part.Count)];
        Values.CopyTo(values);
        var at = Count;
        foreach (var part in below)
        {
            if (part is not TableColumn<T> same)
            {
                return null;
            }

            same.Values.CopyTo(values.AsSpan(at));
            at += same.Count;
        }

        return new TableColumn<T>(Name, Type, IsNullable, values);
    }
}
