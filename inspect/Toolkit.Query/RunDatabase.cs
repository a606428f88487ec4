using System.Globalization;
using DuckDB.NET.Data;
using Toolkit.Formats;

namespace Toolkit.Query;

/// <summary>
/// SQL over one run directory: an in-memory DuckDB with a view per kind of file. Only SELECT runs; only the run's own
/// Parquet files can be read; nothing can be written, attached, installed or configured; time, rows and memory are
/// limited.
/// </summary>
/// <remarks>
/// Queries of one database run one after the other. Views are made when it is opened: files that an analysis adds later
/// need another one.
/// </remarks>
public sealed class RunDatabase : IDisposable
{
    private readonly DuckDBConnection _connection;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TimeProvider _time;

    private RunDatabase(
        DuckDBConnection connection,
        IReadOnlyList<RunView> views,
        string? absence,
        QueryLimits limits,
        TimeProvider time)
    {
        _connection = connection;
        _time = time;
        Views = views;
        Absence = absence;
        Limits = limits;
    }

    /// <summary>What queries can name.</summary>
    public IReadOnlyList<RunView> Views { get; }

    /// <summary>
    /// A sentence that names the files of values or samples that the run's manifest names and that are absent: what
    /// queries count lacks their rows. Null where none is.
    /// </summary>
    public string? Absence { get; }

    /// <summary>What a query may take.</summary>
    public QueryLimits Limits { get; }

    /// <summary>Opens a run directory, or a folder of training output.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="limits">What a query may take; null for the defaults.</param>
    /// <param name="time">The clock of the time limit; null for the system's.</param>
    /// <returns>The database.</returns>
    /// <exception cref="BadInputException">There is no run, it is unfinished, or a file of it is no Parquet
    /// file.</exception>
    public static RunDatabase Open(string folder, QueryLimits? limits = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        limits ??= new QueryLimits();
        var (views, absence) = RunViews.Of(folder);
        var connection = new DuckDBConnection("DataSource=:memory:");
        try
        {
            connection.Open();
            Configure(connection, views, limits);
            return new RunDatabase(
                connection,
                [.. views.Select(view => new RunView(Sql.Identifier(view.Name), view.Description))],
                absence,
                limits,
                time ?? TimeProvider.System);
        }
        catch (DuckDBException fault)
        {
            connection.Dispose();
            throw new BadInputException(
                $"{folder}: {fault.Message.Trim()} Check the run with `inspect verify`.", fault);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs one SELECT.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The rows, at most <see cref="QueryLimits.MaximumRows"/>.</returns>
    /// <exception cref="BadInputException">It is no single SELECT, it is wrong, it reaches outside the run, or it takes
    /// too long or too much memory.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<QueryResult> QueryAsync(string sql, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        await _turn.WaitAsync(cancellation);
        try
        {
            // DuckDB works on the calling thread: give the caller his back.
            var result = await Task.Run(() => Execute(sql, cancellation), cancellation);
            return result with { Absence = Absence };
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _turn.Dispose();
    }

    private static void Configure(DuckDBConnection connection, IReadOnlyList<ViewDefinition> views, QueryLimits limits)
    {
        using var command = connection.CreateCommand();
        Set("memory_limit = "
            + Sql.Literal(string.Create(CultureInfo.InvariantCulture, $"{limits.MemoryMebibytes}MiB")));
        // Without this an in-memory database spills into the working directory.
        Set("temp_directory = ''");
        Set("autoinstall_known_extensions = false");
        Set("autoload_known_extensions = false");
        if (limits.Threads > 0)
        {
            Set(string.Create(CultureInfo.InvariantCulture, $"threads = {limits.Threads}"));
        }

        foreach (var view in views)
        {
            command.CommandText = $"CREATE VIEW \"{view.Name.Replace("\"", "\"\"")}\" AS {view.Select}";
            command.ExecuteNonQuery();
        }

        Set("allowed_paths = " + Sql.List(views.SelectMany(view => view.Files).Distinct(StringComparer.Ordinal)));
        Set("enable_external_access = false");
        Set("lock_configuration = true");

        void Set(string setting)
        {
            command.CommandText = $"SET {setting}";
            command.ExecuteNonQuery();
        }
    }

    private QueryResult Execute(string sql, CancellationToken cancellation)
    {
        StatementCheck.RequireSelect(_connection, sql);
        using var limit = new CancellationTokenSource(Limits.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        try
        {
            using var stop = either.Token.Register(command.Cancel);
            using var reader = command.ExecuteReader();
            return QueryRows.Read(reader, Limits.MaximumRows, either.Token);
        }
        catch (Exception fault) when ((fault is DuckDBException or OperationCanceledException)
            && either.IsCancellationRequested)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BadInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The query took longer than {Limits.Timeout.TotalSeconds:0.###} s and was stopped. Ask for "
                        + $"less, or raise the limit (--timeout)."),
                fault);
        }
        catch (DuckDBException fault)
        {
            throw new BadInputException(QueryFaults.Explain(fault.Message), fault);
        }
    }
}
