namespace Toolkit.Formats.Checkpoints.Scanning;

/// <summary>What would happen if the program that the file was made for loaded it.</summary>
public enum ScanVerdict
{
    /// <summary>Only data and names that are known to build data.</summary>
    Safe = 0,

    /// <summary>Names of code that is not known here: classes of somebody's package, perhaps harmless.</summary>
    Unknown = 1,

    /// <summary>
    /// Code would run: a shell, a file, the network, an import, an evaluation, or a name that is computed.
    /// </summary>
    Dangerous = 2,
}
