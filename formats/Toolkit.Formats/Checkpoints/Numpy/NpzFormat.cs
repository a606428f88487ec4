using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Zip;

namespace Toolkit.Formats.Checkpoints.Numpy;

/// <summary>A zip of .npy members (numpy.savez, numpy.savez_compressed).</summary>
internal sealed class NpzFormat : ICheckpointFormat
{
    private const string Suffix = ".npy";

    public bool Recognises(ByteSource source) => ZipReader.Recognises(source);

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "npz";
        var zip = new ZipReader(source, limits);
        var content = new CheckpointContent(source.Name, limits);
        foreach (var entry in zip.Entries)
        {
            if (!entry.Name.EndsWith(Suffix, StringComparison.Ordinal))
            {
                scan.Add(
                    entry.Name,
                    source.Name,
                    entry.DataStart,
                    ScanVerdict.Unknown,
                    "A member that is no .npy array; it was only looked at.");
                PickleProbe.Scan(zip, entry, source.Name, limits, scan);
                continue;
            }

            using var start = new MemoryByteSource(zip.ReadStart(entry, 4096), $"{source.Name}, {entry.Name}");
            var header = ReadHeader(zip, entry, start);
            var name = entry.Name[..^Suffix.Length];
            header.AddTo(content, name, isBigEndian =>
            {
                var storage = zip.ToStorage(entry, name, header.DataStart, isBigEndian);
                if (storage is IDisposable owned)
                {
                    content.Owned.Add(owned);
                }

                return storage;
            });
            if (content.Unreadable.Exists(tensor => tensor.Name == name)
                && header.Description.Contains('O', StringComparison.Ordinal))
            {
                scan.Add(
                    entry.Name,
                    source.Name,
                    entry.DataStart,
                    ScanVerdict.Unknown,
                    "An array of objects: its elements are a pickle; it was only looked at.");
                using var elements = zip.Open(entry);
                PickleProbe.Scan(elements, header.DataStart, limits, scan);
            }
        }

        if (content.Tensors.Count == 0 && content.Unreadable.Count == 0 && zip.Entries.Count > 0)
        {
            throw new BadInputException(
                zip.Entries.Exists(static entry => entry.Name.EndsWith("/model.json", StringComparison.Ordinal))
                    ? $"{source.Name}: TorchScript as torch 1.0 to 1.3 wrote it, which is not read: load it with a "
                        + "newer torch and save it again with torch.jit.save."
                    : $"{source.Name}: a zip archive without data.pkl (PyTorch) and without .npy members (numpy); it "
                        + $"starts with '{zip.Entries[0].Name}'.");
        }

        return content;
    }

    private static NpyHeader ReadHeader(ZipReader zip, ZipEntry entry, MemoryByteSource start)
    {
        // Nearly every header is 128 bytes; a record type can make it long.
        if (start.Length >= 12 && NpyHeader.Recognises(start))
        {
            var prefix = start.ReadBytes(0, 12);
            var needed = prefix[6] == 1
                ? 10 + BitConverter.ToUInt16(prefix, 8)
                : 12L + BitConverter.ToUInt32(prefix, 8);
            if (needed > start.Length && needed <= (1 << 20) + 12)
            {
                using var longer = new MemoryByteSource(zip.ReadStart(entry, (int)needed), start.Name);
                return NpyHeader.Read(longer);
            }
        }

        return NpyHeader.Read(start);
    }
}
