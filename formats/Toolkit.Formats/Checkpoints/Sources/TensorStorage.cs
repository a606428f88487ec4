namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>A row of bytes that one or several tensors view. Reading is the only thing that touches the data.</summary>
internal abstract class TensorStorage(string name, long sizeBytes)
{
    /// <summary>Unique in its checkpoint.</summary>
    public string Name { get; } = name;

    /// <summary>Bytes.</summary>
    public long SizeBytes { get; } = sizeBytes;

    /// <summary>True where the numbers are big-endian and must be turned.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>How stretches of it are best read.</summary>
    public abstract StorageAccess Access { get; }

    /// <summary>Fills the destination; the range was checked against <see cref="SizeBytes"/> before.</summary>
    public abstract void Read(long offset, Span<byte> destination);
}
