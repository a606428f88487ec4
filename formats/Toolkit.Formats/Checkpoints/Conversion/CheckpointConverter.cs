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
    /// <param name="isWanted">Which tensors, by name; null for all.</param>
    /// <param name="starting">Told each tensor before its elements are written; null for nobody.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left then.</param>
    /// <returns>How many tensors were written.</returns>
    /// <exception cref="BadInputException">The extension is not known, there are no tensors, a tensor cannot be read,
    /// or the format lacks an element type.</exception>
    public static int Convert(
        Checkpoint checkpoint,
        string path,
        Func<string, bool>? isWanted = null,
        Action<CheckpointTensor>? starting = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        isWanted ??= static _ => true;
        if (checkpoint.Unreadable.FirstOrDefault(tensor => isWanted(tensor.Name)) is { } unreadable)
        {
            throw new BadInputException(
                $"{checkpoint.Name}: {HostileText.Quote(unreadable.Name)} cannot be converted: {unreadable.Reason} To "
                    + "leave it out, name the tensors to take with --tensors.");
        }

        var wanted = checkpoint.Tensors.Where(tensor => isWanted(tensor.Name)).ToList();
        if (wanted.Count == 0)
        {
            throw new BadInputException($"{checkpoint.Name}: there are no tensors in it to convert.");
        }

        var tensors = wanted.Select(tensor => TensorToWrite.From(checkpoint, tensor) with
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
            case ".npy" when wanted.Count == 1:
                NpyWriter.Write(path, checkpoint.Read(wanted[0]));
                break;
            case ".npy":
                throw new BadInputException(
                    $"{checkpoint.Name} has {wanted.Count} tensors; a .npy file holds one. Convert to .npz, "
                        + "or name one with --tensors.");
            case ".parquet":
                ParquetTable.WriteParts(path, TensorTable.Of(checkpoint, wanted, Start));
                break;
            case var other:
                throw new BadInputException(
                    $"{path}: '{other}' is not a format that can be written. Known: .safetensors, .npz, .npy, .parquet.");
        }

        return wanted.Count;

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
