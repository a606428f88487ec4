using Microsoft.Win32.SafeHandles;

namespace Toolkit.Formats.Runs;

/// <summary>
/// A data file of a segment: under a temporary name until it is whole. A segment has a file for each of its tensors,
/// which may be more than a process may have open: see <see cref="Flush"/>.
/// </summary>
internal sealed class SegmentFile : WriteOnlyStream
{
    private const long FlushBytes = 16 << 20;

    /// <summary>
    /// Files of all segments that stay open between two writes: half of what systems allow at least.
    /// </summary>
    private const int MostOpen = 512;

    private static int _open;

    private readonly string _path;
    private readonly string _temporary;
    private SafeFileHandle? _handle;
    private Task _flush = Task.CompletedTask;
    private long _flushed;
    private long _written;

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
        Open(FileMode.Create);
    }

    /// <summary>The file's path in the run, with forward slashes.</summary>
    public string Relative { get; }

    /// <summary>True where the file stays when this is disposed.</summary>
    public bool IsKept { get; set; }

    /// <summary>Appends bytes. Pages are large already: a buffer would only copy them once more.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        RandomAccess.Write(Open(FileMode.Open), buffer, _written);
        _written += buffer.Length;
    }

    /// <summary>
    /// Lets the disk take what was written while the capture goes on: otherwise the capture waits for all of it in the
    /// end. Where many files are open, this one is closed until more is written.
    /// </summary>
    public override void Flush()
    {
        if (_handle is null || !_flush.IsCompletedSuccessfully)
        {
            return;
        }

        if (_written - _flushed >= FlushBytes)
        {
            _flushed = _written;

            // It sleeps most of the time: a thread of its own, not one of the few that compute.
            var handle = _handle;
            _flush = Task.Factory.StartNew(
                () => RandomAccess.FlushToDisk(handle),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
        else if (Volatile.Read(ref _open) > MostOpen)
        {
            CloseHandle();
        }
    }

    /// <summary>Waits until the file is on the disk, closes it and gives it its name.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public void Finish()
    {
        _flush.GetAwaiter().GetResult();
        RandomAccess.FlushToDisk(Open(FileMode.Open));
        CloseHandle();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        CloseHandle();
        if (!IsKept)
        {
            File.Delete(_temporary);
            File.Delete(_path);
        }

        base.Dispose(disposing);
    }

    private SafeFileHandle Open(FileMode mode)
    {
        if (_handle is null)
        {
            _handle = File.OpenHandle(_temporary, mode, FileAccess.Write, FileShare.None);
            Interlocked.Increment(ref _open);
        }

        return _handle;
    }

    private void CloseHandle()
    {
        if (_handle is not null)
        {
            _handle.Dispose();
            _handle = null;
            Interlocked.Decrement(ref _open);
        }
    }
}
