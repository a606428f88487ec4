using System.Buffers;
using System.Buffers.Binary;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Zip;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>
/// Looks for pickles where the format has none: bytes behind the end, elements of object arrays, members of archives,
/// and files that are something else but that a program which goes by the extension would unpickle.
/// </summary>
internal static class PickleProbe
{
    private const long MaxOpcodes = 1_000_000;
    private const int MemberBytes = 64 << 10;
    private const int MaxSalvaged = 10_000;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");

    /// <summary>
    /// Says whether bytes from a place on are a pickle, marked or not: whether they lead through one or several to the
    /// end of the source, or name code before they break. What they name goes into the log; of other bytes nothing
    /// does.
    /// </summary>
    public static bool Scan(ByteSource source, long start, CheckpointLimits limits, ScanLog scan) =>
        Scan(source, start, limits, scan, static id => id);

    /// <summary>
    /// The same for a whole file that is something else. Who unpickles it stops at a persistent id, for which Python
    /// has no meaning of its own; the P that every zip begins with is one.
    /// </summary>
    public static bool ScanWhole(ByteSource source, CheckpointLimits limits, ScanLog scan) =>
        Scan(source, 0, limits, scan, static _ => throw new BadInputException("a persistent id"));

    private static bool Scan(
        ByteSource source, long start, CheckpointLimits limits, ScanLog scan, Func<object?, object?> persistent)
    {
        var found = new ScanLog();
        var input = new PickleInput(source, start, source.Name, limits);
        var isWhole = false;
        try
        {
            for (var left = Math.Min(MaxOpcodes, limits.MaxPickleOpcodes); input.Remaining > 0;)
            {
                var machine = new PickleMachine(
                    input, new PickleCalls(), persistent, found, limits with { MaxPickleOpcodes = left });
                machine.Run();
                left -= machine.Opcodes;
            }

            isWhole = input.Position > start;
        }
        catch (BadInputException)
        {
            // Whatever was named before the break would have run before it.
        }

        if (!isWhole && !found.Findings.Any(static finding => IsName(finding.Subject)))
        {
            return false;
        }

        foreach (var finding in found.Findings)
        {
            scan.Add(finding);
        }

        return true;
    }

    /// <summary>The same for a member of an archive, of which only the first 64 KiB are looked at.</summary>
    public static bool Scan(ZipReader zip, ZipEntry entry, string archive, CheckpointLimits limits, ScanLog scan)
    {
        using var start = new MemoryByteSource(zip.ReadStart(entry, MemberBytes), $"{archive}, {entry.Name}");
        return Scan(start, 0, limits, scan);
    }

    /// <summary>
    /// The same for every member of an archive that is refused, whatever its directory says: what a damaged or
    /// misleading archive would run is in the report. The first 64 KiB of a member, and those behind the header of an
    /// array.
    /// </summary>
    public static void ScanRefused(ByteSource archive, CheckpointLimits limits, ScanLog scan)
    {
        // What was scanned before the refusal is not counted twice.
        var known = scan.Findings.Select(static finding => finding.Where).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, start) in ZipSalvage.Members(archive, MemberBytes, MaxSalvaged))
        {
            using var member = new MemoryByteSource(start, $"{archive.Name}, {name}");
            if (!known.Contains(member.Name))
            {
                Scan(member, EndOfNpyHeader(start), limits, scan);
            }
        }
    }

    /// <summary>
    /// Where the elements of an array start: behind magic number, version and header; 0 for other bytes.
    /// </summary>
    private static int EndOfNpyHeader(ReadOnlySpan<byte> bytes) =>
        bytes.Length < 12 || bytes[0] != 0x93 || !bytes[1..].StartsWith("NUMPY"u8) ? 0
        : bytes[6] == 1 ? Math.Min(bytes.Length, 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]))
        : (int)Math.Min(bytes.Length, 12L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));

    /// <summary>
    /// Says whether a text looks like <c>module.name</c>: in other bytes the opcodes of names stand before anything.
    /// </summary>
    private static bool IsName(string subject) =>
        subject.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
            && dot < subject.Length - 1
            && !subject.AsSpan().ContainsAnyExcept(NameCharacters);
}
