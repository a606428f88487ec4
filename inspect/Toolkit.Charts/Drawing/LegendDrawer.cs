using SkiaSharp;
using Toolkit.Charts.Layout;
using Toolkit.Charts.Scenes;

namespace Toolkit.Charts.Drawing;

/// <summary>Draws the legend above the panels.</summary>
internal sealed class LegendDrawer(ChartTheme theme, Pen pen)
{
    public void Draw(IReadOnlyList<(LegendEntry Entry, SKRect Room)> legend)
    {
        foreach (var (entry, room) in legend)
        {
            var at = new SKPoint(room.Left, room.MidY);
            switch (entry.Key)
            {
                case LegendKey.Box:
                    pen.Fill(new SKRect(at.X + 5, at.Y - 5, at.X + 15, at.Y + 5), entry.Color);
                    break;
                case LegendKey.Dot:
                    pen.Dot(at.X + 10, at.Y, 4, entry.Color);
                    break;
                default:
                    pen.Line(at.X, at.Y, at.X + 20, at.Y, entry.Color, 2, entry.Key switch
                    {
                        LegendKey.Dashed => [5f, 3f],
                        LegendKey.Dotted => [2f, 2f],
                        _ => [],
                    });
                    break;
            }

            pen.Text(entry.Text, at.X + 26, at.Y, ChartLayout.LabelSize, theme.Ink);
        }
    }
}
