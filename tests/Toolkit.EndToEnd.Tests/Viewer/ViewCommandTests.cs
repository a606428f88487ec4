using System.Diagnostics;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>
/// <c>inspect view</c> as a user starts it: the built program, from another folder, ended with Ctrl-C.
/// </summary>
public sealed class ViewCommandTests(Browser browser) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Program_prints_its_address_serves_the_page_and_ends_cleanly()
    {
        SomeRun.Untrained(_folder["run"]);
        using var process = Start("view", "run", "--port", "0");
        var address = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        address.ShouldNotBeNull().ShouldMatch(@"^http://127\.0\.0\.1:\d+/$");
        await using (var page = await browser.NewPage())
        {
            await page.Page.GotoAsync($"{address}tensor?run=run&tensor=hidden");
            await page.ChartsDrawn();
            page.Complaints.Where(complaint => !complaint.Contains("value-histogram")).ShouldBeEmpty();
            await page.Page.GotoAsync("about:blank");
        }

        // The most that this page, its charts and the server behind them may hold (the issue's limit for any run).
        process.Refresh();
        (process.WorkingSet64 / 1048576).ShouldBeLessThan(500);
        await Interrupt(process);
        process.ExitCode.ShouldBe(0);
        (await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldNotContain("error");
        Directory.EnumerateFileSystemEntries(_folder.FullPath).Select(Path.GetFileName).ShouldBe(["run"]);
    }

    [Fact]
    public async Task Port_that_is_taken_is_said_in_one_sentence()
    {
        SomeRun.Untrained(_folder["run"]);
        using var first = Start("view", "run", "--port", "0");
        var address = new Uri((await first.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
        var second = await Programs.RunAsync("inspect", "view", _folder["run"], "--port", $"{address.Port}");
        await Interrupt(first);
        second.ShouldFailClearly(exitCode: 2);
        second.Error.ShouldContain("--port");
    }

    [Fact]
    public async Task Host_makes_the_program_print_a_token()
    {
        SomeRun.Untrained(_folder["run"]);
        using var process = Start("view", "run", "--port", "0", "--host", "127.0.0.1");
        var address = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        await Interrupt(process);
        address.ShouldNotBeNull().ShouldMatch(@"^http://127\.0\.0\.1:\d+/\?token=[0-9a-f]{64}$");
    }

    private Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [Programs.PathOf("inspect"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullPath,
        })!;

    /// <summary>Ctrl+C; what a shell runs in the background ignores it, and is ended as a service is.</summary>
    private static async Task Interrupt(Process process)
    {
        foreach (var signal in (string[])["-INT", "-TERM"])
        {
            using var kill = Process.Start("kill", [signal, $"{process.Id}"]);
            try
            {
                await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20));
                return;
            }
            catch (TimeoutException) when (signal == "-INT")
            {
            }
        }
    }
}
