using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Building;
using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime;

/// <summary>Devices by name.</summary>
public static class InferenceDevice
{
    private const string CudaProvider = "CUDAExecutionProvider";
    private const string CudaLibrary = "onnxruntime_providers_cuda";

    private static readonly ConcurrentDictionary<int, string?> Faults = [];

    /// <summary>True where this build of ONNX Runtime has the CUDA provider; a driver may still be missing.</summary>
    public static bool HasCuda =>
        OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider, StringComparer.Ordinal);

    /// <summary>Why a CUDA device cannot be used here, in ONNX Runtime's words or the loader's: found out once, by
    /// running nothing on it.</summary>
    /// <param name="index">The device's number.</param>
    /// <returns>The reason; null where it can be used.</returns>
    public static string? CudaFault(int index = 0) =>
        HasCuda ? Faults.GetOrAdd(index, FindFault) : "this build has no CUDA provider.";

    /// <summary>The device that a name means here; <c>auto</c> is CUDA where it can be used, else the CPU.</summary>
    /// <param name="device">cpu, cuda, cuda:N or auto.</param>
    /// <returns>cpu, cuda or cuda:N.</returns>
    /// <exception cref="BadInputException">The name is unknown, or the device is not to be had.</exception>
    public static string Resolve(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var name = device.ToLowerInvariant();
        if (name == "auto")
        {
            return CudaFault() is null ? "cuda" : "cpu";
        }

        if (name != "cpu" && CudaFault(Index(name)) is { } fault)
        {
            var remedy = HasCuda ? "Use --device cpu." : "Build with -p:Accelerator=cuda, or use --device cpu.";
            throw new BadInputException($"Device '{device}': {fault} {remedy}");
        }

        return name;
    }

    /// <summary>Sets the provider of a device.</summary>
    /// <param name="session">Where.</param>
    /// <param name="device">A name that <see cref="Resolve"/> gave.</param>
    internal static void Append(SessionOptions session, string device)
    {
        if (device != "cpu")
        {
            session.AppendExecutionProvider_CUDA(Index(device));
        }
    }

    private static int Index(string device)
    {
        var index = 0;
        return device.Split(':') is ["cuda", .. var number]
            && (number is [] || (number is [var digits]
                && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out index)))
            ? index
            : throw new BadInputException($"Device '{device}' is unknown; cpu, cuda, cuda:N or auto were expected.");
    }

    private static string? FindFault(int index)
    {
        // The runtime logs what it throws, with the place in its own source.
        OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            options.AppendExecutionProvider_CUDA(index);
            using var session = new InferenceSession(Identity(), options);
            return null;
        }
        catch (OnnxRuntimeException failure)
        {
            return MissingLibrary() ?? InferenceEngine.Reason(failure);
        }
    }

    /// <summary>The runtime says only that its provider does not load; the loader says which library that lacks, among
    /// the names under which it looked for the provider.</summary>
    private static string? MissingLibrary()
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load(CudaLibrary, typeof(OrtEnv).Assembly, null));
            return null;
        }
        catch (DllNotFoundException failure)
        {
            var missing = failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
                .FirstOrDefault(static line => !line.Contains(CudaLibrary, StringComparison.Ordinal));
            return missing is null ? null : $"the CUDA provider needs {missing}.";
        }
    }

    private static byte[] Identity()
    {
        var graph = new GraphBuilder("identity");
        var input = graph.Input("x", ElementType.Float32, 1);
        graph.Output(graph.Node("Identity", [input]), ElementType.Float32, 1);
        return OnnxModelFile.ToBytes(graph.Build("toolkit", "1"), "identity");
    }
}
