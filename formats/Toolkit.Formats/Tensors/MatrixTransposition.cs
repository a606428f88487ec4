using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Toolkit.Formats.Tensors;

/// <summary>
/// Turns a matrix over, tile by tile, so that what is read and what is written both stay in the nearest cache.
/// </summary>
/// <remarks>4-byte elements go eight by eight through registers, where the processor has AVX.</remarks>
public static class MatrixTransposition
{
    private const int Tile = 16;

    /// <summary>Copies columns to rows.</summary>
    /// <param name="source">[columns, rows], with <paramref name="stride"/> elements from one of its rows to the
    /// next.</param>
    /// <param name="rows">Rows of the target.</param>
    /// <param name="columns">Columns of the target.</param>
    /// <param name="stride">At least <paramref name="rows"/>.</param>
    /// <param name="target">[rows, columns], with <paramref name="width"/> elements from one row to the next.</param>
    /// <param name="width">At least <paramref name="columns"/>.</param>
    /// <typeparam name="T">The element.</typeparam>
    public static void Copy<T>(ReadOnlySpan<T> source, int rows, int columns, int stride, Span<T> target, int width)
        where T : unmanaged
    {
        var (doneRows, doneColumns) = (0, 0);
        if (Unsafe.SizeOf<T>() == sizeof(int) && Avx.IsSupported)
        {
            (doneRows, doneColumns) = (rows & ~7, columns & ~7);
            InRegisters(
                MemoryMarshal.Cast<T, int>(source),
                doneRows,
                doneColumns,
                stride,
                width,
                MemoryMarshal.Cast<T, int>(target));
        }

        InTiles(source, (doneRows, rows), (0, columns), stride, width, target);
        InTiles(source, (0, doneRows), (doneColumns, columns), stride, width, target);
    }

    private static void InTiles<T>(
        ReadOnlySpan<T> source,
        (int First, int End) rows,
        (int First, int End) columns,
        int stride,
        int width,
        Span<T> target)
    {
        for (var firstRow = rows.First; firstRow < rows.End; firstRow += Tile)
        {
            var endRow = Math.Min(firstRow + Tile, rows.End);
            for (var first = columns.First; first < columns.End; first += Tile)
            {
                var count = Math.Min(Tile, columns.End - first);
                for (var row = firstRow; row < endRow; row++)
                {
                    var to = target.Slice((row * width) + first, count);
                    var at = (first * stride) + row;
                    for (var column = 0; column < to.Length; column++)
                    {
                        to[column] = source[at];
                        at += stride;
                    }
                }
            }
        }
    }

    /// <summary>Rows and columns are multiples of eight.</summary>
    private static void InRegisters(
        ReadOnlySpan<int> source, int rows, int columns, int stride, int width, Span<int> target)
    {
        for (var first = 0; first < columns; first += Tile)
        {
            // Sixteen rows of the source are read from left to right, and lines of the target are written whole.
            var end = Math.Min(first + Tile, columns);
            for (var row = 0; row < rows; row += 8)
            {
                for (var column = first; column < end; column += 8)
                {
                    TurnEight(source[((column * stride) + row)..], stride, target[((row * width) + column)..], width);
                }
            }
        }
    }

    private static void TurnEight(ReadOnlySpan<int> source, int stride, Span<int> target, int width)
    {
        // The spans hold what is read and written: checked once here, not for every vector.
        _ = source[(7 * stride) + 7];
        _ = target[(7 * width) + 7];
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(target);
        var (a, b, c, d) = (
            Row(ref from, 0), Row(ref from, stride), Row(ref from, 2 * stride), Row(ref from, 3 * stride));
        var (e, f, g, h) = (
            Row(ref from, 4 * stride), Row(ref from, 5 * stride), Row(ref from, 6 * stride), Row(ref from, 7 * stride));
        var (ab0, ab2) = Pairs(a, b);
        var (cd0, cd2) = Pairs(c, d);
        var (ef0, ef2) = Pairs(e, f);
        var (gh0, gh2) = Pairs(g, h);
        Store(ab0, cd0, ef0, gh0, ref to, width, 0);
        Store(ab2, cd2, ef2, gh2, ref to, width, 2);
    }

    private static Vector256<float> Row(ref int from, int offset) =>
        Vector256.LoadUnsafe(ref from, (nuint)offset).AsSingle();

    /// <summary>Columns 0, 1, 4, 5 of two rows side by side, and 2, 3, 6, 7.</summary>
    private static (Vector256<double> Low, Vector256<double> High) Pairs(Vector256<float> even, Vector256<float> odd) =>
        (Avx.UnpackLow(even, odd).AsDouble(), Avx.UnpackHigh(even, odd).AsDouble());

    /// <summary>Stores columns <paramref name="first"/>, the next, and those four further on.</summary>
    private static void Store(
        Vector256<double> ab,
        Vector256<double> cd,
        Vector256<double> ef,
        Vector256<double> gh,
        ref int to,
        int width,
        int first)
    {
        var (low, high) = (Avx.UnpackLow(ab, cd), Avx.UnpackLow(ef, gh));
        var (nextLow, nextHigh) = (Avx.UnpackHigh(ab, cd), Avx.UnpackHigh(ef, gh));
        Avx.Permute2x128(low, high, 0x20).AsInt32().StoreUnsafe(ref to, (nuint)(first * width));
        Avx.Permute2x128(nextLow, nextHigh, 0x20).AsInt32().StoreUnsafe(ref to, (nuint)((first + 1) * width));
        Avx.Permute2x128(low, high, 0x31).AsInt32().StoreUnsafe(ref to, (nuint)((first + 4) * width));
        Avx.Permute2x128(nextLow, nextHigh, 0x31).AsInt32().StoreUnsafe(ref to, (nuint)((first + 5) * width));
    }
}
