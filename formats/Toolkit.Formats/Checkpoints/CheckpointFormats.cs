using Toolkit.Formats.Checkpoints.Hdf5;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Onnx;
using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Torch;
using Toolkit.Formats.Checkpoints.TorchSharp;

namespace Toolkit.Formats.Checkpoints;

/// <summary>All formats, in the order in which they are asked; the surest signatures come first.</summary>
internal static class CheckpointFormats
{
    private static readonly ICheckpointFormat[] All =
    [
        new TorchZipFormat(),
        new Hdf5Format(),
        new TorchLegacyFormat(),
        new NpzFormat(),
        new NpyFormat(),
        new SafetensorsFormat(),
        new PickleFormat(withoutMark: false),
        new TorchTarFormat(),
        new OnnxFormat(),
        new ShardedSafetensorsFormat(),
        new TorchSharpFormat(),
        new PickleFormat(withoutMark: true),
    ];

    public static ICheckpointFormat Recognise(ByteSource source)
    {
        if (source.Length == 0)
        {
            throw new BadInputException($"{source.Name}: the file is empty.");
        }

        foreach (var format in All)
        {
            if (format.Recognises(source))
            {
                return format;
            }
        }

        Span<byte> first = stackalloc byte[(int)Math.Min(8, source.Length)];
        source.Read(0, first);
        throw new BadInputException(
            $"{source.Name}: not a known checkpoint format (it starts with {Convert.ToHexStringLower(first)}). Known: PyTorch (zip, legacy, tar, "
            + "TorchScript), safetensors, npy, npz, TorchSharp .dat, HDF5, ONNX, plain pickles.");
    }
}
