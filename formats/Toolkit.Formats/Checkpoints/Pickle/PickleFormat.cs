using System.Buffers;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>A plain pickle: numpy arrays in dictionaries and lists.</summary>
/// <param name="withoutMark">Whether pickles of protocol 0 and 1 are meant, which do not begin with their protocol.</param>
internal sealed class PickleFormat(bool withoutMark) : ICheckpointFormat
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."u8);

    public bool Recognises(ByteSource source)
    {
        if (source.Length < 4)
        {
            return false;
        }

        Span<byte> first = stackalloc byte[(int)Math.Min(256, source.Length)];
        source.Read(0, first);
        return withoutMark ? BeginsWithoutMark(first) : first[0] == 0x80 && first[1] is >= 2 and <= 5;
    }

    /// <summary>Says whether the bytes begin as Python writes protocols 0 and 1: with a name of code, a dictionary or a list.</summary>
    private static bool BeginsWithoutMark(ReadOnlySpan<byte> first) => first[0] switch
    {
        (byte)'c' => BeginsWithName(first[1..]),
        (byte)'(' => first[1] switch
        {
            (byte)'d' or (byte)'l' => first[2] is (byte)'p' or (byte)'q',
            (byte)'c' => BeginsWithName(first[2..]),
            (byte)'S' => first[2] is (byte)'\'' or (byte)'"',
            _ => false,
        },
        (byte)'}' or (byte)']' => first[1] == (byte)'q',
        _ => false,
    };

    /// <summary>Says whether the bytes are two lines, each with a dotted name.</summary>
    private static bool BeginsWithName(ReadOnlySpan<byte> text)
    {
        var module = text.IndexOf((byte)'\n');
        if (module <= 0 || text[..module].ContainsAnyExcept(NameBytes))
        {
            return false;
        }

        var rest = text[(module + 1)..];
        var name = rest.IndexOf((byte)'\n');
        return name > 0 && !rest[..name].ContainsAnyExcept(NameBytes);
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "pickle";
        var input = new PickleInput(source, 0, source.Name, limits);
        var machine = new PickleMachine(
            input,
            new PickleCalls(),
            id => throw new BadInputException($"{source.Name}: the pickle refers to data outside of itself ({id})."),
            scan,
            limits);
        var value = machine.Run();
        if (input.Remaining > 0)
        {
            scan.Add("(bytes after the end)", source.Name, input.Position, ScanVerdict.Unknown, $"{input.Remaining} bytes follow the pickle; they were not read.");
        }

        var content = new CheckpointContent(source.Name, limits);
        new PickleTensors(content, source.Name, limits).Collect(value);
        return content;
    }
}
