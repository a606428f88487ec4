namespace Toolkit.Analysis.Charts;

/// <summary>
/// The colours of every renderer. All three palettes stay apart under the common colour vision deficiencies.
/// </summary>
/// <remarks>
/// Sources: diverging after the idea of ColorBrewer's RdBu (C. Brewer, colorbrewer2.org), with pure white at the centre
/// and red against blue, which protanopes and deuteranopes keep apart; sequential after cividis (Nuñez, Anderton,
/// Renslow, PLoS ONE 2018), sampled at nine places; categorical after Okabe and Ito, Color Universal Design (2008), the
/// yellow last because it is faint on white.
/// </remarks>
public static class ChartPalette
{
    /// <summary>
    /// Stops of the diverging scale at equal distances, most negative first; the middle one is white.
    /// </summary>
    public static IReadOnlyList<ChartColor> Diverging { get; } = Parse(
        "#08306b",
        "#2166ac",
        "#4393c3",
        "#92c5de",
        "#d1e5f0",
        "#ffffff",
        "#fddbc7",
        "#f4a582",
        "#d6604d",
        "#b2182b",
        "#67001f");

    /// <summary>Stops of the sequential scale at equal distances, least first.</summary>
    public static IReadOnlyList<ChartColor> Sequential { get; } = Parse(
        "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838");

    /// <summary>Colours of lines, points and bars; start again after the last.</summary>
    public static IReadOnlyList<ChartColor> Categorical { get; } = Parse(
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#8c564b", "#5e3c99", "#b8a400");

    /// <summary>The stops of a kind of scale.</summary>
    /// <param name="kind">Which scale.</param>
    /// <returns>Colours at equal distances.</returns>
    public static IReadOnlyList<ChartColor> Stops(ColorScaleKind kind) =>
        kind == ColorScaleKind.Diverging ? Diverging : Sequential;

    /// <summary>The colour at a place of a scale.</summary>
    /// <param name="kind">Which scale.</param>
    /// <param name="place">0 for the first colour, 1 for the last; outside it takes the nearer end.</param>
    /// <returns>The colour, interpolated between the two nearest stops.</returns>
    public static ChartColor At(ColorScaleKind kind, double place)
    {
        var stops = Stops(kind);
        var position = Math.Clamp(double.IsNaN(place) ? 0 : place, 0, 1) * (stops.Count - 1);
        var index = Math.Min((int)position, stops.Count - 2);
        return stops[index].Mix(stops[index + 1], position - index);
    }

    /// <summary>The colour of a series.</summary>
    /// <param name="index">Any number; the palette starts again after its last colour.</param>
    /// <returns>The colour.</returns>
    public static ChartColor Category(int index) =>
        Categorical[((index % Categorical.Count) + Categorical.Count) % Categorical.Count];

    private static ChartColor[] Parse(params string[] hex) => [.. hex.Select(ChartColor.Parse)];
}
