using System.Diagnostics;

namespace Toolkit.EndToEnd.Tests.Capture;

/// <summary>Captures by real processes: killed, divided, crashed.</summary>
public sealed class CaptureProcessTests
{
    private static readonly string[] Small = ["--inputs", "random:3:3000", "--batch", "1", "--segment", "100"];

    [Fact]
    public async Task A_capture_that_was_killed_at_any_moment_goes_on_to_the_same_bytes()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        (await Programs.RunAsync("inspect", ["capture", model, "--out", folder["whole"], .. Small])).ExitCode.ShouldBe(0);
        var random = new Random(1);
        var wasKilled = false;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            wasKilled |= await KillAsync(["capture", model, "--out", folder["run"], "--resume", .. Small], TimeSpan.FromMilliseconds(random.Next(600, 2500)));
        }

        var result = await Programs.RunAsync("inspect", ["capture", model, "--out", folder["run"], "--resume", .. Small]);
        result.ExitCode.ShouldBe(0, result.Error);
        wasKilled.ShouldBeTrue();
        Files(folder["run"]).ShouldBe(Files(folder["whole"]));
        (await Programs.RunAsync("inspect", "verify", folder["run"])).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Four_processes_write_one_run_without_talking()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        (await Programs.RunAsync("inspect", ["capture", model, "--out", folder["one"], .. Small])).ExitCode.ShouldBe(0);
        var shards = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            Programs.RunAsync("inspect", ["capture", model, "--out", folder["four"], "--shard", $"{i}/4", .. Small])));
        shards.ShouldAllBe(shard => shard.ExitCode == 0);
        (await Programs.RunAsync("inspect", "merge", folder["four"])).ExitCode.ShouldBe(0);
        (await Programs.RunAsync("inspect", "verify", folder["four"])).ExitCode.ShouldBe(0);
        var difference = await Programs.RunAsync("inspect", "diff", folder["one"], folder["four"]);
        difference.Output.ShouldContain("No value differs by more than 0e+00.");
        var one = await File.ReadAllBytesAsync(folder["one", "stats.parquet"], TestContext.Current.CancellationToken);
        (await File.ReadAllBytesAsync(folder["four", "stats.parquet"], TestContext.Current.CancellationToken)).ShouldBe(one);
    }

    [Fact]
    public async Task A_capture_over_its_limit_is_one_clear_error()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        var result = await Programs.RunAsync("inspect", ["capture", model, "--out", folder["run"], "--memory-limit", "40", .. Small]);
        result.ExitCode.ShouldBe(3);
        result.Error.ShouldContain("it took more than 40 MiB of memory (--memory-limit)");
    }

    private static SortedDictionary<string, string> Files(string run) => new(
        Directory.EnumerateFiles(run, "*.parquet", SearchOption.AllDirectories).ToDictionary(
            p => Path.GetRelativePath(run, p), p => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(p)))),
        StringComparer.Ordinal);

    /// <summary>Starts the program and kills it with its children after a while, unless it ends before.</summary>
    private static async Task<bool> KillAsync(string[] arguments, TimeSpan after)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("dotnet", [Programs.PathOf("inspect"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.Start();
        using var limit = new CancellationTokenSource(after);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return true;
        }
    }
}
