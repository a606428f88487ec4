namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>
/// Bytes that must be produced whole (inflated, decoded): made at the first read and kept while somebody holds them.
/// </summary>
internal sealed class LoadedStorage(string name, long sizeBytes, Func<byte[]> load) : TensorStorage(name, sizeBytes)
{
    private readonly WeakReference<byte[]> _bytes = new(null!);
    private readonly Lock _lock = new();

    public override StorageAccess Access => StorageAccess.Whole;

    public override void Read(long offset, Span<byte> destination)
    {
        byte[] bytes;
        lock (_lock)
        {
            if (!_bytes.TryGetTarget(out bytes!))
            {
                bytes = load();
                _bytes.SetTarget(bytes);
            }
        }

        bytes.AsSpan(checked((int)offset), destination.Length).CopyTo(destination);
    }
}
