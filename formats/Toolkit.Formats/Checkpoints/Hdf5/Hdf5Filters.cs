using System.IO.Compression;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>
/// The filter pipeline of a chunked dataset: deflate, shuffle, Fletcher-32, LZF; anything else is refused by its name.
/// </summary>
/// <remarks>Source: HDF5 File Format Specification 3.0, IV.A.2.l.</remarks>
internal sealed class Hdf5Filters(IReadOnlyList<int> ids)
{
    private const int Deflate = 1;
    private const int Shuffle = 2;
    private const int Fletcher32 = 3;
    private const int Lzf = 32_000;

    public static Hdf5Filters None { get; } = new([]);

    /// <summary>A filter that is not undone here, or null.</summary>
    public string? Unknown =>
        ids.Where(static id => id is not (Deflate or Shuffle or Fletcher32 or Lzf)).Select(static id => id switch
        {
            4 => "szip",
            5 => "nbit",
            6 => "scaleoffset",
            32_001 => "blosc",
            32_004 => "LZ4",
            32_008 => "bitshuffle",
            32_013 => "ZFP",
            32_015 => "zstd",
            32_026 => "blosc2",
            _ => $"filter {id}",
        }).FirstOrDefault();

    public bool IsEmpty => ids.Count == 0;

    public static Hdf5Filters Read(ByteSource source, long start)
    {
        var cursor = new Hdf5Cursor(source, start);
        var version = cursor.Byte();
        var count = cursor.Byte();
        cursor.Skip(version == 1 ? 6 : 0);
        var ids = new List<int>();
        for (var i = 0; i < count; i++)
        {
            int id = cursor.UInt16();
            var nameBytes = version == 1 || id >= 256 ? cursor.UInt16() : 0;
            cursor.Skip(2);
            var values = cursor.UInt16();
            cursor.Skip(version == 1 ? (nameBytes + 7) / 8 * 8 : nameBytes);
            cursor.Skip(4L * values);
            cursor.Skip(version == 1 && values % 2 == 1 ? 4 : 0);
            ids.Add(id);
        }

        return new Hdf5Filters(ids);
    }

    /// <summary>Undoes the filters of one chunk, the last first; the mask says which were left out.</summary>
    public byte[] Undo(byte[] chunk, uint mask, int chunkBytes, int elementBytes, string where)
    {
        for (var i = ids.Count - 1; i >= 0; i--)
        {
            if (((mask >> i) & 1) != 0)
            {
                continue;
            }

            chunk = ids[i] switch
            {
                Deflate => Inflate(chunk, chunkBytes, where),
                Shuffle => Unshuffle(chunk, elementBytes),
                Lzf => InflateLzf(chunk, chunkBytes, where),
                _ => chunk.Length >= 4 ? chunk[..^4] : throw Damaged(where),
            };
        }

        return chunk.Length == chunkBytes ? chunk : throw Damaged(where);
    }

    private static byte[] Inflate(byte[] chunk, int chunkBytes, string where)
    {
        // A checksum of 4 bytes may follow the elements inside.
        var result = new byte[chunkBytes + 4];
        var length = 0;
        try
        {
            using var inflater = new ZLibStream(new MemoryStream(chunk), CompressionMode.Decompress);
            for (var read = inflater.Read(result);
                read > 0;
                read = inflater.Read(result, length, result.Length - length))
            {
                length += read;
            }
        }
        catch (InvalidDataException damaged)
        {
            throw new BadInputException($"{where}: a chunk cannot be inflated: the file is damaged.", damaged);
        }

        return result[..length];
    }

    /// <summary>
    /// LZF of M. Lehmann: a byte below 32 is a run of plain bytes, any other a copy of what came out up to 8 KiB
    /// before.
    /// </summary>
    private static byte[] InflateLzf(byte[] chunk, int chunkBytes, string where)
    {
        var result = new byte[chunkBytes + 4];
        int at = 0, length = 0;
        while (at < chunk.Length)
        {
            int control = chunk[at++];
            if (control < 32)
            {
                var run = control + 1;
                if (run > chunk.Length - at || run > result.Length - length)
                {
                    throw Damaged(where);
                }

                chunk.AsSpan(at, run).CopyTo(result.AsSpan(length));
                (at, length) = (at + run, length + run);
                continue;
            }

            var copy = (control >> 5) + 2;
            if (copy == 9)
            {
                copy += at < chunk.Length ? chunk[at++] : throw Damaged(where);
            }

            var from = at < chunk.Length ? length - ((control & 31) << 8) - 1 - chunk[at++] : -1;
            if (from < 0 || copy > result.Length - length)
            {
                throw Damaged(where);
            }

            for (; copy > 0; copy--)
            {
                result[length++] = result[from++]; // One by one: source and target may overlap.
            }
        }

        return result[..length];
    }

    private static byte[] Unshuffle(byte[] chunk, int elementBytes)
    {
        var count = chunk.Length / elementBytes;
        var result = (byte[])chunk.Clone();
        for (var b = 0; b < elementBytes; b++)
        {
            for (var i = 0; i < count; i++)
            {
                result[(i * elementBytes) + b] = chunk[(b * count) + i];
            }
        }

        return result;
    }

    private static BadInputException Damaged(string where) =>
        new($"{where}: a chunk has another size than its dataset says: the file is damaged.");
}
