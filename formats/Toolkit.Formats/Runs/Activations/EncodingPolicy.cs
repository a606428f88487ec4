namespace Toolkit.Formats.Runs.Activations;

/// <summary>What an encoding is chosen for, by trying both candidates on the first pages of each tensor.</summary>
public enum EncodingPolicy
{
    /// <summary>The smaller of PLAIN + zstd and BYTE_STREAM_SPLIT + zstd.</summary>
    Size,

    /// <summary>
    /// LZ4 where it saves at least half, raw values elsewhere: where it saves less it is slow, and disks are faster.
    /// </summary>
    Speed,
}
