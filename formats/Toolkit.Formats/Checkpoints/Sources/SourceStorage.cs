namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>A stretch of a file.</summary>
internal sealed class SourceStorage(string name, ByteSource source, long start, long sizeBytes)
    : TensorStorage(name, sizeBytes)
{
    public override StorageAccess Access => StorageAccess.Random;

    public override void Read(long offset, Span<byte> destination) => source.Read(start + offset, destination);
}
