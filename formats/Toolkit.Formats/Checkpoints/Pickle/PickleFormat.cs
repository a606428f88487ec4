using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>A plain pickle (protocol 2 and later): numpy arrays in dictionaries and lists.</summary>
internal sealed class PickleFormat : ICheckpointFormat
{
    public bool Recognises(ByteSource source)
    {
        if (source.Length < 4)
        {
            return false;
        }

        Span<byte> first = stackalloc byte[2];
        source.Read(0, first);
        return first[0] == 0x80 && first[1] is >= 2 and <= 5;
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
