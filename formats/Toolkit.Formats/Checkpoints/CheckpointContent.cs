using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints;

/// <summary>
/// What the tables of a file say: tensors in the file's order, in a builder that keeps names unique and counts limited.
/// </summary>
internal sealed class CheckpointContent(string where, CheckpointLimits limits)
{
    private readonly Dictionary<string, int> _byName = [];

    /// <summary>In the file's order.</summary>
    public List<CheckpointTensor> Tensors { get; } = [];

    /// <summary>Tensors that the file names but that cannot be read, with the reason.</summary>
    public List<UnreadableTensor> Unreadable { get; } = [];

    /// <summary>Facts about the file: version, framework, the keys of its metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>
    /// Files beside the first one that hold storages, and storages that are being inflated; closed with the checkpoint.
    /// </summary>
    public List<IDisposable> Owned { get; } = [];

    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Adds a tensor after the checks that every format needs.</summary>
    public void Add(CheckpointTensor tensor)
    {
        CheckName(tensor.Name);
        if (tensor.Shape.Rank > limits.MaxRank)
        {
            throw new BadInputException(
                $"{where}: '{tensor.Name}' has {tensor.Shape.Rank} dimensions; at most {limits.MaxRank} are read.");
        }

        CheckRange(tensor);
        if (!_byName.TryAdd(tensor.Name, Tensors.Count))
        {
            throw new BadInputException($"{where}: the tensor name '{tensor.Name}' occurs twice.");
        }

        Tensors.Add(tensor);
        CheckCount();
    }

    /// <summary>Adds a tensor that is known by name only.</summary>
    public void AddUnreadable(string name, string reason)
    {
        CheckName(name);
        Unreadable.Add(new UnreadableTensor(name, reason));
        CheckCount();
    }

    private void CheckName(string name)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) > limits.MaxNameBytes)
        {
            throw new BadInputException(
                $"{where}: a tensor name is longer than {limits.MaxNameBytes} bytes: '{name[..40]}…'.");
        }
    }

    private void CheckCount()
    {
        if (Tensors.Count + Unreadable.Count > limits.MaxTensors)
        {
            throw new BadInputException(
                $"{where}: more than {limits.MaxTensors} tensors; the limit guards against damaged files.");
        }
    }

    private void CheckRange(CheckpointTensor tensor)
    {
        try
        {
            if (tensor.Offset < 0
                || tensor.Strides.Any(stride => stride < 0)
                || tensor.Strides.Length != tensor.Shape.Rank)
            {
                throw new BadInputException(
                    $"{where}: '{tensor.Name}' has offset {tensor.Offset} and strides "
                        + $"[{string.Join(", ", tensor.Strides)}] for {tensor.Shape}; "
                    + "one stride for each dimension is expected, none negative.");
            }

            // A negative dimension was refused when the shape was made; here is the end of the last element.
            var extent = StridedLayout.Extent(tensor.Shape, tensor.Strides);
            var needed = extent == 0 ? 0 : tensor.Type.SizeBytes(checked(tensor.Offset + extent));
            _ = tensor.SizeBytes;
            if (needed > tensor.Storage.SizeBytes)
            {
                throw new BadInputException(
                    $"{where}: '{tensor.Name}' {tensor.Type.DisplayName()} {tensor.Shape} reaches to byte {needed} "
                        + $"of its storage, which has {tensor.Storage.SizeBytes}: the file is damaged.");
            }
        }
        catch (OverflowException overflow)
        {
            throw new BadInputException(
                $"{where}: '{tensor.Name}' {tensor.Shape} has a size that no file can have.", overflow);
        }
    }
}
