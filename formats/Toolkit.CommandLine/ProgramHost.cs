using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Toolkit.Formats;

namespace Toolkit.CommandLine;

/// <summary>
/// Runs a command line and turns every outcome into an exit code and, where it failed, one clear message.
/// </summary>
public static class ProgramHost
{
    /// <summary>ENOSPC, which .NET passes on as it is.</summary>
    private const int DiskFullUnix = 28;

    /// <summary>ERROR_DISK_FULL as an HRESULT.</summary>
    private const int DiskFullWindows = unchecked((int)0x80070070);

    /// <summary>Parses and runs.</summary>
    /// <param name="root">The program's commands.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="terminal">Where messages go.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args, Terminal terminal)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(terminal);
        NumericOptions.Explain(root);
        var parsed = root.Parse(args);
        if (parsed is { Action: ParseErrorAction, CommandResult.Command.Subcommands.Count: 0 })
        {
            // The page of help that is the library's answer would hide the line that says what is wrong.
            terminal.Log(Refusal(parsed));
            return ExitCode.WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            });
        }
        catch (BadInputException bad)
        {
            terminal.Log($"error: {bad.Message}");
            return ExitCode.BadInput;
        }
        catch (UsageException usage)
        {
            terminal.Log($"error: {usage.Message}");
            return ExitCode.WrongUsage;
        }
        catch (OperationCanceledException)
        {
            terminal.Log("cancelled: everything finished so far is saved.");
            return ExitCode.Cancelled;
        }
#pragma warning disable CA1031 // The one place where every failure ends: a message, never a stack trace.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            terminal.Log(Explain(failure));
            return ExitCode.Failed;
        }
    }

    private static string Refusal(ParseResult parsed)
    {
        string[] options =
        [
            .. parsed.CommandResult.Command.Options.Where(static option => !option.Hidden).Select(static o => o.Name),
        ];
        var names = parsed.UnmatchedTokens.Where(static token => token.StartsWith('-')).ToList();
        var path = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
        {
            path.Insert(0, command.Command.Name);
        }

        return string.Join(
            Environment.NewLine,
            [
                .. parsed.Errors.Select(static fault => $"error: {fault.Message}"),
                .. names.Select(name => NearestName.Hint(name, options).Trim()).Where(static hint => hint.Length > 0),
                $"`{string.Join(' ', path)} --help` lists what there is.",
            ]);
    }

    private static string Explain(Exception failure)
    {
        if (Environment.GetEnvironmentVariable("TOOLKIT_TRACE") == "1")
        {
            return failure.ToString();
        }

        return failure switch
        {
            AggregateException { InnerExceptions.Count: 1 } aggregate => Explain(aggregate.InnerException!),
            IOException { HResult: DiskFullUnix or DiskFullWindows } =>
                "error: the disk is full; nothing half-written is left. Make room and repeat the command, with "
                    + $"--resume where it has that. ({failure.Message})",
            IOException or UnauthorizedAccessException or WorkFailedException => $"error: {failure.Message}",
            _ => $"error: {failure.GetType().Name}: {failure.Message} (set TOOLKIT_TRACE=1 for the whole story)",
        };
    }
}
