namespace Toolkit.Formats.Checkpoints;

/// <summary>What a checkpoint may ask for before it is refused. Every size is checked before memory is taken.</summary>
public sealed record CheckpointLimits
{
    /// <summary>
    /// The limits that <see cref="Checkpoint.Open(string, CheckpointLimits?)"/> uses when none are given.
    /// </summary>
    public static CheckpointLimits Default { get; } = new();

    /// <summary>Tensors in one checkpoint. Default 1,000,000.</summary>
    public int MaxTensors { get; init; } = 1_000_000;

    /// <summary>Dimensions of one tensor. Default 64.</summary>
    public int MaxRank { get; init; } = 64;

    /// <summary>Bytes of one tensor name, UTF-8. Default 4,096.</summary>
    public int MaxNameBytes { get; init; } = 4_096;

    /// <summary>Nesting of dictionaries, lists, objects and folders. Default 256.</summary>
    public int MaxDepth { get; init; } = 256;

    /// <summary>Opcodes of one pickle. Default 10,000,000.</summary>
    public long MaxPickleOpcodes { get; init; } = 10_000_000;

    /// <summary>Entries of a pickle's memo. Default 10,000,000.</summary>
    public int MaxPickleMemo { get; init; } = 10_000_000;

    /// <summary>Different names of code in one file. Default 10,000.</summary>
    public int MaxScanFindings { get; init; } = 10_000;

    /// <summary>
    /// Values met while tensors are looked for in a pickle's result, counting shared ones each time. Default
    /// 20,000,000.
    /// </summary>
    public long MaxVisitedValues { get; init; } = 20_000_000;

    /// <summary>
    /// Bytes of one text or of one number inside a pickle; raw bytes stay in the file. Default 256 MiB.
    /// </summary>
    public int MaxPickleText { get; init; } = 256 << 20;

    /// <summary>
    /// Bytes of a table that must be in memory: a JSON header, a compressed pickle, an ONNX graph. Default 1 GiB.
    /// </summary>
    public int MaxTableBytes { get; init; } = 1 << 30;

    /// <summary>Entries of a zip or tar archive. Default 1,000,000.</summary>
    public int MaxArchiveEntries { get; init; } = 1_000_000;

    /// <summary>How many times larger than its compressed bytes an entry over 64 MiB may become. Default 200.</summary>
    public int MaxInflation { get; init; } = 200;

    /// <summary>Bytes of a tensor that is larger than the storage it views (strides of 0). Default 256 MiB.</summary>
    public long MaxExpandedBytes { get; init; } = 256L << 20;
}
