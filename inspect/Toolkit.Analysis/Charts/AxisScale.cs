namespace Toolkit.Analysis.Charts;

/// <summary>How values become positions on an axis.</summary>
public enum AxisScale
{
    /// <summary>In proportion.</summary>
    Linear,

    /// <summary>By the logarithm to base 10; zero, negative values and NaN are gaps.</summary>
    Log,
}
