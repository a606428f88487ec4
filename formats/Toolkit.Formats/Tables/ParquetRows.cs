using Parquet;
using Parquet.Schema;

namespace Toolkit.Formats.Tables;

/// <summary>
/// The rows of a Parquet file of any writer, of which one row group at a time is in memory. Best read in ascending
/// order. Threads wait for each other.
/// </summary>
public sealed class ParquetRows : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly ParquetReader _reader;
    private readonly IReadOnlyList<Field> _fields;
    private readonly long[] _starts;
    private readonly Lock _lock = new();
    private Table? _group;
    private int _index = -1;

    private ParquetRows(
        string path, FileStream stream, ParquetReader reader, IReadOnlyList<Field> fields, IReadOnlyList<string> leftOut)
    {
        _path = path;
        _stream = stream;
        _reader = reader;
        _fields = fields;
        LeftOut = leftOut;
        _starts = new long[reader.RowGroupCount + 1];
        for (var index = 0; index < reader.RowGroupCount; index++)
        {
            using var group = reader.OpenRowGroupReader(index);
            _starts[index + 1] = checked(_starts[index] + group.RowCount);
        }
    }

    /// <summary>How many rows there are.</summary>
    public long Count => _starts[^1];

    /// <summary>The names of the columns that are read.</summary>
    public IReadOnlyList<string> Columns => [.. _fields.Select(static column => column.Name)];

    /// <summary>The names of the columns that are not read.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Opens a file for the columns that tables hold; no row is read.</summary>
    /// <param name="path">A Parquet file of any writer.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated or foreign, or tables hold none of its
    /// columns.</exception>
    public static ParquetRows Open(string path) => Open(path, static fields =>
        fields.Where(ParquetTable.Holds).ToList() is { Count: > 0 } held ? held : fields);

    /// <summary>Opens a file for some of its columns; no row is read.</summary>
    /// <param name="path">A Parquet file of any writer.</param>
    /// <param name="columns">The columns wanted, at least one.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="BadInputException">The file is missing, truncated or foreign, or lacks a column.</exception>
    public static ParquetRows Open(string path, IReadOnlyList<string> columns) =>
        Open(path, fields => ParquetTable.Select(path, fields, columns));

    /// <summary>Reads some rows.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many rows.</param>
    /// <returns>The rows; narrower integers arrive as int or long.</returns>
    /// <exception cref="BadInputException">The file is damaged, or a column is of a type that tables do not
    /// hold.</exception>
    public Table Read(long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        var parts = new List<Table>();
        for (var index = 0; index < _starts.Length - 1; index++)
        {
            var from = Math.Max(first, _starts[index]);
            var to = Math.Min(first + count, _starts[index + 1]);
            if (from < to)
            {
                parts.Add(Group(index).Slice((int)(from - _starts[index]), (int)(to - from)));
            }
        }

        return parts.Count > 0
            ? parts[0].Append([.. parts.Skip(1)])
            : new Table([.. _fields.Select(field => ParquetTable.Empty(_path, field))]);
    }

    /// <summary>Reads all rows, one row group after the other.</summary>
    /// <returns>The row groups with the number of their first row.</returns>
    /// <exception cref="BadInputException">The file is damaged, or a column is of a type that tables do not
    /// hold.</exception>
    public IEnumerable<(long First, Table Rows)> ReadGroups()
    {
        for (var index = 0; index < _starts.Length - 1; index++)
        {
            yield return (_starts[index], Group(index));
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Task.Run(() => _reader.DisposeAsync().AsTask()).GetAwaiter().GetResult();
        _stream.Dispose();
    }

    private static ParquetRows Open(string path, Func<IReadOnlyList<Field>, IReadOnlyList<Field>> choose)
    {
        FileStream? stream = null;
        try
        {
            stream = ParquetTable.OpenFile(path);
            var reader = Task.Run(() => ParquetTable.OpenAsync(stream, CancellationToken.None))
                .GetAwaiter().GetResult();
            var chosen = choose(reader.Schema.Fields);
            return new ParquetRows(
                path, stream, reader, chosen, [.. reader.Schema.Fields.Except(chosen).Select(field => field.Name)]);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (ParquetTable.IsDamage(e))
            {
                throw ParquetTable.Damaged(path, e);
            }

            throw;
        }
    }

    private Table Group(int index)
    {
        lock (_lock)
        {
            if (index == _index && _group is not null)
            {
                return _group;
            }

            // The one before is let go first: two would be in memory else.
            _group = null;
            try
            {
                _group = Task.Run(() => ParquetTable.ReadGroupAsync(
                    _path, _reader, index, _fields, CancellationToken.None)).GetAwaiter().GetResult();
            }
            catch (Exception e) when (ParquetTable.IsDamage(e))
            {
                throw ParquetTable.Damaged(_path, e);
            }

            _index = index;
            return _group;
        }
    }
}
