using System.Runtime.InteropServices;

namespace Toolkit.CommandLine;

/// <summary>
/// The process's standard output and error. One that the caller closed (<c>&gt;&amp;-</c>) is wanted by nobody: it
/// takes everything and keeps nothing.
/// </summary>
internal static partial class StandardStreams
{
    /// <summary>EBADF: not open, or not for writing.</summary>
    private const int BadDescriptor = 9;

    /// <summary>Standard output.</summary>
    public static TextWriter Output()
    {
        if (IsClosed(1))
        {
            Console.SetOut(TextWriter.Null);
        }

        return Console.Out;
    }

    /// <summary>Standard error.</summary>
    public static TextWriter Error()
    {
        if (IsClosed(2))
        {
            Console.SetError(TextWriter.Null);
        }

        return Console.Error;
    }

    // The runtime opens files of its own before us, and one of them may have taken the number: not for writing.
    private static bool IsClosed(int descriptor) => !OperatingSystem.IsWindows()
        && Write(descriptor, 0, 0) < 0 && Marshal.GetLastPInvokeError() == BadDescriptor;

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int descriptor, nint bytes, nint count);
}
