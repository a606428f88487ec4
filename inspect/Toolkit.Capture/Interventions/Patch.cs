using Toolkit.Capture.Inputs;
using Toolkit.Capture.Streaming;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Interventions;

/// <summary>
/// Values that take the place of another for every sample, and how a batch of them is given to the graph.
/// </summary>
/// <param name="Array">[samples, …], the other axes in any order.</param>
/// <param name="Type">The value's type, which the array fits.</param>
/// <param name="Order">For each axis of the value, the axis of what is read for a batch; null where they are the
/// same.</param>
/// <param name="IsWhole">True where one sample is all of the value, which has no axis for samples.</param>
internal sealed record Patch(ArraySource Array, ElementType Type, int[]? Order, bool IsWhole = false)
{
    /// <summary>The replacement for some samples, in the value's own order of axes.</summary>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many; one where <see cref="IsWhole"/>.</param>
    public HostTensor Read(long firstSample, int samples)
    {
        var part = Array.Read(0, firstSample, samples, Type);
        return Ordered(IsWhole ? part.WithoutFirstAxis() : part, Order);
    }

    /// <summary>A tensor in another order of axes.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="order">For each axis of the result, the axis of the tensor; null to leave it.</param>
    public static HostTensor Ordered(HostTensor tensor, int[]? order)
    {
        if (order is null || StoredOrder.IsIdentity(order))
        {
            return tensor;
        }

        var bytes = new byte[tensor.Bytes.Length];
        StoredOrder.Permute(tensor.Bytes.Span, tensor.Shape.Dimensions, order, tensor.Type.SizeBits() / 8, bytes);
        return new HostTensor(
            tensor.Type, new TensorShape([.. order.Select(axis => tensor.Shape[axis])]), bytes);
    }

    /// <summary>Brings samples that come first to where an input counts them.</summary>
    /// <param name="samplesFirst">[samples, …], the other axes in the input's order.</param>
    /// <param name="axis">The input's axis of samples.</param>
    public static HostTensor Along(HostTensor samplesFirst, int axis) =>
        Ordered(samplesFirst, Undo(StoredOrder.Axes(samplesFirst.Shape.Rank, axis, null)));

    /// <summary>The order that undoes one of <see cref="StoredOrder.Axes"/>.</summary>
    /// <param name="axes">For each stored axis, the axis of the value.</param>
    public static int[] Undo(int[] axes) =>
        [.. Enumerable.Range(0, axes.Length).Select(axis => System.Array.IndexOf(axes, axis))];
}
