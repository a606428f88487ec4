using ScottPlot;
using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Drawing;

/// <summary>Points of many colours, with labels where they are few, on ScottPlot axes.</summary>
internal sealed class PointCloud(
    IReadOnlyList<(double X, double Y, ChartColor Color, string? Label)> points,
    float radius,
    ChartColor ink) : IPlottable
{
    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack rp)
    {
        var pen = new Pen(rp.Canvas);
        foreach (var (x, y, color, label) in points)
        {
            if (double.IsNaN(x) || double.IsNaN(y))
            {
                continue;
            }

            float px = Axes.GetPixelX(x), py = Axes.GetPixelY(y);
            pen.Dot(px, py, radius, color);
            if (label is not null)
            {
                pen.Text(SafeText.Shorten(label, 20), px + radius + 3, py - radius - 2, 9, ink);
            }
        }
    }
}
