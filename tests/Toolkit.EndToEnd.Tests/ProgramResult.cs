namespace Toolkit.EndToEnd.Tests;

internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    public ProgramResult ShouldSucceed()
    {
        ExitCode.ShouldBe(0, $"{Error}\n{Output}");
        return this;
    }

    /// <summary>
    /// A failure is one clear message: the right exit code, nothing on standard output, no trace of the code.
    /// </summary>
    public ProgramResult ShouldFailClearly(int exitCode)
    {
        ExitCode.ShouldBe(exitCode, $"{Error}\n{Output}");
        Error.ShouldContain("error: ");
        Error.ShouldNotContain("   at ");
        Error.ShouldNotContain("Unhandled");
        Error.ShouldNotContain("TOOLKIT_TRACE");
        return this;
    }
}
