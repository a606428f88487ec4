using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Viewer.Runs;

/// <summary>
/// One run directory that the viewer was given. Opened when first asked for, and again when its manifest or results
/// have changed.
/// </summary>
internal sealed class RunEntry(string id, string folderPath, Func<string, CancellationToken, Task<IRunData>> open)
{
    private readonly Lock _lock = new();
    private (DateTime Stamp, Task<IRunData> Data)? _data;
    private (DateTime Stamp, Task<RunReader> Reader)? _reader;
    private (DateTime Stamp, Task<RunSummary> Summary)? _summary;
    private (DateTime Stamp, Task<IReadOnlyDictionary<int, TensorStatistics>> Statistics)? _statistics;

    /// <summary>What addresses call it: its folder's name, with a number where two are alike.</summary>
    public string Id { get; } = id;

    /// <summary>Its folder, with symbolic links resolved.</summary>
    public string FolderPath { get; } = folderPath;

    /// <summary>
    /// When the run's manifest or its results were last changed: what was drawn before is out of date.
    /// </summary>
    public DateTime Stamp
    {
        get
        {
            var manifest = File.GetLastWriteTimeUtc(Path.Combine(FolderPath, "manifest.json"));
            var results = Directory.GetLastWriteTimeUtc(Path.Combine(FolderPath, "results"));
            return manifest > results ? manifest : results;
        }
    }

    /// <summary>What charts see of the run.</summary>
    /// <exception cref="Formats.BadInputException">The run is unfinished or damaged.</exception>
    public Task<IRunData> OpenAsync(CancellationToken cancellation) => Once(ref _data, () => Task.Run(() =>
    {
        RunContainment.Check(FolderPath);
        return open(FolderPath, CancellationToken.None);
    })).WaitAsync(cancellation);

    /// <summary>The run's tensors, statistics and samples.</summary>
    /// <exception cref="Formats.BadInputException">The run is unfinished or damaged.</exception>
    public Task<RunReader> ReaderAsync() => Once(ref _reader, () => Task.Run(() =>
    {
        RunContainment.Check(FolderPath);
        return RunReader.Open(FolderPath);
    }));

    /// <summary>The statistics of every value over the whole run, without those of its channels.</summary>
    /// <exception cref="Formats.BadInputException">The run is unfinished or damaged.</exception>
    public Task<IReadOnlyDictionary<int, TensorStatistics>> StatisticsAsync() =>
        Once(ref _statistics, () => Task.Run<IReadOnlyDictionary<int, TensorStatistics>>(
            async () => (await ReaderAsync()).ReadStatistics().ToDictionary(
                pair => pair.Key, pair => pair.Value with { Channels = null })));

    /// <summary>What the overview shows of the run; it says what is wrong with it instead of failing.</summary>
    public Task<RunSummary> SummaryAsync() => Once(ref _summary, () => Task.Run(() => RunSummary.Read(this)));

    // A failure is not kept (the run may be mended), and neither is what was read before the run was changed.
    private Task<T> Once<T>(ref (DateTime Stamp, Task<T> Task)? kept, Func<Task<T>> make)
    {
        var stamp = Stamp;
        lock (_lock)
        {
            if (kept is not { } known || known.Stamp != stamp || known.Task.IsFaulted || known.Task.IsCanceled)
            {
                kept = (stamp, make());
            }

            return kept.Value.Task;
        }
    }
}
