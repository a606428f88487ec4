using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Zip;

/// <summary>
/// A zip archive by its central directory alone, with zip64. Everything that lets two programs see two different
/// archives in one file is refused: repeated names, overlapping members, local headers that say something else,
/// encryption, other methods.
/// </summary>
/// <remarks>Source: PKWARE APPNOTE 6.3.9, sections 4.3 and 4.5.3.</remarks>
internal sealed class ZipReader
{
    private const uint LocalSignature = 0x04034b50;
    private const uint CentralSignature = 0x02014b50;
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const int LargeEntry = 64 << 20;
    private readonly ByteSource _source;
    private readonly CheckpointLimits _limits;
    private readonly Dictionary<string, ZipEntry> _byName = [];

    public ZipReader(ByteSource source, CheckpointLimits limits)
    {
        _source = source;
        _limits = limits;
        Entries = ReadDirectory();
    }

    /// <summary>In the order of the central directory.</summary>
    public List<ZipEntry> Entries { get; }

    public static bool Recognises(ByteSource source)
    {
        if (source.Length < 22)
        {
            return false;
        }

        Span<byte> first = stackalloc byte[4];
        source.Read(0, first);
        return BinaryPrimitives.ReadUInt32LittleEndian(first) is LocalSignature or EndSignature;
    }

    public ZipEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// The member as a source of its own: a window of the file where it is stored, inflated memory where it is not.
    /// </summary>
    public ByteSource Open(ZipEntry entry) => entry.IsDeflated
        ? new MemoryByteSource(Inflate(entry, _limits.MaxTableBytes), $"{_source.Name}, {entry.Name}")
        : new WindowByteSource(_source, entry.DataStart, entry.SizeBytes, $"{_source.Name}, {entry.Name}");

    /// <summary>The member's bytes, as a storage of tensors at any place of it.</summary>
    public TensorStorage ToStorage(ZipEntry entry, string name, bool isBigEndian) => entry.IsDeflated
        ? new LoadedStorage(name, entry.SizeBytes, () => Inflate(entry, Array.MaxLength)) { IsBigEndian = isBigEndian }
        : new SourceStorage(name, _source, entry.DataStart, entry.SizeBytes) { IsBigEndian = isBigEndian };

    /// <summary>The member's bytes from an offset on, as the storage of one tensor.</summary>
    public TensorStorage ToStorage(ZipEntry entry, string name, long skip, bool isBigEndian) => entry.IsDeflated
        ? new InflatedStorage(this, entry, name, skip) { IsBigEndian = isBigEndian }
        : new SourceStorage(name, _source, entry.DataStart + skip, entry.SizeBytes - skip)
        {
            IsBigEndian = isBigEndian,
        };

    /// <summary>Inflates the first bytes only, for a header.</summary>
    public byte[] ReadStart(ZipEntry entry, int count)
    {
        var wanted = (int)Math.Min(count, entry.SizeBytes);
        return entry.IsDeflated ? InflateStart(entry, wanted) : _source.ReadBytes(entry.DataStart, wanted);
    }

    /// <summary>A member's compressed bytes, to be inflated from the start on.</summary>
    public DeflateStream OpenDeflated(ZipEntry entry) => new(
        new WindowStream(_source, entry.DataStart, entry.CompressedBytes), CompressionMode.Decompress);

    /// <summary>Fills the destination with what comes next.</summary>
    /// <param name="entry">The member.</param>
    /// <param name="inflater">From <see cref="OpenDeflated"/>.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="before">Bytes that were inflated before, for the message.</param>
    /// <exception cref="BadInputException">The member is damaged or shorter than its entry says.</exception>
    public void Inflate(ZipEntry entry, DeflateStream inflater, Span<byte> destination, long before)
    {
        try
        {
            var read = inflater.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
            if (read < destination.Length)
            {
                throw Bad(
                    $"'{entry.Name}' inflates to {before + read} bytes, its directory entry says {entry.SizeBytes}");
            }
        }
        catch (InvalidDataException damaged)
        {
            throw Damaged(entry, damaged);
        }
    }

    /// <summary>Checks a member of which all bytes were inflated.</summary>
    /// <exception cref="BadInputException">More bytes come, or the checksum differs.</exception>
    public void CheckEnd(ZipEntry entry, DeflateStream inflater, uint checksum)
    {
        try
        {
            if (inflater.ReadByte() >= 0)
            {
                throw Bad($"'{entry.Name}' inflates to more than the {entry.SizeBytes} bytes of its directory entry");
            }
        }
        catch (InvalidDataException damaged)
        {
            throw Damaged(entry, damaged);
        }

        if (checksum != entry.Crc32)
        {
            throw Bad($"'{entry.Name}' does not match its checksum");
        }
    }

