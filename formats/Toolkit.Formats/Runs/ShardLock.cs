namespace Toolkit.Formats.Runs;

/// <summary>
/// Says that a process writes a shard, as long as it lives: the system lets go when it ends, however it ends. It holds
/// between the processes of one machine, and between machines where their shared file system has locks.
/// </summary>
internal sealed class ShardLock : IDisposable
{
    private const string Suffix = ".lock";

    /// <summary>ERROR_SHARING_VIOLATION as an HRESULT.</summary>
    private const int TakenWindows = unchecked((int)0x80070020);

    /// <summary>EWOULDBLOCK, which .NET passes on as it is.</summary>
    private const int TakenLinux = 11;

    /// <summary>EWOULDBLOCK of macOS and the BSDs.</summary>
    private const int TakenMac = 35;

    private readonly FileStream _file;

    private ShardLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a shard, whose file goes when it is let go.</summary>
    /// <param name="folder">The run directory; created where missing.</param>
    /// <param name="shard">Which shard.</param>
    /// <param name="shards">How many there are.</param>
    /// <exception cref="BadInputException">Another process writes the shard.</exception>
    public static ShardLock Take(string folder, int shard, int shards)
    {
        AtomicFile.CreateFolder(Path.Combine(folder, RunPaths.Shards));
        return new(TryOpen(PathOf(folder, shard)) ?? throw new BadInputException(
            $"{folder}: another process is writing {(shards == 1 ? "this run" : $"shard {shard} of {shards}")} now. "
                + "Wait until it has ended, then go on with --resume; or choose a new folder."));
    }

    /// <summary>Whether a process writes a shard.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="shard">Which shard.</param>
    public static bool IsTaken(string folder, int shard)
    {
        if (!File.Exists(PathOf(folder, shard)))
        {
            return false;
        }

        using var file = TryOpen(PathOf(folder, shard));
        return file is null;
    }

    /// <summary>Whether a folder is that of shards and holds nothing but locks: no run has begun there.</summary>
    /// <param name="folder">The folder.</param>
    public static bool AreAll(string folder) =>
        Path.GetFileName(folder) == RunPaths.Shards
            && Directory.Exists(folder)
            && Directory.EnumerateFileSystemEntries(folder).All(
                static path => path.EndsWith(Suffix, StringComparison.Ordinal));

    /// <summary>Deletes the files that killed processes left.</summary>
    /// <param name="folder">The run directory.</param>
    public static void DeleteLeft(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(folder, RunPaths.Shards), "*" + Suffix))
        {
            TryOpen(path)?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string PathOf(string folder, int shard) => Path.Combine(folder, RunPaths.Shards, shard + Suffix);

    /// <summary>Opens a file that goes when it is closed; null where another process has it open.</summary>
    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(
                path,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose);
        }
        catch (IOException failure) when (failure.HResult is TakenLinux or TakenMac or TakenWindows)
        {
            return null;
        }
    }
}
