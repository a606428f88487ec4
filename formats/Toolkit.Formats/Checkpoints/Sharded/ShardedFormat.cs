using System.Text.Json;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Torch;

namespace Toolkit.Formats.Checkpoints.Sharded;

/// <summary>
/// Several safetensors or PyTorch files under one <c>index.json</c> that says which tensor lies in which.
/// </summary>
internal sealed class ShardedFormat : ICheckpointFormat
{
    private static readonly ICheckpointFormat[] TorchShards = [new TorchZipFormat(), new TorchLegacyFormat()];

    public bool Recognises(ByteSource source)
    {
        if (source.Length < 2)
        {
            return false;
        }

        var first = new byte[Math.Min(64, source.Length)];
        source.Read(0, first);
        return first.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8);
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "sharded";
        var places = ReadIndex(source, limits);
        var folder = Path.GetDirectoryName(source.FilePath)
            ?? throw new BadInputException(
                $"{source.Name}: the shards lie beside the index; give the path of the index.json.");
        var content = new CheckpointContent(source.Name, limits);
        try
        {
            foreach (var shard in places.Values.Distinct(StringComparer.Ordinal))
            {
                if (Path.GetFileName(shard) != shard || shard is "" or "." or "..")
                {
                    throw new BadInputException(
                        $"{source.Name}: the shard '{shard}' is not a file beside the index; other places are not read.");
                }

                if (!File.Exists(Path.Combine(folder, shard)))
                {
                    throw new BadInputException(
                        $"{source.Name}: there is no such file beside it as its shard '{shard}'. "
                            + "Get all files that the index names.");
                }

                var file = new FileByteSource(Path.Combine(folder, shard));
                content.Owned.Add(file);
                ReadShard(content, file, limits, scan);
            }

            scan.Format += ", sharded";

            foreach (var (name, shard) in places)
            {
                if (!content.Contains(name) && !content.Unreadable.Exists(tensor => tensor.Name == name))
                {
                    throw new BadInputException($"{source.Name}: '{name}' should be in {shard}, but is not.");
                }
            }
        }
        catch
        {
            content.Owned.ForEach(file => file.Dispose());
            throw;
        }

        return content;
    }

    private static void ReadShard(
        CheckpointContent content, FileByteSource file, CheckpointLimits limits, ScanLog scan)
    {
        if (Array.Find(TorchShards, format => format.Recognises(file)) is not { } torch)
        {
            scan.Format = "safetensors";
            SafetensorsFormat.ReadInto(content, file, limits);
            return;
        }

        var shard = torch.Read(file, limits, scan);
        foreach (var tensor in shard.Tensors)
        {
            content.Add(new CheckpointTensor(
                tensor.Name,
                tensor.Type,
                tensor.Shape,
                new ShardStorage(file.Name, tensor.Storage),
                tensor.Offset,
                tensor.Strides)
            {
                SourceType = tensor.SourceType,
                Notes = tensor.Notes,
                Signs = tensor.Signs,
            });
        }

        foreach (var unreadable in shard.Unreadable)
        {
            content.AddUnreadable(unreadable.Name, unreadable.Reason);
        }

        foreach (var (key, value) in shard.Metadata)
        {
            content.Metadata.TryAdd(key, value);
        }
    }

    private static Dictionary<string, string> ReadIndex(ByteSource source, CheckpointLimits limits)
    {
        if (source.Length > Math.Min(limits.MaxTableBytes, 512 << 20))
        {
            throw new BadInputException($"{source.Name}: an index of {source.Length} bytes is too large.");
        }

        try
        {
            using var document = JsonDocument.Parse(source.ReadBytes(0, source.Length));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map)
                    || map.ValueKind != JsonValueKind.Object)
            {
                throw new BadInputException(
                    $"{source.Name}: JSON without 'weight_map'; of JSON files only the index of a sharded checkpoint "
                        + "is one.");
            }

            var places = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in map.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String
                    || !places.TryAdd(entry.Name, entry.Value.GetString()!))
                {
                    throw new BadInputException(
                        $"{source.Name}: the place of '{entry.Name}' is no text, or it occurs twice.");
                }
            }

            return places;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            throw new BadInputException($"{source.Name}: not an index.json ({damaged.Message}).", damaged);
        }
    }
}
