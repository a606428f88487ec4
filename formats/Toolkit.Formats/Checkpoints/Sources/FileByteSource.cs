using Microsoft.Win32.SafeHandles;

namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>
/// A file, read at positions. Not memory-mapped on purpose: a file that shrinks while it is read becomes an error
/// message here, and the end of the process there.
/// </summary>
internal sealed class FileByteSource : ByteSource
{
    private readonly SafeFileHandle _handle;
    private long _bytesRead;

    public FileByteSource(string path)
    {
        if (Directory.Exists(path))
        {
            var index = Directory.EnumerateFiles(path, "*.index.json").Order(StringComparer.Ordinal).FirstOrDefault();
            throw new BadInputException(
                $"{path}: this is a folder; a checkpoint is one file (for sharded ones give the index.json"
                    + (index is null ? ")." : $", here {index})."));
        }

        try
        {
            FilePath = Path.GetFullPath(path);
            _handle = File.OpenHandle(path);
            Length = RandomAccess.GetLength(_handle);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: there is no such file.", failure);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException or ArgumentException)
        {
            // Among them names that no file can have, which an index or a model may hold.
            throw new BadInputException(
                $"{HostileText.OneLine(path)}: it cannot be opened ({HostileText.OneLine(failure.Message)}).", failure);
        }
    }

    public override string Name => Path.GetFileName(FilePath);

    public override string FilePath { get; }

    public override long Length { get; }

    public override long BytesRead => Interlocked.Read(ref _bytesRead);

    public override void Dispose()
    {
        _handle.Dispose();
        base.Dispose();
    }

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        Interlocked.Add(ref _bytesRead, destination.Length);
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
            {
                throw new BadInputException($"{Name}: the file became shorter while it was read.");
            }

            destination = destination[read..];
            offset += read;
        }
    }
}
