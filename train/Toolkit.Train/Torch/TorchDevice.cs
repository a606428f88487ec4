using System.Globalization;
using Toolkit.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Torch;

/// <summary>Devices by name.</summary>
internal static class TorchDevice
{
    /// <summary>Finds a device.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>, or <c>auto</c>: CUDA where there is one.</param>
    /// <exception cref="BadInputException">The name is unknown, or this build or machine has no CUDA.</exception>
    public static Device Resolve(string name)
    {
        var parts = name.ToLowerInvariant().Split(':');
        switch (parts)
        {
            case ["cpu"]:
                return CPU;
            case ["auto"]:
                return cuda.is_available() ? CUDA : CPU;
            case ["cuda"] or ["cuda", _]:
                var index = 0;
                if (parts.Length == 2
                    && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index))
                {
                    break;
                }

                return cuda.is_available() && index < cuda.device_count()
                    ? new Device(DeviceType.CUDA, index)
                    : throw new BadInputException(
                        $"Device '{name}': Torch finds no such CUDA device. Build with -p:Accelerator=cuda on a "
                            + "machine that has one, or use --device cpu.");
        }

        throw new BadInputException($"Device '{name}' is unknown; cpu, cuda, cuda:N or auto were expected.");
    }
}
