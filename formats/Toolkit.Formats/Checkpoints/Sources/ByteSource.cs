namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>
/// Bytes that can be read at any place: a file, a piece of memory. Readers of formats see nothing else.
/// </summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>What messages call it: the file's name without its folder.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes in all.</summary>
    public abstract long Length { get; }

    /// <summary>The file's path, or null where there is no file.</summary>
    public virtual string? FilePath => null;

    /// <summary>Bytes read so far.</summary>
    public virtual long BytesRead => 0;

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="BadInputException">The source ends earlier.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || destination.Length > Length - offset)
        {
            throw new BadInputException(
                $"{Name}: {destination.Length} bytes at {offset} were expected, but the file has only {Length}: it "
                    + "is truncated or damaged.");
        }

        ReadCore(offset, destination);
    }

    /// <summary>Reads bytes into new memory; the length is checked before memory is taken.</summary>
    public byte[] ReadBytes(long offset, long count)
    {
        if (offset < 0 || count < 0 || count > Length - offset || count > Array.MaxLength)
        {
            throw new BadInputException(
                $"{Name}: {count} bytes at {offset} were expected, but the file has only {Length}: it is truncated "
                    + "or damaged.");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)count);
        ReadCore(offset, bytes);
        return bytes;
    }

    public virtual void Dispose()
    {
    }

    protected abstract void ReadCore(long offset, Span<byte> destination);
}
