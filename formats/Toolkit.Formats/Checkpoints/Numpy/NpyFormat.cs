using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Numpy;

/// <summary>One array: .npy. Its tensor is called <c>tensor</c>.</summary>
internal sealed class NpyFormat : ICheckpointFormat
{
    public bool Recognises(ByteSource source) => NpyHeader.Recognises(source);

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "npy";
        var header = NpyHeader.Read(source);
        var content = new CheckpointContent(source.Name, limits);
        header.AddTo(content, "tensor", isBigEndian =>
            new SourceStorage("tensor", source, header.DataStart, source.Length - header.DataStart)
            {
                IsBigEndian = isBigEndian,
            });
        if (content.Unreadable.Count > 0 && header.Description.Contains('O', StringComparison.Ordinal))
        {
            scan.Add(
                "(array of objects)",
                source.Name,
                header.DataStart,
                ScanVerdict.Unknown,
                "The elements are a pickle; it was only looked at.");
            PickleProbe.Scan(source, header.DataStart, limits, scan);
        }

        return content;
    }
}
