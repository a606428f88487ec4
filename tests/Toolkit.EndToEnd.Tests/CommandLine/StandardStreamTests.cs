using System.Diagnostics;

namespace Toolkit.EndToEnd.Tests.CommandLine;

/// <summary>Output that nobody wants, or nobody wants any more, is no failure; a full disk is.</summary>
public sealed class StandardStreamTests
{
    [Theory]
    [InlineData("group-table S5 --characters >&-", 0, "")]
    [InlineData("group-table S5 --characters --json >&-", 0, "")]
    [InlineData("--help >&-", 0, "")]
    [InlineData("group-table S5 --characters >/dev/full", 3, "error: the disk is full")]
    [InlineData("group-table S5 --characters | head -1", 0, "")]
    [InlineData("weights nowhere.onnx 2>&-", 2, "")]
    [InlineData("weights nowhere.onnx >&-", 2, "error: nowhere.onnx")]
    public async Task A_closed_stream_alone_leaves_the_exit_code_as_it_is(string command, int exitCode, string error)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Closes streams as a POSIX shell does, and writes to /dev/full.");
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(
            "bash", ["-c", $"set -o pipefail; dotnet '{Programs.PathOf("inspect")}' {command}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        process.Start();
        var cancellation = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var said = await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        await output;

        process.ExitCode.ShouldBe(exitCode, said);
        said.ShouldStartWith(error);
        said.Split('\n').Length.ShouldBeLessThanOrEqualTo(2);
    }
}
