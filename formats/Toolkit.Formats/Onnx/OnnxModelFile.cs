using System.Globalization;
using Google.Protobuf;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx;

/// <summary>
/// Reads and writes ONNX model files. Tensors in external files stay there: see <see cref="OnnxTensor"/>.
/// </summary>
public static class OnnxModelFile
{
    /// <summary>The largest model a file can hold: a protobuf message ends at 2 GiB.</summary>
    public const long MaximumBytes = int.MaxValue;

    /// <summary>
    /// How deeply messages may nest; a graph within a graph takes three levels. ONNX Runtime has the same limit.
    /// </summary>
    private const int MaximumDepth = 100;

    /// <summary>Reads a model. External data is not touched.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The model; it has a graph.</returns>
    /// <exception cref="BadInputException">The file is missing, is no ONNX model, is truncated or damaged, or is over 2
    /// GiB.</exception>
    public static ModelProto Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new BadInputException(Directory.Exists(path)
                ? $"{path}: is a folder; an ONNX model file was expected."
                : $"{path}: there is no such file. Check the path.");
        }

        using var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        if (stream.Length > MaximumBytes)
        {
            throw new BadInputException(
                $"{path}: {stream.Length} bytes; an ONNX model file ends at 2 GiB. Keep its tensors in external data.");
        }

        using var coded = CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaximumDepth);
        try
        {
            return Parse(coded, path);
        }
        catch (BadInputException damaged) when (CheckpointFormatOf(path) is { } format)
        {
            throw new BadInputException(
                $"{path}: a checkpoint ({format}), not an ONNX model. `inspect weights` shows its tensors; `inspect "
                    + "import` makes a model of them.",
                damaged);
        }
    }

    /// <summary>Reads a model from memory.</summary>
    /// <param name="bytes">The file's bytes.</param>
    /// <param name="name">What messages call it: a path.</param>
    /// <returns>The model; it has a graph.</returns>
    /// <exception cref="BadInputException">The bytes are no ONNX model, truncated or damaged.</exception>
    public static ModelProto Parse(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        using var stream = new MemoryStream(bytes, writable: false);
        using var coded = CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaximumDepth);
        return Parse(coded, name);
    }

    /// <summary>Writes a model: whole or not at all.</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="path">The final path.</param>
    /// <param name="externalFromBytes">
    /// Raw data of at least this many bytes goes to <c>&lt;file&gt;.data</c> beside the model. Null: nothing does,
    /// unless the model is too large for one file; then everything from 1,024 bytes on.
    /// </param>
    /// <exception cref="BadInputException">Even without its raw data the model is over 2 GiB.</exception>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written to.</exception>
    public static void Save(ModelProto model, string path, long? externalFromBytes = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var threshold = externalFromBytes ?? (RawBytes(model) > MaximumBytes - (64 << 20) ? 1024 : null);
        var written = threshold is { } bytes ? ExternalDataWriter.MoveOut(model, path, bytes) : model;
        AtomicFile.Write(path, stream => written.WriteTo(stream));
    }

    /// <summary>The bytes of a model, as a file would hold them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">What messages call it: a path.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="BadInputException">The model is over 2 GiB.</exception>
    public static byte[] ToBytes(ModelProto model, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        return RawBytes(model) > MaximumBytes - (64 << 20)
            ? throw new BadInputException($"{name}: over 2 GiB in one piece. Keep its tensors in external data.")
            : model.ToByteArray();
    }

    /// <summary>The text under a key of the model's metadata.</summary>
    /// <param name="model">The model.</param>
    /// <param name="key">The key.</param>
    /// <returns>The first entry's text, or null where there is none.</returns>
    public static string? Metadata(ModelProto model, string key)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.MetadataProps.FirstOrDefault(entry => entry.Key == key)?.Value;
    }

    /// <summary>What the weights alone were given as, in place of a model; null where the file is neither.</summary>
    private static string? CheckpointFormatOf(string path)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            return checkpoint.Format == "ONNX" ? null : checkpoint.Format;
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static ModelProto Parse(CodedInputStream coded, string name)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(coded);
        }
        catch (InvalidProtocolBufferException damaged)
        {
            throw new BadInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}: not an ONNX model, or truncated or damaged ({damaged.Message}) Get the file again."),
                damaged);
        }

        return model.Graph is null
            ? throw new BadInputException($"{name}: holds no graph; an ONNX model was expected.")
            : model;
    }

    private static long RawBytes(ModelProto model) =>
        OnnxTensors.All(model).Sum(static tensor => (long)tensor.RawData.Length);
}
