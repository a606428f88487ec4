using System.CommandLine;
using Toolkit.Capture;
using Toolkit.CommandLine;
using Toolkit.Formats.Runs;
using Toolkit.Inspect.Processes;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect verify</c>: every file of a run against its checksum.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run directory." };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of text." };
        var command = new Command(
            "verify",
            "Checks that every file that a capture wrote is there and has the bytes that were written.") { run, json };
        command.SetAction((parsed, cancellation) =>
        {
            var folder = parsed.GetValue(run)!;
            var check = Verify(terminal, folder, cancellation);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(check);
            }
            else
            {
                foreach (var fault in check.Faults)
                {
                    terminal.Log($"error: {fault}");
                }

                terminal.Output.WriteLine(
                    $"{folder}: {check.Files} file{(check.Files == 1 ? "" : "s")}, {ByteSize.Text(check.Bytes)}, "
                        + $"{check.FinishedSamples} of {check.Samples} samples, "
                    + (check.Faults.Count > 0 ? $"{check.Faults.Count} fault{(check.Faults.Count == 1 ? "" : "s")}."
                        : check.IsComplete ? "all well."
                        : "all well so far, not complete."));
            }

            return Task.FromResult(check.Faults.Count == 0 ? ExitCode.Done : ExitCode.BadInput);
        });
        return command;
    }

    private static RunCheck Verify(Terminal terminal, string folder, CancellationToken cancellation)
    {
        using var progress = new StepProgress(terminal);
        return RunVerification.Verify(folder, progress, cancellation);
    }
}
