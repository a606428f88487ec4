using ScottPlot;
using SkiaSharp;

namespace Toolkit.Charts.Drawing;

/// <summary>
/// Cells of a heat map on ScottPlot axes: cell (row, column) covers column ± ½, row ± ½, row 0 on top.
/// </summary>
internal sealed class CellMap(SKImage image) : IPlottable
{
    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => new(-0.5, image.Width - 0.5, -0.5, image.Height - 0.5);

    public void Render(RenderPack rp)
    {
        float left = Axes.GetPixelX(-0.5), right = Axes.GetPixelX(image.Width - 0.5);
        float top = Axes.GetPixelY(-0.5), bottom = Axes.GetPixelY(image.Height - 0.5);
        rp.Canvas.DrawImage(
            image,
            new SKRect(0, 0, image.Width, image.Height),
            new SKRect(left, top, right, bottom),
            new SKSamplingOptions(SKFilterMode.Nearest, SKMipmapMode.None));
    }
}
