namespace Toolkit.CommandLine;

/// <summary>What both programs end with; scripts rely on the numbers.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The command line was wrong.</summary>
    public const int WrongUsage = 1;

    /// <summary>The input was wrong: a file, a configuration, a name.</summary>
    public const int BadInput = 2;

    /// <summary>The work failed: disk full, a native library missing, a fault of ours.</summary>
    public const int Failed = 3;

    /// <summary>Cancelled by Ctrl-C or SIGTERM; everything finished so far is saved.</summary>
    public const int Cancelled = 130;
}
