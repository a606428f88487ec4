using System.Text;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Tar;

/// <summary>The plain files of a tar archive, by position; links, devices and folders are left out.</summary>
/// <remarks>Source: POSIX.1-1988 ustar, and the base-256 sizes of GNU tar.</remarks>
internal static class TarReader
{
    private const int BlockBytes = 512;

    public static bool Recognises(ByteSource source)
    {
        if (source.Length < 2 * BlockBytes)
        {
            return false;
        }

        Span<byte> block = stackalloc byte[BlockBytes];
        source.Read(0, block);
        return HasChecksum(block);
    }

    /// <summary>Name → (start, bytes).</summary>
    public static Dictionary<string, (long Start, long Size)> Read(ByteSource source, CheckpointLimits limits)
    {
        var members = new Dictionary<string, (long Start, long Size)>(StringComparer.Ordinal);
        var block = new byte[BlockBytes];
        for (long at = 0, count = 0; at <= source.Length - BlockBytes; count++)
        {
            source.Read(at, block);
            if (!block.AsSpan().ContainsAnyExcept((byte)0))
            {
                break;
            }

            if (!HasChecksum(block))
            {
                throw new BadInputException(
                    $"{source.Name}: the tar header at {at} does not match its checksum: the file is damaged.");
            }

            var size = Number(block.AsSpan(124, 12), source.Name);
            var start = at + BlockBytes;
            if (size < 0 || size > source.Length - start || count >= limits.MaxArchiveEntries)
            {
                throw new BadInputException(
                    $"{source.Name}: a tar member of {size} bytes at {at} does not fit the file, or there are too many.");
            }

            if (block[156] is 0 or (byte)'0' && !members.TryAdd(Text(block.AsSpan(0, 100)), (start, size)))
            {
                throw new BadInputException(
                    $"{source.Name}: the tar member '{Text(block.AsSpan(0, 100))}' occurs twice, so that programs "
                        + "differ on what it holds.");
            }

            at = start + ((size + BlockBytes - 1) / BlockBytes * BlockBytes);
        }

        return members;
    }

    private static bool HasChecksum(ReadOnlySpan<byte> block)
    {
        var sum = 0;
        for (var i = 0; i < BlockBytes; i++)
        {
            sum += i is >= 148 and < 156 ? ' ' : block[i];
        }

        var stated = 0;
        var digits = 0;
        foreach (var b in block.Slice(148, 8))
        {
            if (b is >= (byte)'0' and <= (byte)'7')
            {
                stated = (stated * 8) + (b - '0');
                digits++;
            }
            else if (digits > 0)
            {
                break;
            }
        }

        return digits > 0 && stated == sum;
    }

    private static long Number(ReadOnlySpan<byte> field, string where)
    {
        var value = 0L;
        if ((field[0] & 0x80) != 0)
        {
            foreach (var b in field[4..])
            {
                value = (value << 8) | b;
            }

            return value;
        }

        foreach (var b in field)
        {
            if (b is >= (byte)'0' and <= (byte)'7')
            {
                value = (value * 8) + (b - '0');
            }
            else if (b is not (0 or (byte)' '))
            {
                throw new BadInputException($"{where}: a tar size that is no number.");
            }
        }

        return value;
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
