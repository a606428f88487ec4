using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints;

/// <summary>
/// One file format. A new format is a new folder with one class of this, and one line in
/// <see cref="CheckpointFormats"/>.
/// </summary>
internal interface ICheckpointFormat
{
    /// <summary>
    /// Says whether the content (never the extension) is of this format; reads a few bytes and does not throw on
    /// foreign data.
    /// </summary>
    bool Recognises(ByteSource source);

    /// <summary>Reads the tables.</summary>
    /// <exception cref="BadInputException">The file breaks a rule of its format or of the limits.</exception>
    CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan);
}
