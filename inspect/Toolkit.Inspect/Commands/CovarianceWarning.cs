using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Runs;

namespace Toolkit.Inspect.Commands;

/// <summary>Names the values of a complete run whose covariance was asked for and is not there.</summary>
internal static class CovarianceWarning
{
    /// <summary>Says so on the log.</summary>
    /// <param name="terminal">The log.</param>
    /// <param name="folder">The complete run.</param>
    public static void Say(Terminal terminal, string folder)
    {
        var missing = RunReader.Open(folder).WithoutCovariance();
        if (missing.Count > 0)
        {
            var names = string.Join(", ", missing.Take(5).Select(static t => HostileText.Quote(t.Name)));
            terminal.Log(
                $"warning: results/covariance.parquet has nothing of {names}"
                    + (missing.Count > 5 ? $" and {missing.Count - 5} more" : string.Empty)
                    + ": the number of features differs between batches, or there were no values.");
        }
    }
}
