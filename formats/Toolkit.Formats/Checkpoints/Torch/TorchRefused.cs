using Toolkit.Formats.Checkpoints.Pickle;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>A tensor that is there but holds nothing that can be read.</summary>
internal sealed record TorchRefused(string Reason) : IPickledTensor
{
    public void AddTo(CheckpointContent content, string name) => content.AddUnreadable(name, Reason);
}
