namespace Toolkit.Formats;

/// <summary>
/// Writes files that are whole or absent: a sibling temporary file, flushed to disk, then moved into place.
/// </summary>
public static class AtomicFile
{
    /// <summary>What the names of unfinished files end with; such a file may be deleted at any time.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>What .NET makes of EROFS.</summary>
    private const int ReadOnlyFileSystem = 30;

    /// <summary>
    /// Writes a file through a stream; on any failure nothing is left and an existing file stays as it was.
    /// </summary>
    /// <param name="path">The final path; its folder is created where missing.</param>
    /// <param name="write">Writes the content to a seekable stream.</param>
    /// <exception cref="BadInputException">The path is a folder, or its folder a file or not to be written
    /// to.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var temporary = TemporaryPath(path);
        try
        {
            using (var stream = Open(temporary, path))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>
    /// Writes a file through a stream; on any failure nothing is left and an existing file stays as it was.
    /// </summary>
    /// <param name="path">The final path; its folder is created where missing.</param>
    /// <param name="write">Writes the content to a seekable stream.</param>
    /// <returns>A task that ends when the file has its final name.</returns>
    /// <exception cref="BadInputException">The path is a folder, or its folder a file or not to be written
    /// to.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var temporary = TemporaryPath(path);
        try
        {
            await using (var stream = Open(temporary, path))
            {
                await write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text file (UTF-8, no byte order mark) whole or not at all.</summary>
    /// <param name="path">The final path; its folder is created where missing.</param>
    /// <param name="text">The content.</param>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Creates a folder where it is missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="BadInputException">It, or one that it would lie in, is a file, or takes no folders.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void CreateFolder(string folder)
    {
        CheckNoFile(folder);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (IsRefused(failure))
        {
            throw Refused(folder, failure);
        }
    }

    /// <summary>Looks whether a folder can be written to, or made where it is missing; leaves nothing.</summary>
    /// <param name="folder">The folder; may be missing.</param>
    /// <exception cref="BadInputException">Nothing can be written there.</exception>
    public static void CheckFolder(string folder)
    {
        CheckNoFile(folder);
        var at = Path.GetFullPath(folder);
        while (!Directory.Exists(at) && Path.GetDirectoryName(at) is { } parent)
        {
            at = parent;
        }

        using var probe = Open(
            Path.Combine(at, $".{Guid.NewGuid():N}{TemporarySuffix}"), folder, FileOptions.DeleteOnClose);
    }

    /// <summary>Deletes what killed processes had begun to write in a folder, itself alone.</summary>
    /// <param name="folder">The folder, into which nothing else writes now.</param>
    public static void DeleteUnfinished(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, ".*" + TemporarySuffix))
        {
            File.Delete(file);
        }
    }

    private static void CheckNoFile(string folder)
    {
        for (var at = Path.GetFullPath(folder); at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(at))
            {
                throw new BadInputException(
                    $"{at}: this is a file, and a folder is needed there. Choose another name.");
            }
        }
    }

    private static FileStream Open(string temporary, string path, FileOptions options = FileOptions.None)
    {
        try
        {
            return new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                Options = options,
            });
        }
        catch (Exception failure) when (IsRefused(failure))
        {
            throw Refused(path, failure);
        }
    }

    /// <summary>The path is wrong, not the disk full or broken.</summary>
    private static bool IsRefused(Exception failure) =>
        failure is UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException
            or PathTooLongException or IOException { HResult: ReadOnlyFileSystem };

    private static BadInputException Refused(string path, Exception failure) => new(
        $"{path}: nothing can be written there "
            + $"({failure switch
            {
                // What the system says of /proc is "could not find file", which tells a user nothing.
                UnauthorizedAccessException => "permission denied",
                PathTooLongException => "the name is too long",
                IOException { HResult: ReadOnlyFileSystem } => "the file system is read-only",
                _ => "the folder takes no files",
            }}). Choose another place.",
        failure);

    private static string TemporaryPath(string path)
    {
        if (Directory.Exists(path))
        {
            throw new BadInputException(
                $"{path}: this is a folder, and a file is to be written there. Choose another name.");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        CreateFolder(folder);
        return Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}{TemporarySuffix}");
    }
}
