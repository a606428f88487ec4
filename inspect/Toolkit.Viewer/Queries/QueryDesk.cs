using Toolkit.Formats;
using Toolkit.Query;
using Toolkit.Viewer.Runs;

namespace Toolkit.Viewer.Queries;

/// <summary>Asks runs in SQL for the page: one statement at a time per viewer, read-only, with little memory.</summary>
/// <remarks>
/// A database lives for one question, so that it sees results that an analysis has just written and holds nothing
/// after.
/// </remarks>
internal sealed class QueryDesk(RunCatalogue runs, ViewerOptions options) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    private QueryLimits Limits => new()
    {
        MaximumRows = 5_000, Timeout = options.SqlTimeLimit, MemoryMebibytes = 192, Threads = Math.Min(
            2, Environment.ProcessorCount),
    };

    /// <summary>What queries about a run can name, and which of its files are absent (null for none).</summary>
    /// <exception cref="BadInputException">There is no such run, or it is unfinished or damaged.</exception>
    public Task<(IReadOnlyList<RunView> Views, string? Absence)> ViewsAsync(
        string run, CancellationToken cancellation) =>
        WithDatabase(run, database => Task.FromResult((database.Views, database.Absence)), cancellation);

    /// <summary>Runs one SELECT.</summary>
    /// <exception cref="BadInputException">The statement is wrong, reaches outside the run, or takes too
    /// much.</exception>
    public Task<QueryResult> AskAsync(string run, string sql, CancellationToken cancellation) =>
        WithDatabase(run, database => database.QueryAsync(sql, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<T> WithDatabase<T>(string run, Func<RunDatabase, Task<T>> use, CancellationToken cancellation)
    {
        var folder = runs.Get(run).FolderPath;
        await _turn.WaitAsync(cancellation);
        try
        {
            return await Task.Run(
                async () =>
                {
                    RunContainment.Check(folder);
                    using var database = RunDatabase.Open(folder, Limits);
                    return await use(database);
                },
                cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }
}
