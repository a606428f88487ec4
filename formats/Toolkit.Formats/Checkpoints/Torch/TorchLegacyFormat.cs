using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>
/// torch.save from 0.1 to 1.5: five pickles (magic number, version, system, object, storage keys), then the storages.
/// </summary>
internal sealed class TorchLegacyFormat : ICheckpointFormat
{
    private const long ProtocolVersion = 1001;

    // 0x1950a86a20f9469cfc6c as LONG1 (protocol 2 and later) and as text (protocols 0 and 1).
    private static ReadOnlySpan<byte> Magic =>
        [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    private static ReadOnlySpan<byte> MagicText => "L119547037146038801333356L\n."u8;

    public bool Recognises(ByteSource source)
    {
        if (source.Length < 32)
        {
            return false;
        }

        // Before the number there is PROTO, and FRAME from protocol 4 on.
        Span<byte> first = stackalloc byte[32];
        source.Read(0, first);
        return first.IndexOf(Magic) is >= 0 and <= 12 || first.StartsWith(MagicText);
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "PyTorch legacy";
        var content = new CheckpointContent(source.Name, limits);
        var input = new PickleInput(source, 0, source.Name, limits);
        var value = ReadValue(input, limits, scan, depth: 0, content.Metadata);
        if (input.Remaining > 0)
        {
            scan.Add(
                "(bytes after the end)",
                source.Name,
                input.Position,
                ScanVerdict.Unknown,
                $"{input.Remaining} bytes follow the last storage; they were only looked at.");
            PickleProbe.Scan(source, input.Position, limits, scan);
        }

        new PickleTensors(content, source.Name, limits).Collect(value);
        return content;
    }

    /// <summary>The value of a torch file that lies inside a pickle; what it names goes into the same log.</summary>
    public static object? ReadInside(ByteSource source, PickleMachine around, int depth) =>
        ReadValue(
            new PickleInput(source, 0, source.Name, around.Limits), around.Limits, around.Scan, depth, metadata: []);

    private static object? ReadValue(
        PickleInput input, CheckpointLimits limits, ScanLog scan, int depth, Dictionary<string, string> metadata)
    {
        var storages = new Dictionary<string, Storage>(StringComparer.Ordinal);
        Next(input, limits, scan);
        if (Next(input, limits, scan) is not ProtocolVersion)
        {
            throw new BadInputException(
                $"{input.Where}: a legacy torch file of another version; {ProtocolVersion} is expected.");
        }

        if (Next(input, limits, scan) is PickleDictionary system)
        {
            foreach (var (key, entry) in system.Items)
            {
                if (key is string text && entry is bool or long)
                {
                    metadata[text] = $"{entry}".ToLowerInvariant();
                }
            }
        }

        var value =
            new PickleMachine(input, new TorchCalls(depth), id => Persistent(id, storages, input), scan, limits).Run();
        if (Next(input, limits, scan) is not PickleList keys)
        {
            throw new BadInputException(
                $"{input.Where}: the list of storages is missing behind the pickles; the file is damaged.");
        }

        foreach (var key in keys.Items)
        {
            ReadStorage(
                input,
                key as string ?? throw new BadInputException($"{input.Where}: a storage key that is no text."),
                storages,
                isInside: depth > 0);
        }

        return storages.Values.FirstOrDefault(storage => storage.Data is null) is { } missing
            ? throw new BadInputException(
                $"{input.Where}: storage '{missing.Key}' is named but not in the file; it is truncated.")
            : value;
    }

    private static object? Next(PickleInput input, CheckpointLimits limits, ScanLog scan) =>
        new PickleMachine(input, new PickleCalls(), static id => id, scan, limits).Run();

    private static object? Persistent(object? id, Dictionary<string, Storage> storages, PickleInput input)
    {
        // ('module', class, file, source) keeps a class's source text beside it; the class alone matters.
        if (id is PickleTuple { Length: >= 2 } module && module[0] is "module")
        {
            return module[1];
        }

        // ('storage', class, key, device, elements, None or (view key, offset, elements))
        if (id is not PickleTuple { Length: >= 5 } tuple
            || tuple[0] is not "storage" || tuple[1] is not PickleGlobal type || tuple[2] is not string key)
        {
            throw new BadInputException(
                $"{input.Where}: a reference to data that is no storage; the pickle is damaged.");
        }

        if (!storages.TryGetValue(key, out var storage))
        {
            storage = new Storage(key, TorchType.OfStorage(type.Name));
            storages.Add(key, storage);
        }

        var first = tuple[5] is PickleTuple { Length: 3 } view && view[1] is long and >= 0 ? (long)view[1]! : 0;
        return new TorchStorage(key, type.Name, TorchType.OfStorage(type.Name), () => storage.Data!, first);
    }

    private static void ReadStorage(PickleInput input, string key, Dictionary<string, Storage> storages, bool isInside)
    {
        if (!storages.TryGetValue(key, out var storage)
            || storage.Data is not null
            || storage.Type == ElementType.Undefined)
        {
            throw new BadInputException(
                $"{input.Where}: storage '{key}' is not named by any tensor, is there twice, or has an unknown class.");
        }

        var count = input.ReadInt64();
        var bits = storage.Type.SizeBits();
        if (count < 0 || count > input.Remaining / (bits / 8))
        {
            throw new BadInputException(
                $"{input.Where}: storage '{key}' should have {count} elements, but the file ends before: it is "
                    + "truncated.");
        }

        var start = input.Position;
        input.Skip(count * (bits / 8));
        storage.Data = new SourceStorage(
            isInside ? $"{input.Where}, {key}" : key, input.Source, start, count * (bits / 8));
    }

    private sealed class Storage(string key, ElementType type)
    {
        public string Key { get; } = key;

        public ElementType Type { get; } = type;

        public TensorStorage? Data { get; set; }
    }
}
