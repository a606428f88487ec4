using ScottPlot;
using SkiaSharp;

namespace Toolkit.Charts.Fonts;

/// <summary>
/// The typefaces of charts, carried inside this assembly: a machine without fonts and without fontconfig draws the same
/// picture as any other.
/// </summary>
internal static class ChartFonts
{
    /// <summary>The name under which ScottPlot asks for them.</summary>
    public const string Family = "DejaVu Sans";

    /// <summary>The regular typeface.</summary>
    public static SKTypeface Regular { get; } = Load("DejaVuSans.ttf");

    /// <summary>The bold typeface.</summary>
    public static SKTypeface Bold { get; } = Load("DejaVuSans-Bold.ttf");

    static ChartFonts()
    {
        ScottPlot.Fonts.FontResolvers.Insert(0, new Resolver());
        ScottPlot.Fonts.Default = Family;
        ScottPlot.Fonts.Sans = Family;
    }

    /// <summary>Makes ScottPlot draw with these typefaces; safe to call often and from any thread.</summary>
    public static void Register() =>
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(ChartFonts).TypeHandle);

    private static SKTypeface Load(string file)
    {
        using var stream = typeof(ChartFonts).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The font {file} is missing from this build.");
        using var data = SKData.Create(stream);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"Skia cannot read the font {file}.");
    }

    /// <summary>Answers every family with ours: a chart has one typeface.</summary>
    private sealed class Resolver : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            weight >= FontWeight.SemiBold ? Bold : Regular;

        [Obsolete("Part of ScottPlot's interface.")]
        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => bold ? Bold : Regular;
    }
}
