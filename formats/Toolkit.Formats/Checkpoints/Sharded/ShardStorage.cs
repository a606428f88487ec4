using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Sharded;

/// <summary>
/// A storage of one shard. Its name has the shard in front: every torch file calls its storages 0, 1, 2 …, and equal
/// names would say that tensors of two files are tied.
/// </summary>
internal sealed class ShardStorage : TensorStorage
{
    private readonly TensorStorage _storage;

    public ShardStorage(string shard, TensorStorage storage)
        : base($"{shard}, {storage.Name}", storage.SizeBytes)
    {
        _storage = storage;
        IsBigEndian = storage.IsBigEndian;
    }

    public override StorageAccess Access => _storage.Access;

    public override void Read(long offset, Span<byte> destination) => _storage.Read(offset, destination);
}
