namespace Toolkit.Analysis.Charts;

/// <summary>How a line is stroked: a second channel beside colour.</summary>
public enum LineStyle
{
    /// <summary>Without gaps.</summary>
    Solid,

    /// <summary>Dashes.</summary>
    Dashed,

    /// <summary>Dots.</summary>
    Dotted,
}
