using System.CommandLine;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Reports;
using Toolkit.Charts.Runs;
using Toolkit.CommandLine;
using Toolkit.Formats;

namespace Toolkit.Inspect.Commands;

/// <summary>
/// <c>inspect report RUN --out report.html</c>: everything known about a run as one self-contained page.
/// </summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run directory, as `inspect capture` makes it." };
        var output = new Option<string?>("--out") { Description = "The HTML file to write. Default: RUN/report.html." };
        var json = new Option<bool>("--json")
        {
            Description = "Print where the report is and its size as JSON. Default: a sentence.",
        };
        var command = new Command(
            "report", "Writes everything known about a run as one HTML file with pictures, which needs nothing else.")
        {
            run,
            output,
            json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = parsed.GetRequiredValue(run);
            var data = RunDirectoryData.Open(folder);
            var path = parsed.GetValue(output) ?? Path.Combine(folder, "report.html");
            if (Directory.Exists(path))
            {
                throw new UsageException($"{path} is a folder; give the name of the HTML file to write.");
            }

            var progress = new DirectProgress(terminal);
            var html = await new ReportWriter(new RunCharts()).WriteAsync(data, progress, cancellation);
            AtomicFile.WriteText(path, html);
            var result = new { report = Path.GetFullPath(path), bytes = new FileInfo(path).Length };
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(result);
            }
            else
            {
                terminal.Output.WriteLine($"{result.report} ({result.bytes / 1e6:0.0} MB)");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Logs each picture once, in order.</summary>
    private sealed class DirectProgress(Terminal terminal) : IProgress<string>
    {
        private string? _last;

        public void Report(string value)
        {
            if (value != _last)
            {
                terminal.Log($"drawing: {value}");
                _last = value;
            }
        }
    }
}
