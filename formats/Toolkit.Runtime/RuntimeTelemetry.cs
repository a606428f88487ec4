using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Toolkit.Runtime;

/// <summary>
/// Keeps ONNX Runtime from reporting to its makers. Since 1.29 its packages for Linux and macOS write a device
/// identifier to the home folder and send the names and hashes of models over the network, unless
/// <c>ORT_DISABLE_TELEMETRY=1</c> is set before the library is initialised.
/// </summary>
/// <remarks>
/// Source: Privacy.md in the package Microsoft.ML.OnnxRuntime 1.31.1. <c>DisableTelemetryEvents</c> comes too late: it
/// needs an initialised library.
/// </remarks>
internal static partial class RuntimeTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Runs before any code of this assembly, and nothing else loads ONNX Runtime.</summary>
    [ModuleInitializer]
    [SuppressMessage(
        "Usage", "CA2255", Justification = "No caller may come to ONNX Runtime on a way that leaves this out.")]
    internal static void Disable()
    {
        Environment.SetEnvironmentVariable(Variable, "1");

        // Outside Windows .NET changes its own copy of the environment only, and child processes'; the library reads
        // the process's.
        if (!OperatingSystem.IsWindows() && SetEnvironment(Variable, "1", overwrite: 1) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
