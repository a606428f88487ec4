using System.Runtime.InteropServices;
using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Scenes;

namespace Toolkit.Charts.Drawing;

/// <summary>A matrix as an image of one pixel per cell.</summary>
internal static class CellImage
{
    /// <summary>Colours in the look-up table; one 8-bit step of any channel lies between neighbours.</summary>
    private const int Steps = 1024;

    /// <summary>
    /// Colours every cell; cells without a finite value take the gap's colour, infinities the ends of the scale.
    /// </summary>
    /// <param name="matrix">At least one row and one column.</param>
    /// <param name="colors">The scale.</param>
    /// <param name="gap">The colour of NaN.</param>
    public static SKImage Make(ChartMatrix matrix, SceneColors colors, ChartColor gap)
    {
        var table = new uint[Steps + 1];
        for (var i = 0; i <= Steps; i++)
        {
            table[i] = Pack(ChartPalette.At(colors.Kind, (double)i / Steps));
        }

        var values = matrix.Values.Span;
        var pixels = new uint[values.Length];
        var empty = Pack(gap);
        double scale = Steps / (colors.Maximum - colors.Minimum), offset = colors.Minimum;
        for (var i = 0; i < pixels.Length; i++)
        {
            var value = values[i];
            pixels[i] = float.IsNaN(value) ? empty : table[(int)Math.Clamp(((value - offset) * scale) + 0.5, 0, Steps)];
        }

        var info = new SKImageInfo(matrix.Columns, matrix.Rows, SKColorType.Rgba8888, SKAlphaType.Opaque);
        return SKImage.FromPixelCopy(info, MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray(), info.RowBytes);
    }

    private static uint Pack(ChartColor color) => color.R | ((uint)color.G << 8) | ((uint)color.B << 16) | 0xFF000000u;
}
