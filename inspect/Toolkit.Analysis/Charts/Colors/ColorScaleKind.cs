namespace Toolkit.Analysis.Charts;

/// <summary>The two families of colour scales.</summary>
public enum ColorScaleKind
{
    /// <summary>Blue through white (zero) to red: <see cref="ChartPalette.Diverging"/>.</summary>
    Diverging,

    /// <summary>Dark to bright with even steps of lightness: <see cref="ChartPalette.Sequential"/>.</summary>
    Sequential,
}
