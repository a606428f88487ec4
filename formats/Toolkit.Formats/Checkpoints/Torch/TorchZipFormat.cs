using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Zip;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>
/// torch.save since 1.6, and TorchScript archives: a zip with a pickle and one member for each storage.
/// </summary>
internal sealed class TorchZipFormat : ICheckpointFormat
{
    public bool Recognises(ByteSource source)
    {
        if (!ZipReader.Recognises(source))
        {
            return false;
        }

        try
        {
            return new ZipReader(source, CheckpointLimits.Default).Entries.Exists(entry => IsDataPickle(entry.Name));
        }
        catch (BadInputException)
        {
            return true; // Read says what is wrong with the archive; that is worth more than "not recognised".
        }
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "PyTorch zip";
        var zip = new ZipReader(source, limits);
        var main = zip.Entries.Where(entry => IsDataPickle(entry.Name)).ToList();
        if (main.Count != 1)
        {
            throw new BadInputException(
                $"{source.Name}: {main.Count} members are called data.pkl "
                    + $"({string.Join(", ", main.Take(3).Select(entry => entry.Name))}); exactly one is expected.");
        }

        var root = main[0].Name[..^"data.pkl".Length];
        var isBigEndian = ReadShort(zip, root + "byteorder") == "big";
        var content = new CheckpointContent(source.Name, limits);
        Describe(zip, root, content);
        Inspect(zip, root, source, limits, scan);
        ReadPickle(zip, main[0], root + "data/", isBigEndian, content, limits, scan, name: string.Empty);
        if (zip.Find(root + "constants.pkl") is { } constants)
        {
            scan.Format = "TorchScript";
            ReadPickle(zip, constants, root + "constants/", isBigEndian, content, limits, scan, name: "constants");
        }

        return content;
    }

    private static bool IsDataPickle(string name) =>
        name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal);

    private static void ReadPickle(
        ZipReader zip,
        ZipEntry entry,
        string folder,
        bool isBigEndian,
        CheckpointContent content,
        CheckpointLimits limits,
        ScanLog scan,
        string name)
    {
        using var source = zip.Open(entry);
        var storages = new Dictionary<string, TensorStorage>(StringComparer.Ordinal);
        var input = new PickleInput(source, 0, source.Name, limits);
        var value = new PickleMachine(input, new TorchCalls(), Persistent, scan, limits).Run();
        if (input.Remaining > 0)
        {
            scan.Add(
                "(bytes after the end)",
                source.Name,
                input.Position,
                ScanVerdict.Unknown,
                $"{input.Remaining} bytes follow the pickle; they were not read.");
        }

        new PickleTensors(content, source.Name, limits).Collect(value, name);

        object? Persistent(object? id)
        {
            // ('storage', class, key, device, elements)
            if (id is not PickleTuple { Length: >= 5 } tuple
                || tuple[0] is not "storage" || tuple[1] is not PickleGlobal type || tuple[2] is not string key)
            {
                throw new BadInputException(
                    $"{source.Name}: a reference to data that is no storage; the pickle is damaged.");
            }

            if (!storages.TryGetValue(key, out var storage))
            {
                var member = zip.Find(folder + key)
                    ?? throw new BadInputException(
                        $"{source.Name}: storage '{key}' is named, but the archive has no member '{folder}{key}'.");
                storage = zip.ToStorage(member, folder + key, isBigEndian);
                storages.Add(key, storage);
            }

            return new TorchStorage(key, type.Name, TorchType.OfStorage(type.Name), () => storage);
        }
    }

    private static void Describe(ZipReader zip, string root, CheckpointContent content)
    {
        foreach (var name in (ReadOnlySpan<string>)["version", "byteorder", ".data/version", ".format_version"])
        {
            if (ReadShort(zip, root + name) is { } text)
            {
                content.Metadata[name] = text;
            }
        }
    }

    private static string? ReadShort(ZipReader zip, string name) =>
        zip.Find(name) is { SizeBytes: < 256 } entry
            ? System.Text.Encoding.ASCII.GetString(zip.ReadStart(entry, 256)).Trim()
            : null;

    /// <summary>
    /// Looks at every member that torch would not look at, and interprets every further pickle for the report.
    /// </summary>
    private static void Inspect(ZipReader zip, string root, ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        var isScript = zip.Find(root + "constants.pkl") is not null;
        foreach (var entry in zip.Entries)
        {
            if (entry.Name.Contains("..", StringComparison.Ordinal)
                || entry.Name.StartsWith('/')
                || entry.Name.Contains('\\', StringComparison.Ordinal))
            {
                scan.Add(
                    entry.Name,
                    source.Name,
                    entry.DataStart,
                    ScanVerdict.Dangerous,
                    "A path that leaves the folder into which the archive is unpacked.");
            }

            var inside = entry.Name.StartsWith(root, StringComparison.Ordinal) ? entry.Name[root.Length..] : entry.Name;
            if (inside is "data.pkl" or "constants.pkl"
                || inside.StartsWith("data/", StringComparison.Ordinal)
                || inside.StartsWith("constants/", StringComparison.Ordinal))
            {
                continue;
            }

            var isKnown = isScript
                && (inside is "bytecode.pkl" || inside.EndsWith(".debug_pkl", StringComparison.Ordinal));
            if (isKnown || inside.EndsWith(".pkl", StringComparison.Ordinal)
                || inside.EndsWith(".pickle", StringComparison.Ordinal) || LooksLikePickle(zip, entry))
            {
                if (!isKnown)
                {
                    scan.Add(
                        entry.Name,
                        source.Name,
                        entry.DataStart,
                        ScanVerdict.Unknown,
                        "A further pickle beside data.pkl; it was only looked at.");
                }

                ScanPickle(zip, entry, limits, scan);
            }
            else if (PickleProbe.Scan(zip, entry, source.Name, limits, scan))
            {
                scan.Add(
                    entry.Name,
                    source.Name,
                    entry.DataStart,
                    ScanVerdict.Unknown,
                    "A further pickle beside data.pkl, without the mark of one; it was only looked at.");
            }
        }
    }

    private static bool LooksLikePickle(ZipReader zip, ZipEntry entry)
    {
        var start = zip.ReadStart(entry, 2);
        return start.Length == 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5;
    }

    private static void ScanPickle(ZipReader zip, ZipEntry entry, CheckpointLimits limits, ScanLog scan)
    {
        using var pickle = zip.Open(entry);
        try
        {
            new PickleMachine(new PickleInput(
                pickle, 0, pickle.Name, limits), new PickleCalls(), static id => id, scan, limits).Run();
        }
        catch (BadInputException damaged)
        {
            scan.Add(
                entry.Name, pickle.Name, 0, ScanVerdict.Unknown, $"It cannot be read to its end: {damaged.Message}");
        }
    }
}
