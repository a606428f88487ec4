using SkiaSharp;
using Toolkit.Charts.Scenes;
using Toolkit.Charts.Ticks;

namespace Toolkit.Charts.Layout;

/// <summary>Where one panel stands.</summary>
/// <param name="Panel">What is drawn.</param>
/// <param name="Plot">The frame around the data.</param>
/// <param name="Title">Room for its title, above the plot.</param>
/// <param name="Bar">Its own colour bar, or null.</param>
/// <param name="XTicks">Ticks below the plot.</param>
/// <param name="YTicks">Ticks left of the plot.</param>
/// <param name="Sideways">True where the labels below the plot are turned by 90°.</param>
/// <param name="Left">Room left of the plot, up to the axis label's far side.</param>
/// <param name="Bottom">Room below the plot.</param>
internal sealed record PanelLayout(
    ScenePanel Panel,
    SKRect Plot,
    SKRect Title,
    SKRect? Bar,
    TickSet XTicks,
    TickSet YTicks,
    bool Sideways,
    float Left,
    float Bottom)
{
    /// <summary>Rows of cells that can be told apart, two to a pixel.</summary>
    public int MostRows => Math.Max(1, (int)(Plot.Height * 2));

    /// <summary>Columns of cells that can be told apart, two to a pixel.</summary>
    public int MostColumns => Math.Max(1, (int)(Plot.Width * 2));
}
