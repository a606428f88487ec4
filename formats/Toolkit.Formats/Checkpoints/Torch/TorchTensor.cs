using System.Collections.Immutable;
using Toolkit.Formats.Checkpoints.Pickle;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Torch;

/// <summary>A dense view of a storage.</summary>
internal sealed record TorchTensor(
    TorchStorage Storage,
    ElementType Type,
    string Dtype,
    long Offset,
    ImmutableArray<long> Shape,
    ImmutableArray<long> Strides) : IPickledTensor
{
    public ImmutableArray<string> Notes { get; init; } = [];

    public TensorSigns Signs { get; init; }

    public void AddTo(CheckpointContent content, string name)
    {
        if (Type == ElementType.Undefined)
        {
            content.AddUnreadable(name, $"the torch type '{Dtype}' has no counterpart here.");
            return;
        }

        if (Offset < 0 || Offset > long.MaxValue - Storage.FirstElement)
        {
            throw new BadInputException($"'{name}' has the impossible offset {Offset}: the file is damaged.");
        }

        if (!Signs.IsPlain && !ElementBytes.HasSigns(Type))
        {
            content.AddUnreadable(
                name, $"it is marked as a negative or conjugate view, which {Type.DisplayName()} has no sign for.");
            return;
        }

        var data = Storage.Data();
        content.Add(new CheckpointTensor(
            name, Type, CheckedShape.Create(name, Shape.AsSpan()), data, Offset + Storage.FirstElement, Strides)
        {
            SourceType = $"torch.{Dtype}",
            Signs = Signs,
            Notes =
            [
                .. Notes,
                .. data.IsBigEndian && Type.SizeBits() > 8 ? ["big-endian to little-endian"] : (string[])[],
                .. Signs.Describe(),
            ],
        });
    }
}
