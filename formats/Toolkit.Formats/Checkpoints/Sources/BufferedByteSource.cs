namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>
/// A source whose small reads go through a buffer of 16 KiB: tables are walked byte by byte. For one thread.
/// </summary>
internal sealed class BufferedByteSource(ByteSource source) : ByteSource
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private long _start;
    private int _count;

    public override string Name => source.Name;

    public override long Length => source.Length;

    public override string? FilePath => source.FilePath;

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        if (destination.Length > 1024)
        {
            source.Read(offset, destination);
            return;
        }

        if (offset < _start || offset + destination.Length > _start + _count)
        {
            _start = offset;
            _count = (int)Math.Min(_buffer.Length, source.Length - offset);
            source.Read(offset, _buffer.AsSpan(0, _count));
        }

        _buffer.AsSpan((int)(offset - _start), destination.Length).CopyTo(destination);
    }
}
