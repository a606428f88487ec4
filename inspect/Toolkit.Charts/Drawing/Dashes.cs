using SkiaSharp;

namespace Toolkit.Charts.Drawing;

/// <summary>
/// Strokes a path in dashes that every canvas can draw: the SVG canvas knows no path effects, so each dash becomes an
/// outline that is filled.
/// </summary>
internal static class Dashes
{
    public static void Stroke(SKCanvas canvas, SKPath path, SKColor color, float width, params float[] lengths)
    {
        using var effect = SKPathEffect.CreateDash(lengths, 0);
        using var stroke = new SKPaint { IsStroke = true, StrokeWidth = width, PathEffect = effect };
        using var outline = stroke.GetFillPath(path);
        using var fill = new SKPaint { Color = color, IsAntialias = true };
        canvas.DrawPath(outline, fill);
    }
}
