using System.Collections.Immutable;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints;

/// <summary>One tensor as a checkpoint's tables describe it; its elements are still in the file. Immutable.</summary>
public sealed class CheckpointTensor
{
    internal CheckpointTensor(
        string name,
        ElementType type,
        TensorShape shape,
        TensorStorage storage,
        long offset = 0,
        ImmutableArray<long> strides = default)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Storage = storage;
        Offset = offset;
        Strides = strides.IsDefault ? StridedLayout.RowMajor(shape) : strides;
        SourceType = type.DisplayName();
    }

    /// <summary>
    /// The name: the keys from the root of the checkpoint to the tensor, joined by dots. Unique in its checkpoint.
    /// </summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public ElementType Type { get; }

    /// <summary>The shape.</summary>
    public TensorShape Shape { get; }

    /// <summary>The first element, counted in elements from the start of the storage.</summary>
    public long Offset { get; }

    /// <summary>
    /// Steps from one element to the next in each dimension, in elements; 0 repeats, row-major strides are contiguous.
    /// </summary>
    public ImmutableArray<long> Strides { get; }

    /// <summary>Which storage holds the elements; tensors with the same name of storage are tied or overlap.</summary>
    public string StorageName => Storage.Name;

    /// <summary>Bytes of the whole storage, which may be more than this tensor's.</summary>
    public long StorageBytes => Storage.SizeBytes;

    /// <summary>Bytes of the elements once they are dense.</summary>
    public long SizeBytes => Type.SizeBytes(Shape.Count);

    /// <summary>
    /// The element type in the file's own words: <c>torch.FloatStorage</c>, <c>&lt;f4</c>, <c>BF16</c>.
    /// </summary>
    public string SourceType { get; init; }

    /// <summary>True where the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous => StridedLayout.IsContiguous(Shape, Strides);

    /// <summary>
    /// What reading does to the stored form, in order: <c>part of sparse_coo</c>, <c>big-endian to little-endian</c>;
    /// empty for most.
    /// </summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    internal TensorStorage Storage { get; }

    internal TensorSigns Signs { get; init; }

    /// <summary>Some positions of one axis.</summary>
    internal CheckpointTensor Part(int axis, long first, long count)
    {
        var extents = Shape.Dimensions.ToArray();
        extents[axis] = count;
        return View([.. extents], Offset + (first * Strides[axis]), Strides);
    }

    /// <summary>The same elements without an axis of extent 1.</summary>
    internal CheckpointTensor WithoutAxis(int axis) =>
        View([.. Shape.Dimensions[..axis], .. Shape.Dimensions[(axis + 1)..]], Offset, Strides.RemoveAt(axis));

    /// <summary>The same elements with the axes in another order.</summary>
    internal CheckpointTensor WithAxes(IReadOnlyList<int> order) =>
        View([.. order.Select(axis => Shape[axis])], Offset, [.. order.Select(axis => Strides[axis])]);

    /// <summary>
    /// Says whether another tensor is this one: the same elements of the same storage, in the same order.
    /// </summary>
    internal bool IsTiedTo(CheckpointTensor other) =>
        StorageName == other.StorageName && Offset == other.Offset
            && Shape == other.Shape && Strides.AsSpan().SequenceEqual(other.Strides.AsSpan()) && Signs == other.Signs;

    private CheckpointTensor View(long[] extents, long offset, ImmutableArray<long> strides) =>
        new(Name, Type, new TensorShape(extents), Storage, offset, strides)
        {
            SourceType = SourceType,
            Notes = Notes,
            Signs = Signs,
        };

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Type.DisplayName()} {Shape}";
}
