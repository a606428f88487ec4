using Toolkit.CommandLine;

namespace Toolkit.Train.Progress;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressFactory
{
    /// <summary>A live line where standard error is a terminal, lines of log elsewhere.</summary>
    public static ITrainingProgress Create(Terminal terminal) => terminal.IsInteractive
        ? new LiveProgress(terminal.Error.Profile.Out.Writer, terminal.Error.Profile.Width, TimeProvider.System)
        : new PlainProgress(terminal.Log, TimeProvider.System);
}
