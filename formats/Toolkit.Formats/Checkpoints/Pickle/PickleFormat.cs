using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Torch;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>A plain pickle: numpy arrays and torch tensors in dictionaries and lists.</summary>
/// <param name="withoutMark">Whether pickles of protocol 0 and 1 are meant, which do not begin with their
/// protocol.</param>
internal sealed class PickleFormat(bool withoutMark) : ICheckpointFormat
{
    public bool Recognises(ByteSource source)
    {
        if (source.Length < 4 || withoutMark)
        {
            return withoutMark && PickleProbe.Scan(source, 0, CheckpointLimits.Default, new ScanLog());
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
            new TorchCalls(),
            id => throw new BadInputException($"{source.Name}: the pickle refers to data outside of itself ({id})."),
            scan,
            limits);
        var value = machine.Run();
        if (input.Remaining > 0)
        {
            scan.Add(
                "(bytes after the end)",
                source.Name,
                input.Position,
                ScanVerdict.Unknown,
                $"{input.Remaining} bytes follow the pickle; they were only looked at.");
            PickleProbe.Scan(source, input.Position, limits, scan);
        }

        var content = new CheckpointContent(source.Name, limits);
        new PickleTensors(content, source.Name, limits).Collect(value);
        return content;
    }
}
