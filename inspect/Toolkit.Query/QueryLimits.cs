namespace Toolkit.Query;

/// <summary>How much one query may take.</summary>
public sealed record QueryLimits
{
    /// <summary>Rows returned at most; a result with more is cut, and says so. Default 10,000.</summary>
    public int MaximumRows { get; init; } = 10_000;

    /// <summary>Wall-clock time after which the query is stopped. Default 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Memory that the database may use; nothing is spilled to disk. Default 2,048 MiB.</summary>
    public int MemoryMebibytes { get; init; } = 2048;

    /// <summary>Threads of one query, 1 or more; 0 (default) for one per core.</summary>
    public int Threads { get; init; }
}
