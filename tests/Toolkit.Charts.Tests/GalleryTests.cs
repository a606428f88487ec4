using SkiaSharp;

namespace Toolkit.Charts.Tests;

public sealed class GalleryTests
{
    public static TheoryData<string, bool> Cases =>
        [.. Gallery.All.Keys.SelectMany(name => new[] { (name, false), (name, true) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Png_and_Svg_draw(string name, bool dark)
    {
        var options = new RenderOptions { Theme = dark ? ChartTheme.Dark : ChartTheme.Light };
        var png = ChartRenderer.Png(Gallery.All[name], options);
        var svg = ChartRenderer.Svg(Gallery.All[name], options);
        Keep($"{name}{(dark ? "-dark" : string.Empty)}.png", png);
        Keep($"{name}{(dark ? "-dark" : string.Empty)}.svg", System.Text.Encoding.UTF8.GetBytes(svg));

        using var picture = SKBitmap.Decode(png);
        picture.Pixels.Distinct().Count().ShouldBeGreaterThan(8);
        System.Xml.Linq.XDocument.Parse(svg).Root!.Name.LocalName.ShouldBe("svg");
    }

    /// <summary>Keeps the pictures in the folder TOOLKIT_GALLERY, to be looked at.</summary>
    private static void Keep(string file, byte[] bytes)
    {
        if (Environment.GetEnvironmentVariable("TOOLKIT_GALLERY") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, file), bytes);
        }
    }
}
