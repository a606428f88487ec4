using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Checkpoints.Conversion;

/// <summary>
/// Writes the tensors of a checkpoint in another format: every bit as it was, or an error that names the tensor.
/// </summary>
public static class CheckpointConverter
{
    /// <summary>Converts.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="path">The file; its extension says the format: .safetensors, .npz, .npy, .parquet.</param>
    /// <param name="starting">Told each tensor before its elements are written; null for nobody.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left then.</param>
    /// <exception cref="BadInputException">The extension is not known, a tensor cannot be read, or the format lacks an
    /// element type.</exception>
    public static void Convert(
        Checkpoint checkpoint,
        string path,
        Action<CheckpointTensor>? starting = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!checkpoint.Unreadable.IsEmpty)
        {
            var first = checkpoint.Unreadable[0];
            throw new BadInputException($"{checkpoint.Name}: '{first.Name}' cannot be converted: {first.Reason}");
        }

        var tensors = checkpoint.Tensors.Select(tensor => TensorToWrite.From(checkpoint, tensor) with
        {
            WriteBytes = stream =>
            {
                Start(tensor);
                checkpoint.CopyTo(tensor, stream);
            },
        }).ToList();
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".safetensors":
                SafetensorsWriter.Write(path, tensors, Metadata(checkpoint));
                break;
            case ".npz":
                NpzWriter.Write(path, tensors);
                break;
            case ".npy" when checkpoint.Tensors.Length == 1:
                NpyWriter.Write(path, checkpoint.Read(checkpoint.Tensors[0]));
                break;
            case ".npy":
                throw new BadInputException(
                    $"{checkpoint.Name} has {checkpoint.Tensors.Length} tensors; a .npy file holds one. Convert "
                        + "to .npz.");
            case ".parquet":
                ParquetTable.WriteParts(path, TensorTable.Of(checkpoint, Start));
                break;
            case var other:
                throw new BadInputException(
                    $"{path}: '{other}' is not a format that can be written. Known: .safetensors, .npz, .npy, .parquet.");
        }

        void Start(CheckpointTensor tensor)
        {
            cancellation.ThrowIfCancellationRequested();
            starting?.Invoke(tensor);
        }
    }

    /// <summary>
    /// What the file said of itself, and where it came from. Loaders such as transformers refuse a file without
    /// <c>format</c>, the framework of its tensors.
    /// </summary>
    private static Dictionary<string, string> Metadata(Checkpoint checkpoint)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        if (checkpoint.Format.StartsWith("safetensors", StringComparison.Ordinal))
        {
            metadata = new(checkpoint.Metadata, StringComparer.Ordinal);
        }
        else if (checkpoint.Format.Contains("Torch", StringComparison.Ordinal))
        {
            metadata["format"] = "pt";
        }

        metadata["source"] = checkpoint.Name;
        metadata["source_format"] = checkpoint.Format;
        return metadata;
    }
}
