using ScottPlot;
using SkiaSharp;
using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Drawing;

/// <summary>
/// A dashed or dotted line through points of ScottPlot axes; an infinite coordinate reaches the edge of the panel.
/// </summary>
internal sealed class DashedLine(IReadOnlyList<Coordinates> points, ChartColor color, float width, bool dotted)
    : IPlottable
{
    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack rp)
    {
        using var path = new SKPath();
        for (var i = 0; i < points.Count; i++)
        {
            var x = double.IsInfinity(points[i].X)
                ? (points[i].X < 0 ? rp.DataRect.Left : rp.DataRect.Right)
                : Axes.GetPixelX(points[i].X);
            var y = double.IsInfinity(points[i].Y)
                ? (points[i].Y < 0 ? rp.DataRect.Bottom : rp.DataRect.Top)
                : Axes.GetPixelY(points[i].Y);
            if (i == 0)
            {
                path.MoveTo(x, y);
            }
            else
            {
                path.LineTo(x, y);
            }
        }

        Dashes.Stroke(rp.Canvas, path, Pen.ToSkia(color), width, dotted ? [width, 2 * width] : [4 * width, 3 * width]);
    }
}
