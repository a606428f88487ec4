using System.Runtime.InteropServices;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>Brings elements into the order [samples, positions, features] and into the stored type.</summary>
internal static class StoredOrder
{
    /// <summary>The order of axes in a run: samples first, features last, the others between as they are.</summary>
    /// <param name="rank">Axes of the value.</param>
    /// <param name="batchAxis">The axis of samples; null where there is none.</param>
    /// <param name="featureAxis">The axis of features; null where there is none.</param>
    /// <returns>For each stored axis, the axis of the value.</returns>
    public static int[] Axes(int rank, int? batchAxis, int? featureAxis)
    {
        var between = Enumerable.Range(0, rank).Where(axis => axis != batchAxis && axis != featureAxis);
        return [.. batchAxis is { } b ? new[] { b } : [], .. between, .. featureAxis is { } f && f != batchAxis
            ? new[] { f }
            : []];
    }

    /// <summary>Whether an order of axes leaves everything where it is.</summary>
    public static bool IsIdentity(ReadOnlySpan<int> axes)
    {
        for (var i = 0; i < axes.Length; i++)
        {
            if (axes[i] != i)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Copies elements into another order of axes.</summary>
    /// <param name="source">The elements, row-major.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="axes">The order, from <see cref="Axes"/>.</param>
    /// <param name="size">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="target">Takes as many bytes.</param>
    public static void Permute(
        ReadOnlySpan<byte> source, ReadOnlySpan<long> shape, ReadOnlySpan<int> axes, int size, Span<byte> target)
    {
        switch (size)
        {
            case 1:
                Permute(source, shape, axes, target);
                break;
            case 2:
                Permute(MemoryMarshal.Cast<byte, short>(source), shape, axes, MemoryMarshal.Cast<byte, short>(target));
                break;
            case 4:
                Permute(MemoryMarshal.Cast<byte, int>(source), shape, axes, MemoryMarshal.Cast<byte, int>(target));
                break;
            default:
                Permute(MemoryMarshal.Cast<byte, long>(source), shape, axes, MemoryMarshal.Cast<byte, long>(target));
                break;
        }
    }

    /// <summary>Converts elements to the stored type.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="type">Their type.</param>
    /// <param name="target">Takes the stored elements.</param>
    public static void Convert(ReadOnlySpan<byte> source, ElementType type, Span<byte> target)
    {
        switch (type)
        {
            case ElementType.Float16:
                System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(
                    MemoryMarshal.Cast<byte, Half>(source), MemoryMarshal.Cast<byte, float>(target));
                break;
            case ElementType.BFloat16:
                Widen<ushort, uint>(source, target, value => (uint)value << 16);
                break;
            case ElementType.Int32:
                Widen<int, long>(source, target, value => value);
                break;
            case ElementType.Int16:
                Widen<short, long>(source, target, value => value);
                break;
            case ElementType.Int8:
                Widen<sbyte, long>(source, target, value => value);
                break;
            case ElementType.UInt32:
                Widen<uint, long>(source, target, value => value);
                break;
            case ElementType.UInt16:
                Widen<ushort, long>(source, target, value => value);
                break;
            case ElementType.UInt8:
                Widen<byte, long>(source, target, value => value);
                break;
            default:
                source.CopyTo(target);
                break;
        }
    }

    /// <summary>Whether elements of a type are stored as they are.</summary>
    public static bool IsSame(ElementType type) => StoredTypes.Of(type)?.Element() == type;

    /// <summary>The elements of a tensor in the stored type, in their own order.</summary>
    /// <param name="value">A tensor of numbers.</param>
    /// <param name="stored">The stored type.</param>
    /// <returns>The tensor's own bytes where it has that type.</returns>
    public static ReadOnlySpan<byte> Stored(NativeValue value, StoredType stored)
    {
        if (IsSame(value.Type))
        {
            return value.Bytes;
        }

        var bytes = new byte[value.Shape.Count * stored.SizeBytes()];
        Convert(value.Bytes, value.Type, bytes);
        return bytes;
    }

    private static void Widen<TFrom, TTo>(ReadOnlySpan<byte> source, Span<byte> target, Func<TFrom, TTo> widen)
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        var from = MemoryMarshal.Cast<byte, TFrom>(source);
        var to = MemoryMarshal.Cast<byte, TTo>(target);
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = widen(from[i]);
        }
    }

    private static void Permute<T>(
        ReadOnlySpan<T> source, ReadOnlySpan<long> shape, ReadOnlySpan<int> axes, Span<T> target)
        where T : unmanaged
    {
        if (source.IsEmpty)
        {
            return;
        }

        Span<long> extents = stackalloc long[shape.Length];
        Span<long> steps = stackalloc long[shape.Length];
        var rank = Merge(shape, axes, extents, steps);

        // Images turn two axes over: rows are then read as columns, which takes tiles to stay in the nearest cache.
        var turns = rank > 1 && steps[rank - 2] == 1;
        var (rows, count, step) = (turns ? extents[rank - 2] : 1, extents[rank - 1], steps[rank - 1]);
        var inner = rank - (turns ? 3 : 2);
        Span<long> index = stackalloc long[rank];
        var offset = 0L;
        for (var at = 0L; at < target.Length; at += rows * count)
        {
            var from = source[(int)offset..];
            var to = target.Slice((int)at, (int)(rows * count));
            if (step == 1)
            {
                from[..to.Length].CopyTo(to);
            }
            else
            {
                MatrixTransposition.Copy(from, (int)rows, (int)count, (int)step, to, (int)count);
            }

            // The outer axes count like an odometer.
            for (var axis = inner; axis >= 0; axis--)
            {
                offset += steps[axis];
                if (++index[axis] < extents[axis])
                {
                    break;
                }

                offset -= extents[axis] * steps[axis];
                index[axis] = 0;
            }
        }
    }

    /// <summary>The axes in their new order, those that stay together as one.</summary>
    /// <returns>How many there are, at least 1.</returns>
    private static int Merge(ReadOnlySpan<long> shape, ReadOnlySpan<int> axes, Span<long> extents, Span<long> steps)
    {
        Span<long> strides = stackalloc long[shape.Length];
        var stride = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        var rank = 0;
        foreach (var axis in axes)
        {
            if (rank > 0 && steps[rank - 1] == shape[axis] * strides[axis])
            {
                extents[rank - 1] *= shape[axis];
                steps[rank - 1] = strides[axis];
            }
            else
            {
                (extents[rank], steps[rank]) = (shape[axis], strides[axis]);
                rank++;
            }
        }

        return rank;
    }
}
