using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>A storage as a torch pickle names it: its bytes and the type that its class says.</summary>
/// <param name="Key">Its key in the file.</param>
/// <param name="ClassName">Such as <c>FloatStorage</c>.</param>
/// <param name="Type">The element type of the class; UInt8 for untyped storages.</param>
/// <param name="Data">The bytes; a legacy file gives them after its pickles.</param>
/// <param name="FirstElement">Where it starts in <paramref name="Data"/>: views of storages in old files.</param>
internal sealed record TorchStorage(
    string Key, string ClassName, ElementType Type, Func<TensorStorage> Data, long FirstElement = 0)
    : IPickledTensor
{
    /// <summary>One that was saved by itself, or for a tensor of a class that is not known.</summary>
    public void AddTo(CheckpointContent content, string name) =>
        content.AddUnreadable(name, "a storage without the tensor that it belongs to, so that its shape is not known.");
}
