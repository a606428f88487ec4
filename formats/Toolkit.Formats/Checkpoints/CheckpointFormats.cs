using Toolkit.Formats.Checkpoints.Hdf5;
using Toolkit.Formats.Checkpoints.Keras;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Onnx;
using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sharded;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Checkpoints.Torch;
using Toolkit.Formats.Checkpoints.TorchSharp;
using Toolkit.Formats.Checkpoints.Zip;

namespace Toolkit.Formats.Checkpoints;

/// <summary>All formats, in the order in which they are asked; the surest signatures come first.</summary>
internal static class CheckpointFormats
{
    private static readonly ICheckpointFormat[] All =
    [
        new TorchZipFormat(),
        new Hdf5Format(),
        new TorchLegacyFormat(),
        new KerasFormat(),
        new NpzFormat(),
        new NpyFormat(),
        new SafetensorsFormat(),
        new PickleFormat(withoutMark: false),
        new TorchTarFormat(),
        new OnnxFormat(),
        new ShardedFormat(),
        new TorchSharpFormat(),
        new PickleFormat(withoutMark: true),
    ];

    /// <summary>
    /// Reads the tables of a file, in whatever format its content shows; what is not data goes into the log.
    /// </summary>
    /// <exception cref="BadInputException">No format is recognised, or the file breaks a rule of its format or of the
    /// limits.</exception>
    public static CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        var format = Recognise(source);
        if (format is not (PickleFormat or TorchLegacyFormat) && PickleProbe.ScanWhole(source, limits, scan))
        {
            scan.Add(
                "(a pickle as well)",
                source.Name,
                0,
                ScanVerdict.Unknown,
                "The same bytes are a pickle from the first on: programs that go by the extension would unpickle them.");
        }

        return format.Read(source, limits, scan);
    }

    /// <summary>Looks for code in what <see cref="Read"/> refused, as far as its parts can be told apart.</summary>
    public static void ScanRefused(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        if (ZipReader.Recognises(source))
        {
            PickleProbe.ScanRefused(source, limits, scan);
        }
    }

    private static ICheckpointFormat Recognise(ByteSource source)
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

        Span<byte> first = stackalloc byte[(int)Math.Min(64, source.Length)];
        source.Read(0, first);
        throw new BadInputException(ForeignFiles.Advise(first) is { } advice
            ? $"{source.Name}: {advice}"
            : $"{source.Name}: not a known checkpoint format (it starts with "
                + $"{Convert.ToHexStringLower(first[..Math.Min(8, first.Length)])}). Known: PyTorch (zip, legacy, tar, "
            + "TorchScript), safetensors, index.json of shards, npy, npz, TorchSharp .dat, HDF5, Keras, ONNX, plain "
            + "pickles.");
    }
}
