namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>A stretch of another source, seen as a source of its own; does not own the other.</summary>
internal sealed class WindowByteSource(ByteSource source, long start, long length, string name) : ByteSource
{
    public override string Name => name;

    public override long Length => length;

    protected override void ReadCore(long offset, Span<byte> destination) => source.Read(start + offset, destination);
}
