using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Scenes;

/// <summary>One line of the legend.</summary>
/// <param name="Text">The series' name.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Key">How the series is drawn.</param>
internal sealed record LegendEntry(string Text, ChartColor Color, LegendKey Key);

/// <summary>How a series is drawn, in miniature.</summary>
internal enum LegendKey
{
    /// <summary>A solid line.</summary>
    Solid,

    /// <summary>A dashed line.</summary>
    Dashed,

    /// <summary>A dotted line.</summary>
    Dotted,

    /// <summary>A filled box.</summary>
    Box,

    /// <summary>A dot.</summary>
    Dot,
}
