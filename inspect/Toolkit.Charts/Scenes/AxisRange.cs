using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Scenes;

/// <summary>The part of an axis that is shown, in plot coordinates: values, or their logarithms to base 10.</summary>
/// <param name="Minimum">The end at the left or at the bottom.</param>
/// <param name="Maximum">The end at the right or at the top; greater, except where rows count downwards.</param>
/// <param name="Scale">How values become plot coordinates.</param>
/// <param name="Integers">True where only integers have a meaning.</param>
internal sealed record AxisRange(double Minimum, double Maximum, AxisScale Scale, bool Integers)
{
    /// <summary>Values beyond are drawn here: the difference of two values must stay a double.</summary>
    public const double Farthest = 1e300;

    /// <summary>A value's plot coordinate; NaN where it has none.</summary>
    public double ToPlot(double value) => Scale == AxisScale.Linear
        ? (double.IsFinite(value) ? Math.Clamp(value, -Farthest, Farthest) : double.NaN)
        : value > 0 && double.IsFinite(value) ? Math.Log10(value) : double.NaN;
}
