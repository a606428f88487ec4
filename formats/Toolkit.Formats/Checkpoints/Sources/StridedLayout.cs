using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Sources;

/// <summary>
/// Strides of tensors: the checks that keep a view inside its storage, and the copy that makes it row-major.
/// </summary>
internal static class StridedLayout
{
    /// <summary>The strides of a dense row-major tensor, in elements.</summary>
    public static ImmutableArray<long> RowMajor(TensorShape shape)
    {
        var strides = new long[shape.Rank];
        var step = 1L;
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            step *= Math.Max(shape[axis], 1);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(strides);
    }

    /// <summary>The strides of a dense column-major (Fortran) tensor, in elements.</summary>
    public static ImmutableArray<long> ColumnMajor(TensorShape shape)
    {
        var strides = new long[shape.Rank];
        var step = 1L;
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            strides[axis] = step;
            step *= Math.Max(shape[axis], 1);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(strides);
    }

    public static bool IsContiguous(TensorShape shape, ImmutableArray<long> strides)
    {
        if (shape.Count == 0)
        {
            return true;
        }

        var step = 1L;
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != step)
            {
                return false;
            }

            step *= shape[axis];
        }

        return true;
    }

    /// <summary>Elements from the first to the last that the view touches; 0 for a view without elements.</summary>
    /// <exception cref="OverflowException">The extent does not fit 63 bits.</exception>
    public static long Extent(TensorShape shape, ImmutableArray<long> strides)
    {
        if (shape.Count == 0)
        {
            return 0;
        }

        var last = 0L;
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            last = checked(last + checked((shape[axis] - 1) * strides[axis]));
        }

        return checked(last + 1);
    }

    /// <summary>Copies a view to row-major order.</summary>
    /// <param name="source">The storage from the view's first element on.</param>
    /// <param name="shape">The view's shape.</param>
    /// <param name="strides">Steps in elements.</param>
    /// <param name="elementBytes">1, 2, 4, 8 or 16.</param>
    /// <param name="destination">Takes all elements.</param>
    public static void Gather(
        ReadOnlySpan<byte> source,
        TensorShape shape,
        ImmutableArray<long> strides,
        int elementBytes,
        Span<byte> destination)
    {
        switch (elementBytes)
        {
            case 1:
                Gather(source, shape, strides, destination);
                break;
            case 2:
                Gather(MemoryMarshal.Cast<byte, ushort>(source), shape, strides, MemoryMarshal.Cast<byte, ushort>(
                    destination));
                break;
            case 4:
                Gather(MemoryMarshal.Cast<byte, uint>(source), shape, strides, MemoryMarshal.Cast<byte, uint>(
                    destination));
                break;
            case 8:
                Gather(MemoryMarshal.Cast<byte, ulong>(source), shape, strides, MemoryMarshal.Cast<byte, ulong>(
                    destination));
                break;
            case 16:
                Gather(MemoryMarshal.Cast<byte, UInt128>(source), shape, strides, MemoryMarshal.Cast<byte, UInt128>(
                    destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(elementBytes), elementBytes, "1, 2, 4, 8 or 16.");
        }
    }

    private static void Gather<T>(
        ReadOnlySpan<T> source, TensorShape shape, ImmutableArray<long> strides, Span<T> destination)
        where T : unmanaged
    {
        if (shape.Rank == 0)
        {
            destination[0] = source[0];
            return;
        }

        // An odometer over the outer dimensions, a plain loop over the innermost one.
        var inner = (int)shape[shape.Rank - 1];
        var step = (int)strides[shape.Rank - 1];
        var index = new long[shape.Rank - 1];
        long start = 0;
        var written = 0;
        while (written < destination.Length)
        {
            var row = destination.Slice(written, inner);
            if (step == 1)
            {
                source.Slice((int)start, inner).CopyTo(row);
            }
            else
            {
                var at = (int)start;
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = source[at];
                    at += step;
                }
            }

            written += inner;
            for (var axis = index.Length - 1; axis >= 0; axis--)
            {
                start += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                start -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
    }
}
