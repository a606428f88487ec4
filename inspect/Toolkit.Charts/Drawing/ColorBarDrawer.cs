using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Layout;
using Toolkit.Charts.Scenes;

namespace Toolkit.Charts.Drawing;

/// <summary>Draws a colour scale beside a plot, greatest value on top.</summary>
internal sealed class ColorBarDrawer(ChartTheme theme, Pen pen)
{
    public void Draw(SKRect bar, SceneColors colors)
    {
        var stops = ChartPalette.Stops(colors.Kind);
        using (var shader = SKShader.CreateLinearGradient(
            new SKPoint(0, bar.Bottom), new SKPoint(0, bar.Top), [.. stops.Select(stop => Pen.ToSkia(stop))],
            [.. stops.Select((_, i) => i / (float)(stops.Count - 1))], SKShaderTileMode.Clamp))
        using (var paint = new SKPaint { Shader = shader })
        {
            pen.Canvas.DrawRect(bar, paint);
        }

        pen.Frame(bar, theme.MutedInk);
        var ticks = ChartLayout.ColorTicks(colors, bar.Height);
        var widest = 0f;
        for (var i = 0; i < ticks.Positions.Length; i++)
        {
            var y = bar.Bottom - ((float)colors.Place(ticks.Positions[i]) * bar.Height);
            pen.Line(bar.Right, y, bar.Right + 3, y, theme.MutedInk);
            pen.Text(ticks.Labels[i], bar.Right + 6, y, 10, theme.Ink);
            widest = Math.Max(widest, Pen.Width(ticks.Labels[i], 10));
        }

        if (colors.Label.Length > 0)
        {
            pen.Text(
                Pen.Fit(colors.Label, ChartLayout.LabelSize, bar.Height + 20),
                bar.Right + 6 + widest + 11,
                bar.MidY,
                ChartLayout.LabelSize,
                theme.MutedInk,
                SKTextAlign.Center,
                upwards: true);
        }
    }
}
