using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Toolkit.Formats;

namespace Toolkit.Runtime;

/// <summary>Devices by name.</summary>
public static class InferenceDevice
{
    private const string CudaProvider = "CUDAExecutionProvider";

    /// <summary>True where this build of ONNX Runtime has the CUDA provider; a driver may still be missing.</summary>
    public static bool HasCuda =>
        OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider, StringComparer.Ordinal);

    /// <summary>What <c>auto</c> means here, or the name itself.</summary>
    /// <param name="device">cpu, cuda, cuda:N or auto.</param>
    /// <returns>The device's own name.</returns>
    public static string Resolve(string device) =>
        !string.Equals(device, "auto", StringComparison.OrdinalIgnoreCase) ? device : HasCuda ? "cuda" : "cpu";

    /// <summary>Sets the provider of a device.</summary>
    /// <exception cref="BadInputException">The name is unknown, or the device is not to be had.</exception>
    internal static void Append(SessionOptions session, string device)
    {
        var name = Resolve(device).ToLowerInvariant();
        if (name == "cpu")
        {
            return;
        }

        var parts = name.Split(':');
        var index = 0;
        if (parts[0] != "cuda" || parts.Length > 2
            || (parts.Length == 2
                && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)))
        {
            throw new BadInputException($"Device '{device}' is unknown; cpu, cuda, cuda:N or auto were expected.");
        }

        if (!HasCuda)
        {
            throw new BadInputException(
                $"Device '{device}': this build has no CUDA provider. Build with -p:Accelerator=cuda, or use "
                    + "--device cpu.");
        }

        try
        {
            session.AppendExecutionProvider_CUDA(index);
        }
        catch (OnnxRuntimeException failure)
        {
            throw new BadInputException(
                $"Device '{device}' cannot be used: {failure.Message.Trim()} Use --device cpu.", failure);
        }
    }
}
