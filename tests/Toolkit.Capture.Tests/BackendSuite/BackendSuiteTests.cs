using System.Diagnostics;

namespace Toolkit.Capture.Tests.BackendSuite;

/// <summary>
/// The conformance suite of ONNX (Debian's libonnx-testdata): every case that ONNX Runtime itself runs right must be
/// planned, exposed and run with all values captured, and give the expected outputs. Child processes run the cases, for
/// some end them.
/// </summary>
/// <remarks>
/// All 1,072 cases take about 15 s on two cores. The report, one line per case with its reason, lies beside the test's
/// program: backend-suite.txt. With ONNX Runtime 1.31.1: 979 captured; 71 that the runtime does not load or run (or
/// whose inputs its .NET interface cannot make: none, empty sequences); 22 where its own outputs differ (random, text
/// of numbers …).
/// </remarks>
public sealed class BackendSuiteTests
{
    private const string SuiteFolder = "/usr/share/libonnx-testdata/data";
    private const string ListVariable = "TOOLKIT_BACKEND_LIST";
    private const string ReportVariable = "TOOLKIT_BACKEND_REPORT";

    [Fact]
    public async Task Every_case_that_the_runtime_runs_is_captured_with_the_expected_outputs()
    {
        Assert.SkipUnless(Directory.Exists(SuiteFolder), "Debian's libonnx-testdata is not installed");
        var cases = Directory.GetDirectories(SuiteFolder).SelectMany(Directory.GetDirectories)
            .Where(folder => File.Exists(Path.Combine(folder, "model.onnx")))
            .Order(StringComparer.Ordinal)
            .ToList();
        cases.ShouldNotBeEmpty();
        var halves = await Task.WhenAll(
            Task.Run(() => RunAll([.. cases.Where((_, i) => i % 2 == 0)])),
            Task.Run(() => RunAll([.. cases.Where((_, i) => i % 2 == 1)])));
        var report = halves.SelectMany(half => half).OrderBy(line => line.Case, StringComparer.Ordinal).ToList();
        File.WriteAllLines(
            Path.Combine(AppContext.BaseDirectory, "backend-suite.txt"),
            report.Select(line => $"{line.Outcome}\t{Path.GetRelativePath(SuiteFolder, line.Case)}\t{line.Reason}"));
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join('\n', report.GroupBy(line => line.Outcome).Select(group => $"{group.Count()} {group.Key}")));
        report.Count.ShouldBe(cases.Count);
        report
            .Where(line => line.Outcome is BackendOutcome.Failed or BackendOutcome.Crashed)
            .Select(line => $"{Path.GetFileName(line.Case)}: {line.Reason}")
            .ShouldBeEmpty();
        report.Count(line => line.Outcome == BackendOutcome.Captured).ShouldBeGreaterThan(cases.Count * 9 / 10);
    }

    /// <summary>Runs only as a process of its own, started by the test above.</summary>
    [Fact]
    public void Child()
    {
        var list = Environment.GetEnvironmentVariable(ListVariable);
        Assert.SkipWhen(list is null, "it is the child process of the other test");
        using var report = new StreamWriter(Environment.GetEnvironmentVariable(ReportVariable)!) { AutoFlush = true };
        foreach (var folder in File.ReadLines(list!))
        {
            report.WriteLine($"start\t{folder}");
            var (outcome, reason) = BackendCase.Run(folder);
            report.WriteLine($"{outcome}\t{folder}\t{reason.ReplaceLineEndings(" ")}");
        }
    }

    private static List<(string Case, BackendOutcome Outcome, string Reason)> RunAll(List<string> cases)
    {
        var done = new List<(string Case, BackendOutcome Outcome, string Reason)>();
        while (done.Count < cases.Count)
        {
            var lines = RunChild(cases[done.Count..], out var output);
            var before = done.Count;
            done.AddRange(lines
                .Where(line => line[0] != "start")
                .Select(line => (line[1], Enum.Parse<BackendOutcome>(line[0]), line[2])));
            if (done.Count < cases.Count)
            {
                // A case began and did not end: the process ended with it.
                var last = lines.LastOrDefault();
                (last is ["start", ..] || done.Count > before).ShouldBeTrue(output);
                if (last is ["start", ..])
                {
                    var runtimes =
                        RunChild([cases[done.Count]], out _, plainOnly: true).LastOrDefault() is ["start", ..];
                    done.Add((
                        cases[done.Count],
                        runtimes ? BackendOutcome.NotRun : BackendOutcome.Crashed,
                        "the process ended in ONNX Runtime" + (runtimes ? ", also without capture" : "")));
                }
            }
        }

        return done;
    }

    private static List<string[]> RunChild(List<string> cases, out string output, bool plainOnly = false)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["list"], cases);
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(BackendSuiteTests).Assembly.Location);
        }

        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(BackendSuiteTests).FullName}.{nameof(Child)}");
        start.Environment[ListVariable] = folder["list"];
        start.Environment[ReportVariable] = folder["report"];
        start.Environment[BackendCase.PlainOnlyVariable] = plainOnly ? "1" : "";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return File.Exists(folder["report"])
            ? [.. File.ReadAllLines(folder["report"])
                .Select(line => line.Split('\t'))
                .Where(line => line[0] == "start" || line.Length == 3)]
            : [];
    }
}
