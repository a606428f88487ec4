using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Zip;

/// <summary>
/// The members of an archive whose directory cannot be trusted or is missing, by their local headers alone: for looking
/// what a broken or misleading file holds, never for reading tensors. Programs that mend archives (<c>zip -FF</c>) go
/// the same way.
/// </summary>
internal static class ZipSalvage
{
    private const int Step = 1 << 20;
    private const int HeaderBytes = 30;

    /// <summary>
    /// The first bytes of every member, in the file's order; a member's end is not known, so more than it may come.
    /// </summary>
    /// <param name="source">The archive.</param>
    /// <param name="count">Bytes of each, at most.</param>
    /// <param name="maximum">Members, at most.</param>
    public static IEnumerable<(string Name, byte[] Start)> Members(ByteSource source, int count, int maximum)
    {
        var found = 0;
        for (var at = Next(source, 0); at >= 0 && found < maximum; at = Next(source, at + 4))
        {
            var header = source.ReadBytes(at, HeaderBytes);
            var method = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(8));
            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26));
            var start = at + HeaderBytes + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
            if (start < source.Length)
            {
                found++;
                var name = Encoding.UTF8.GetString(source.ReadBytes(at + HeaderBytes, nameLength));
                yield return (name, method == 8
                    ? Inflate(source, start, count)
                    : source.ReadBytes(start, Math.Min(count, source.Length - start)));
            }
        }
    }

    /// <summary>Where the next local header starts; −1 where there is none with room for its fields.</summary>
    private static long Next(ByteSource source, long from)
    {
        // One step overlaps the next by three bytes, in which a signature may lie across the border.
        for (; from <= source.Length - HeaderBytes; from += Step - 3)
        {
            var bytes = source.ReadBytes(from, Math.Min(Step, source.Length - from));
            var at = bytes.AsSpan().IndexOf("PK\u0003\u0004"u8);
            if (at >= 0)
            {
                return from + at <= source.Length - HeaderBytes ? from + at : -1;
            }
        }

        return -1;
    }

    private static byte[] Inflate(ByteSource source, long start, int count)
    {
        using var window = new WindowStream(source, start, source.Length - start);
        using var inflater = new DeflateStream(window, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 14];
        try
        {
            while (bytes.Length < count
                && inflater.Read(buffer, 0, (int)Math.Min(buffer.Length, count - bytes.Length)) is > 0 and var read)
            {
                bytes.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            // What came out before the damage is looked at all the same.
        }

        return bytes.ToArray();
    }
}