    private byte[] Inflate(ZipEntry entry, int limit)
    {
        if (entry.SizeBytes > limit)
        {
            throw Bad(
                $"'{entry.Name}' is compressed and would take {entry.SizeBytes} bytes; at most {limit} are inflated");
        }

        using var inflater = OpenDeflated(entry);
        var bytes = InflateBytes(entry, inflater, (int)entry.SizeBytes);
        CheckEnd(entry, inflater, Crc32.HashToUInt32(bytes));
        return bytes;
    }

    private byte[] InflateStart(ZipEntry entry, int count)
    {
        using var inflater = OpenDeflated(entry);
        return InflateBytes(entry, inflater, count);
    }

    private byte[] InflateBytes(ZipEntry entry, DeflateStream inflater, int count)
    {
        // The memory grows with what really comes out, not with what the directory promises.
        using var bytes = new MemoryStream(Math.Min(count, 1 << 20));
        var buffer = new byte[1 << 16];
        while (bytes.Length < count)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, count - bytes.Length));
            Inflate(entry, inflater, piece, bytes.Length);
            bytes.Write(piece);
        }

        return bytes.ToArray();
    }

    private List<ZipEntry> ReadDirectory()
    {
        var (start, size, count, end) = FindDirectory();
        if (size > _limits.MaxTableBytes || count > _limits.MaxArchiveEntries)
        {
            throw Bad(
                $"a directory of {count} entries and {size} bytes; at most {_limits.MaxArchiveEntries} and "
                    + $"{_limits.MaxTableBytes} are read");
        }

        if (start < 0 || size < 0 || start > end || size > end - start)
        {
            throw Bad("the directory lies outside of the file");
        }

        var directory = _source.ReadBytes(start, size);
        var entries = new List<ZipEntry>();
        var ranges = new List<(long Start, long End, string Name)>();
        var at = 0;
        for (var i = 0L; i < count; i++)
        {
            if (directory.Length - at < 46
                || BinaryPrimitives.ReadUInt32LittleEndian(directory.AsSpan(at)) != CentralSignature)
            {
                throw Bad($"directory entry {i} of {count} is damaged");
            }

            var (entry, local, next) = ReadEntry(directory, at);
            at = next;
            if (entry.Name.EndsWith('/') && entry.SizeBytes == 0)
            {
                continue;
            }

            if (!_byName.TryAdd(entry.Name, entry))
            {
                throw Bad($"the name '{entry.Name}' occurs twice, so that programs differ on what it holds");
            }

            if (entry.DataStart + entry.CompressedBytes > start)
            {
                throw Bad($"'{entry.Name}' reaches into the directory or beyond the file");
            }

            ranges.Add((local, entry.DataStart + entry.CompressedBytes, entry.Name));
            entries.Add(entry);
        }

        ranges.Sort();
        for (var i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Start < ranges[i - 1].End)
            {
                throw Bad($"'{ranges[i].Name}' and '{ranges[i - 1].Name}' overlap, as in a zip bomb");
            }
        }

        return entries;
    }

    private (ZipEntry Entry, long Local, int Next) ReadEntry(byte[] directory, int at)
    {
        var header = directory.AsSpan(at);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(header[10..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[30..]);
        var commentLength = BinaryPrimitives.ReadUInt16LittleEndian(header[32..]);
        long local = BinaryPrimitives.ReadUInt32LittleEndian(header[42..]);
        if (header.Length < 46 + nameLength + extraLength + commentLength)
        {
            throw Bad("a directory entry is longer than the directory");
        }

        var nameBytes = header.Slice(46, nameLength);
        var name = Encoding.UTF8.GetString(nameBytes);
        ReadZip64(header.Slice(46 + nameLength, extraLength), name, ref size, ref compressed, ref local);
        if ((flags & 0x2041) != 0)
        {
            throw Bad($"'{name}' is encrypted; only plain archives are read");
        }

        if (method is not (0 or 8))
        {
            throw Bad($"'{name}' is compressed by method {method}; stored (0) and deflate (8) are read");
        }

        if (size < 0 || compressed < 0 || local < 0 || (method == 0 && size != compressed))
        {
            throw Bad($"'{name}' has sizes that contradict each other ({compressed} stored, {size} in all)");
        }

        if (size > LargeEntry && size / _limits.MaxInflation > compressed)
        {
            throw Bad(
                $"'{name}' would grow from {compressed} to {size} bytes, as in a zip bomb; the limit is "
                    + $"{_limits.MaxInflation} times");
        }

        var dataStart = CheckLocal(local, nameBytes, name, method, flags, crc, size, compressed);
        if (compressed > _source.Length - dataStart)
        {
            throw Bad($"'{name}' reaches beyond the end of the file");
        }

        return (new ZipEntry(name, method == 8, dataStart, compressed, size, crc), local,
            at + 46 + nameLength + extraLength + commentLength);
    }

    private long CheckLocal(
        long local,
        ReadOnlySpan<byte> nameBytes,
        string name,
        ushort method,
        ushort flags,
        uint crc,
        long size,
        long compressed)
    {
        if (local > _source.Length - 30)
        {
            throw Bad($"'{name}' starts beyond the end of the file");
        }

        var header = _source.ReadBytes(local, Math.Min(30 + nameBytes.Length, _source.Length - local)).AsSpan();
        var sameName = BinaryPrimitives.ReadUInt32LittleEndian(header) == LocalSignature
            && BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) == nameBytes.Length
            && header[30..].SequenceEqual(nameBytes);
        if (!sameName || BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != method
            || ((BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) ^ flags) & 0x0001) != 0)
        {
            throw Bad($"the directory and the local header of '{name}' contradict each other");
        }

        // Bit 3 moves checksum and sizes behind the data; 0xffffffff moves the sizes to the zip64 field.
        if ((BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) & 0x0008) == 0)
        {
            var localCompressed = BinaryPrimitives.ReadUInt32LittleEndian(header[18..]);
            var localSize = BinaryPrimitives.ReadUInt32LittleEndian(header[22..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[14..]) != crc
                || (localCompressed != uint.MaxValue && localCompressed != compressed)
                || (localSize != uint.MaxValue && localSize != size))
            {
                throw Bad($"the directory and the local header of '{name}' give different sizes or checksums");
            }
        }

        return local + 30 + nameBytes.Length + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
    }

    private void ReadZip64(ReadOnlySpan<byte> extra, string name, ref long size, ref long compressed, ref long local)
    {
        while (extra.Length >= 4)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
            {
                return; // Padding of old writers.
            }

            if (id == 1)
            {
                var fields = extra.Slice(4, length);
                Take(ref fields, ref size, name);
                Take(ref fields, ref compressed, name);
                Take(ref fields, ref local, name);
                return;
            }

            extra = extra[(4 + length)..];
        }
    }

    private void Take(ref ReadOnlySpan<byte> fields, ref long value, string name)
    {
        if (value != uint.MaxValue)
        {
            return;
        }

        if (fields.Length < 8)
        {
            throw Bad($"the zip64 sizes of '{name}' are missing");
        }

        value = BinaryPrimitives.ReadInt64LittleEndian(fields);
        fields = fields[8..];
    }

    private (long Start, long Size, long Count, long End) FindDirectory()
    {
        var tailLength = (int)Math.Min(_source.Length, 22 + ushort.MaxValue);
        var tailStart = _source.Length - tailLength;

        // Nearly every archive has no comment: look at the last 22 bytes before the last 64 KiB.
        var tail = _source.ReadBytes(_source.Length - 22, 22);
        var at = IsEnd(tail) ? _source.Length - 22 : -1;
        if (at < 0)
        {
            tail = _source.ReadBytes(tailStart, tailLength);
            for (var i = tailLength - 22; i >= 0 && at < 0; i--)
            {
                if (IsEnd(tail.AsSpan(i)))
                {
                    at = tailStart + i;
                }
            }
        }

        if (at < 0)
        {
            throw Bad("the end of the zip directory is missing: the file is truncated");
        }

        var end = _source.ReadBytes(at, 22).AsSpan();
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(end[4..]) is not (0 or ushort.MaxValue)
            || BinaryPrimitives.ReadUInt16LittleEndian(end[8..]) != count)
        {
            throw Bad("archives in several parts are not read");
        }

        if (at >= 20)
        {
            var locator = _source.ReadBytes(at - 20, 20).AsSpan();
            if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == Locator64Signature)
            {
                return FindDirectory64(BinaryPrimitives.ReadInt64LittleEndian(locator[8..]), start, size, count);
            }
        }

        return (start, size, count, at);
    }

    private (long Start, long Size, long Count, long End) FindDirectory64(
        long at, long start32, long size32, long count32)
    {
        if (at < 0 || at > _source.Length - 56)
        {
            throw Bad("the zip64 directory lies outside of the file");
        }

        var end = _source.ReadBytes(at, 56).AsSpan();
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != End64Signature)
        {
            throw Bad("the zip64 directory is damaged");
        }

        var count = BinaryPrimitives.ReadInt64LittleEndian(end[32..]);
        var size = BinaryPrimitives.ReadInt64LittleEndian(end[40..]);
        var start = BinaryPrimitives.ReadInt64LittleEndian(end[48..]);

        // Two directories that point to different places are two archives in one file.
        if ((start32 != uint.MaxValue && start32 != start) || (size32 != uint.MaxValue && size32 != size)
            || (count32 != ushort.MaxValue && count32 != count) || count < 0)
        {
            throw Bad("the zip and the zip64 directory contradict each other");
        }

        return (start, size, count, at);
    }

    private static bool IsEnd(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes) == EndSignature
        && BinaryPrimitives.ReadUInt16LittleEndian(bytes[20..]) == bytes.Length - 22;

    private BadInputException Damaged(ZipEntry entry, InvalidDataException damaged) =>
        new($"{_source.Name}: '{entry.Name}' cannot be inflated: the file is damaged.", damaged);

    private BadInputException Bad(string what) =>
        new($"{_source.Name}: {what}. The archive is damaged or made to mislead; it is not read.");
}
