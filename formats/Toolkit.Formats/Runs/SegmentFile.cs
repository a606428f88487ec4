namespace Toolkit.Formats.Runs;

/// <summary>A data file of a segment: under a temporary name until it is whole.</summary>
internal sealed class SegmentFile : IDisposable
{
    private const long FlushBytes = 16 << 20;

    private readonly string _path;
    private readonly string _temporary;
    private Task _flush = Task.CompletedTask;
    private long _flushed;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="relative">The file's path in it, with forward slashes.</param>
    public SegmentFile(string folder, string relative)
    {
        Relative = relative;
        _path = RunPaths.Full(folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        _temporary = Path.Combine(
            Path.GetDirectoryName(_path)!, $".{Path.GetFileName(_path)}{AtomicFile.TemporarySuffix}");

        // Pages are large already: a buffer would only copy them once more.
        Stream = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
    }

    /// <summary>The file's path in the run, with forward slashes.</summary>
    public string Relative { get; }

    /// <summary>Takes the content.</summary>
    public FileStream Stream { get; }

    /// <summary>True where the file stays when this is disposed.</summary>
    public bool IsKept { get; set; }

    /// <summary>
    /// Lets the disk take what was written while the capture goes on: otherwise the capture waits for all of it in the
    /// end. Call it after writing.
    /// </summary>
    public void FlushBehind()
    {
        if (Stream.Position - _flushed >= FlushBytes && _flush.IsCompletedSuccessfully)
        {
            _flushed = Stream.Position;

            // It sleeps most of the time: a thread of its own, not one of the few that compute.
            var handle = Stream.SafeFileHandle;
            _flush = Task.Factory.StartNew(
                () => RandomAccess.FlushToDisk(handle),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
    }

    /// <summary>Waits until the file is on the disk, closes it and gives it its name.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public void Finish()
    {
        _flush.GetAwaiter().GetResult();
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        if (!IsKept)
        {
            File.Delete(_temporary);
            File.Delete(_path);
        }
    }
}
