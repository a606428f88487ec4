using System.Text;
using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Drawing;
using Toolkit.Charts.Fonts;
using Toolkit.Charts.Layout;
using Toolkit.Charts.Scenes;

namespace Toolkit.Charts;

/// <summary>
/// Draws specifications as pictures, with ScottPlot over Skia. Needs no fonts, no display and no browser.
/// </summary>
/// <remarks>
/// Thread-safe. Matrices must be in memory. A heat map larger than its plot is drawn as means of blocks of cells.
/// </remarks>
public static class ChartRenderer
{
    /// <summary>Draws a PNG.</summary>
    /// <param name="spec">The chart.</param>
    /// <param name="options">Size, theme, what to write around it; the defaults where null.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArgumentException">The specification contradicts itself, or the size is out of
    /// range.</exception>
    public static byte[] Png(ChartSpec spec, RenderOptions? options = null)
    {
        options ??= new RenderOptions();
        var (scene, layout) = Prepare(spec, options);
        var info = new SKImageInfo(
            (int)Math.Ceiling(layout.Width * options.Scale),
            (int)Math.Ceiling(layout.Height * options.Scale),
            SKColorType.Rgba8888,
            SKAlphaType.Premul);
        using var surface = SKSurface.Create(info) ?? throw new InvalidOperationException(
            $"Skia cannot make a picture of {info.Width} × {info.Height} pixels.");
        surface.Canvas.Clear(SKColors.Transparent);
        surface.Canvas.Scale((float)options.Scale);
        Draw(surface.Canvas, scene, layout);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Draws an SVG document.</summary>
    /// <param name="spec">The chart.</param>
    /// <param name="options">Size, theme, what to write around it; the defaults where null. The scale is not
    /// used.</param>
    /// <returns>XML without references to anything outside.</returns>
    /// <exception cref="ArgumentException">The specification contradicts itself, or the size is out of
    /// range.</exception>
    public static string Svg(ChartSpec spec, RenderOptions? options = null)
    {
        options ??= new RenderOptions();
        var (scene, layout) = Prepare(spec, options);
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, layout.Width, layout.Height), stream))
        {
            Draw(canvas, scene, layout);
        }

        return SvgFinish.Apply(
            Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length), spec, options.IdPrefix);
    }

    private static (Scene Scene, ChartLayout Layout) Prepare(ChartSpec spec, RenderOptions options)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var faults = ChartFaults.Find(spec).Concat(Faults(options)).Concat(
            spec.Panels.SelectMany(panel => panel.Marks).OfType<HeatMapMark>().Where(
                map => map.Matrix.Reference is not null)
                .Select(map => $"A matrix is given by reference ('{map.Matrix.Reference}'); read it before drawing."))
                    .ToList();
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(spec));
        }

        ChartFonts.Register();
        var scene = Scene.Make(spec, options.Theme);
        var layout = ChartLayout.Make(scene, options);
        var reduced = layout.Panels.Where(panel => panel.Panel.Map is not null)
            .Select(panel => MatrixReduction.Describe(panel.Panel.Map!.Matrix, panel.MostRows, panel.MostColumns))
            .FirstOrDefault(text => text is not null);
        if (reduced is null)
        {
            return (scene, layout);
        }

        scene = Scene.Make(spec with { Caption = $"{spec.Caption} Drawn as {reduced}.".TrimStart() }, options.Theme);
        return (scene, ChartLayout.Make(scene, options));
    }

    private static IEnumerable<string> Faults(RenderOptions options)
    {
        foreach (var (name, size) in new[] { ("width", options.Width), ("height", options.Height) })
        {
            if (size is < 64 or > RenderOptions.MaximumSize)
            {
                yield return $"The {name} is {size}; it is 64 to {RenderOptions.MaximumSize} pixels.";
            }
        }

        if (options.Scale is not (>= 0.5 and <= 8))
        {
            yield return $"The scale is {options.Scale}; it is 0.5 to 8.";
        }
    }

    private static void Draw(SKCanvas canvas, Scene scene, ChartLayout layout)
    {
        var pen = new Pen(canvas);
        var theme = scene.Theme;
        if (theme.Background is { } background)
        {
            pen.Fill(new SKRect(0, 0, layout.Width, layout.Height), background);
        }

        if (layout.Title.Length > 0)
        {
            pen.Text(layout.Title, 12, 12 + 8, ChartLayout.TitleSize, theme.Ink, bold: true);
        }

        new LegendDrawer(theme, pen).Draw(layout.Legend);
        var panels = new PanelDrawer(scene, layout, pen);
        var bars = new ColorBarDrawer(theme, pen);
        foreach (var panel in layout.Panels)
        {
            panels.Draw(panel);
            if (panel.Bar is { } bar && panel.Panel.Colors is { } colors)
            {
                bars.Draw(bar, colors);
            }
        }

        if (layout.SharedBar is { } shared && scene.SharedColors is { } sharedColors)
        {
            bars.Draw(shared, sharedColors);
        }

        var grid = layout.Grid;
        pen.Text(
            layout.SharedLabels.X,
            grid.MidX,
            layout.Height - 12 - 10 - (layout.Caption.Count > 0 ? (layout.Caption.Count * 14) + 8 : 0),
            ChartLayout.LabelSize,
            theme.MutedInk,
            SKTextAlign.Center);
        pen.Text(
            layout.SharedLabels.Y,
            18,
            grid.MidY,
            ChartLayout.LabelSize,
            theme.MutedInk,
            SKTextAlign.Center,
            upwards: true);
        for (var i = 0; i < layout.Caption.Count; i++)
        {
            pen.Text(
                layout.Caption[i],
                12,
                layout.Height - 12 - ((layout.Caption.Count - i) * 14) + 7,
                ChartLayout.CaptionSize,
                theme.MutedInk);
        }
    }
}
