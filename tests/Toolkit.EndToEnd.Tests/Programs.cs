using System.Diagnostics;

namespace Toolkit.EndToEnd.Tests;

/// <summary>Starts the real programs as a user would, in processes of their own.</summary>
internal static class Programs
{
    public static Task<ProgramResult> RunAsync(string program, params string[] arguments) =>
        RunAsync(new Dictionary<string, string?>(), program, arguments);

    /// <param name="environment">Variables to set, or to take away where the value is null.</param>
    public static async Task<ProgramResult> RunAsync(
        IReadOnlyDictionary<string, string?> environment, string program, params string[] arguments)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("dotnet", [PathOf(program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
        {
            process.StartInfo.Environment[name] = value;
        }

        process.Start();
        process.StandardInput.Close();
        var cancellation = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>Makes with the real programs what a test needs: their error is the test's where one fails.</summary>
    public static async Task MakeAsync(string program, params string[] arguments)
    {
        var result = await RunAsync(program, arguments);
        result.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {result.Error}");
    }

    /// <summary>The program that was built together with these tests.</summary>
    public static string PathOf(string program)
    {
        var built = AppContext.BaseDirectory[(AppContext.BaseDirectory.LastIndexOf("/bin/", StringComparison.Ordinal)
            + 1)..];
        var room = program == "train" ? "train/Toolkit.Train" : "inspect/Toolkit.Inspect";
        return Path.Combine(SharedData.RepositoryRoot, room, built, $"{program}.dll");
    }
}
