namespace Toolkit.Charts.Ticks;

/// <summary>The ticks of one axis, in plot coordinates (logarithms on a logarithmic axis).</summary>
/// <param name="Positions">Where labelled ticks stand.</param>
/// <param name="Labels">Their labels, as many.</param>
/// <param name="Minor">Where unlabelled ticks stand.</param>
internal sealed record TickSet(double[] Positions, string[] Labels, double[] Minor)
{
    public static TickSet None { get; } = new([], [], []);
}
