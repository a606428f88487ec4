using System.Runtime.InteropServices;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>Turns rows of channels into channels of rows.</summary>
internal static class RowTransposition
{
    /// <summary>A tile's rows and columns both stay in the nearest cache.</summary>
    private const int Tile = 16;

    /// <summary>Copies rows into columns.</summary>
    /// <param name="values">[rows, channels], row-major.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="channels">How many channels.</param>
    /// <param name="size">Bytes of a value: 1, 4 or 8.</param>
    /// <param name="target">Takes channel after channel.</param>
    /// <param name="stride">Values from one channel to the next in <paramref name="target"/>.</param>
    public static void Copy(ReadOnlySpan<byte> values, int rows, int channels, int size, Span<byte> target, int stride)
    {
        switch (size)
        {
            case 1:
                Copy(values, rows, channels, target, stride);
                break;
            case 4:
                Copy(
                    MemoryMarshal.Cast<byte, int>(values),
                    rows,
                    channels,
                    MemoryMarshal.Cast<byte, int>(target),
                    stride);
                break;
            default:
                Copy(
                    MemoryMarshal.Cast<byte, long>(values),
                    rows,
                    channels,
                    MemoryMarshal.Cast<byte, long>(target),
                    stride);
                break;
        }
    }

    private static void Copy<T>(ReadOnlySpan<T> values, int rows, int channels, Span<T> target, int stride)
    {
        for (var firstRow = 0; firstRow < rows; firstRow += Tile)
        {
            var count = Math.Min(Tile, rows - firstRow);
            for (var firstChannel = 0; firstChannel < channels; firstChannel += Tile)
            {
                var end = Math.Min(firstChannel + Tile, channels);
                for (var channel = firstChannel; channel < end; channel++)
                {
                    var column = target.Slice((channel * stride) + firstRow, count);
                    var at = (firstRow * channels) + channel;
                    for (var row = 0; row < column.Length; row++)
                    {
                        column[row] = values[at];
                        at += channels;
                    }
                }
            }
        }
    }
}
