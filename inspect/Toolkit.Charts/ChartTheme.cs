using Toolkit.Analysis.Charts;

namespace Toolkit.Charts;

/// <summary>
/// The colours around the data. The data's own colours (<see cref="ChartPalette"/>) are the same in every theme.
/// </summary>
public sealed record ChartTheme
{
    /// <summary>Behind everything; null for transparent.</summary>
    public required ChartColor? Background { get; init; }

    /// <summary>Titles, tick labels and frames.</summary>
    public required ChartColor Ink { get; init; }

    /// <summary>Captions, axis labels and rules.</summary>
    public required ChartColor MutedInk { get; init; }

    /// <summary>Grid lines.</summary>
    public required ChartColor Grid { get; init; }

    /// <summary>Cells without a value.</summary>
    public required ChartColor Gap { get; init; }

    /// <summary>
    /// How far the categorical colours are mixed with white, 0 to 1, to stand out from a dark background.
    /// </summary>
    public double Lighten { get; init; }

    /// <summary>Dark ink on white.</summary>
    public static ChartTheme Light { get; } = new()
    {
        Background = ChartColor.Parse("#ffffff"),
        Ink = ChartColor.Parse("#1b1d21"),
        MutedInk = ChartColor.Parse("#5a5e66"),
        Grid = ChartColor.Parse("#e4e6ea"),
        Gap = ChartColor.Parse("#c9ccd1"),
    };

    /// <summary>Light ink on near-black.</summary>
    public static ChartTheme Dark { get; } = new()
    {
        Background = ChartColor.Parse("#15171b"),
        Ink = ChartColor.Parse("#e6e8eb"),
        MutedInk = ChartColor.Parse("#a4a9b2"),
        Grid = ChartColor.Parse("#2d3138"),
        Gap = ChartColor.Parse("#4a4f58"),
        Lighten = 0.3,
    };
}
