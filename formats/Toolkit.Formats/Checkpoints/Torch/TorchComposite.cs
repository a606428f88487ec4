using Toolkit.Formats.Checkpoints.Pickle;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>A sparse or quantised tensor: its parts become tensors of their own, named by what they are.</summary>
/// <param name="Kind">Such as <c>sparse_coo</c>, for the notes.</param>
/// <param name="Parts">Suffix and value of each part.</param>
internal sealed record TorchComposite(string Kind, IReadOnlyList<(string Suffix, object? Value)> Parts) : IPickledTensor
{
    public void AddTo(CheckpointContent content, string name)
    {
        foreach (var (suffix, value) in Parts)
        {
            if (value is TorchTensor tensor)
            {
                (tensor with { Notes = [.. tensor.Notes, $"part of {Kind}"] }).AddTo(content, $"{name}.{suffix}");
            }
            else if (value is IPickledTensor other)
            {
                other.AddTo(content, $"{name}.{suffix}");
            }
        }
    }
}
