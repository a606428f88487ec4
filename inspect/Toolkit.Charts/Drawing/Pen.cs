using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Fonts;

namespace Toolkit.Charts.Drawing;

/// <summary>Writes text and simple shapes on a canvas, always with our typefaces and always cleaned.</summary>
internal sealed class Pen(SKCanvas? canvas)
{
    /// <summary>Where it draws; absent while only measuring.</summary>
    public SKCanvas Canvas => canvas ?? throw new InvalidOperationException("This pen only measures.");

    /// <summary>The width of a text in pixels.</summary>
    public static float Width(string text, float size, bool bold = false)
    {
        using var font = Font(size, bold);
        return font.MeasureText(SafeText.Clean(text));
    }

    /// <summary>Breaks a text into lines at spaces; a word wider than a line is cut.</summary>
    public static IReadOnlyList<string> Wrap(string text, float size, float width, int mostLines)
    {
        using var font = Font(size, bold: false);
        var lines = new List<string>();
        var line = string.Empty;
        foreach (var word in SafeText.Clean(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word;
            var longer = line.Length == 0 ? rest : $"{line} {rest}";
            if (font.MeasureText(longer) <= width)
            {
                line = longer;
                continue;
            }

            if (line.Length > 0)
            {
                lines.Add(line);
            }

            while (font.MeasureText(rest) > width && rest.Length > 1)
            {
                var fits = Math.Max(1, Math.Min(rest.Length - 1, (int)font.BreakText(rest, width)));
                lines.Add(rest[..fits]);
                rest = rest[fits..];
            }

            line = rest;
        }

        if (line.Length > 0)
        {
            lines.Add(line);
        }

        if (lines.Count > mostLines)
        {
            lines.RemoveRange(mostLines, lines.Count - mostLines);
            lines[^1] += " …";
        }

        return lines;
    }

    /// <summary>Cuts a text to a width, with an ellipsis.</summary>
    public static string Fit(string text, float size, float width, bool bold = false)
    {
        text = SafeText.Clean(text.Length > 4000 ? text[..4000] : text);
        using var font = Font(size, bold);
        if (font.MeasureText(text) <= width)
        {
            return text;
        }

        var length = (int)font.BreakText(text, Math.Max(0, width - font.MeasureText("…")));
        return SafeText.Clean(text[..Math.Min(length, text.Length)]) + "…";
    }

    /// <summary>Writes one line; <paramref name="y"/> is its middle.</summary>
    public void Text(
        string text,
        float x,
        float y,
        float size,
        ChartColor color,
        SKTextAlign align = SKTextAlign.Left,
        bool bold = false,
        bool upwards = false)
    {
        using var font = Font(size, bold);
        using var paint = new SKPaint { Color = ToSkia(color), IsAntialias = true };
        var baseline = size * 0.36f;
        if (upwards)
        {
            Canvas.Save();
            Canvas.Translate(x, y);
            Canvas.RotateDegrees(-90);
            Canvas.DrawText(SafeText.Clean(text), 0, baseline, align, font, paint);
            Canvas.Restore();
        }
        else
        {
            Canvas.DrawText(SafeText.Clean(text), x, y + baseline, align, font, paint);
        }
    }

    /// <summary>Fills a rectangle.</summary>
    public void Fill(SKRect rect, ChartColor color)
    {
        using var paint = new SKPaint { Color = ToSkia(color), IsAntialias = false };
        Canvas.DrawRect(rect, paint);
    }

    /// <summary>Strokes a line.</summary>
    public void Line(float x1, float y1, float x2, float y2, ChartColor color, float width = 1, params float[] dashes)
    {
        if (dashes.Length > 0)
        {
            using var path = new SKPath();
            path.MoveTo(x1, y1);
            path.LineTo(x2, y2);
            Dashes.Stroke(Canvas, path, ToSkia(color), width, dashes);
            return;
        }

        using var paint = new SKPaint
        {
            Color = ToSkia(color),
            IsAntialias = true,
            StrokeWidth = width,
            IsStroke = true,
        };
        Canvas.DrawLine(x1, y1, x2, y2, paint);
    }

    /// <summary>Strokes a rectangle.</summary>
    public void Frame(SKRect rect, ChartColor color)
    {
        using var paint = new SKPaint { Color = ToSkia(color), IsAntialias = true, StrokeWidth = 1, IsStroke = true };
        Canvas.DrawRect(rect, paint);
    }

    /// <summary>Fills a circle.</summary>
    public void Dot(float x, float y, float radius, ChartColor color)
    {
        using var paint = new SKPaint { Color = ToSkia(color), IsAntialias = true };
        Canvas.DrawCircle(x, y, radius, paint);
    }

    public static SKColor ToSkia(ChartColor color, byte alpha = 255) => new(color.R, color.G, color.B, alpha);

    private static SKFont Font(float size, bool bold) =>
        new(bold ? ChartFonts.Bold : ChartFonts.Regular, size) { Subpixel = true, Edging = SKFontEdging.Antialias };
}
