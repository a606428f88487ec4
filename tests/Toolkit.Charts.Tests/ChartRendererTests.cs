using System.Xml.Linq;
using SkiaSharp;
using Toolkit.Analysis.Charts;
using Toolkit.Charts.Ticks;

namespace Toolkit.Charts.Tests;

public sealed class ChartRendererTests
{
    private const string Hostile = "<svg onload=alert(1)>&\"'\u0000\u001B\uD800\u202E\u2028]]>";

    [Fact]
    public void Zero_is_white_and_the_extremes_take_the_ends_of_the_scale()
    {
        using var picture = Draw(new ChartMatrix(3, 3, new float[] { -2, -2, -2, 0, 0, 0, 1, 1, 2 }));

        ColorAt(picture, 0.5, 0.5).ShouldBe(SKColors.White);
        ColorAt(picture, 0.5, 0.15).ShouldBe(SKColor.Parse("#08306b"));
        ColorAt(picture, 0.85, 0.85).ShouldBe(SKColor.Parse("#67001f"));
        ColorAt(picture, 0.15, 0.85).Red.ShouldBeGreaterThan(ColorAt(picture, 0.15, 0.85).Blue);
    }

    [Fact]
    public void Cells_without_a_value_take_the_gap_color_and_infinities_the_ends()
    {
        using var picture = Draw(
            new ChartMatrix(1, 4, new float[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1 }),
            square: false);

        ColorAt(picture, 0.1, 0.5).ShouldBe(SKColor.Parse("#c9ccd1"));
        ColorAt(picture, 0.35, 0.5).ShouldBe(SKColor.Parse("#67001f"));
        ColorAt(picture, 0.65, 0.5).ShouldBe(SKColor.Parse("#08306b"));
    }

    [Fact]
    public void Large_cells_bear_their_value_and_gaps_bear_none()
    {
        var matrix = new ChartMatrix(2, 2, new float[] { 0.25f, float.NaN, 0, 0.5f });
        var texts = XDocument.Parse(ChartRenderer.Svg(new ChartSpec { Title = "t", Panels = [Panel(matrix)] }))
            .Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim())
            .ToList();

        texts.ShouldContain("0.25");
        texts.ShouldNotContain("NaN");
    }

    [Theory]
    [InlineData(-123.4, "−123")]
    [InlineData(12.34, "12")]
    [InlineData(1.234, "1.2")]
    public void Numbers_of_two_digits_are_no_powers(double value, string expected) =>
        NumberText.Short(value, digits: 2).ShouldBe(expected);

    [Fact]
    public void Values_of_neighbouring_cells_do_not_overlap()
    {
        var matrix = ChartMatrix.Build(14, 14, (i, j) => i == j ? 0.25f : 1.234e-5f);
        var texts = XDocument.Parse(ChartRenderer.Svg(new ChartSpec { Title = "t", Panels = [Panel(matrix)] }))
            .Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim())
            .ToList();

        texts.ShouldContain("0.25");
        texts.ShouldContain("10⁻⁵");
        texts.ShouldNotContain("1.23×10⁻⁵");
    }

    [Fact]
    public void Shared_scale_gives_equal_values_equal_colors_in_every_panel()
    {
        var panels = new[] { 10f, 1f }.Select(v => Panel(new ChartMatrix(1, 2, new[] { v, 0f }))).ToList();
        using var shared = Bitmap(new ChartSpec { Title = "t", Panels = panels, Columns = 2, SharedScale = true });
        using var own = Bitmap(new ChartSpec { Title = "t", Panels = panels, Columns = 2 });

        Count(shared, SKColor.Parse("#67001f")).ShouldBeLessThan(Count(own, SKColor.Parse("#67001f")));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(1, 1)]
    [InlineData(1, 3000)]
    [InlineData(3000, 1)]
    [InlineData(720, 720)]
    [InlineData(4000, 300)]
    public void Matrices_of_any_size_draw(int rows, int columns)
    {
        var spec = new ChartSpec { Title = "t", Panels = [Panel(ChartMatrix.Build(rows, columns, (i, j) => i - j))] };

        ChartRenderer.Png(spec).Length.ShouldBeGreaterThan(500);
        XDocument.Parse(ChartRenderer.Svg(spec)).Root.ShouldNotBeNull();
    }

    [Fact]
    public void A_matrix_finer_than_the_picture_is_drawn_as_means_and_the_caption_says_so() =>
        ChartRenderer.Svg(
            new ChartSpec { Title = "t", Panels = [Panel(ChartMatrix.Build(4000, 3000, (i, j) => i - j))] })
            .ShouldContain("Drawn as means of");

    [Fact]
    public void Charts_without_any_finite_value_draw()
    {
        double[] nothing = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
        foreach (var (x, y) in new[] { (ChartAxis.Linear("x"), ChartAxis.Linear("y")), (
            ChartAxis.Log("x"), ChartAxis.Log("y")) })
        {
            ChartRenderer.Png(ChartSpec.Single(
                "t",
                x,
                y,
                new LineMark { X = nothing, Y = nothing },
                new LineMark { X = [], Y = [] },
                new PointMark { X = nothing, Y = nothing, Values = nothing, Colors = ColorScale.Sequential("v") },
                new HistogramMark { Edges = [0], Counts = [] }))
                .Length.ShouldBeGreaterThan(500);
        }

        ChartRenderer
            .Png(ChartSpec.Single(
                "t", ChartAxis.Named("x", []), ChartAxis.Linear("y"), new BarMark { Values = [] })).Length
                .ShouldBeGreaterThan(500);
        ChartRenderer.Png(ChartSpec.Single("t", ChartAxis.Linear("x"), ChartAxis.Linear("y"))).Length
            .ShouldBeGreaterThan(500);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-300)]
    [InlineData(5e-324)]
    [InlineData(1e300)]
    [InlineData(-1.7e308)]
    [InlineData(123456789.123)]
    public void Lines_of_one_value_draw_on_both_scales(double value)
    {
        ChartRenderer.Png(ChartSpec.Single("t", ChartAxis.Linear("x"), ChartAxis.Linear(
            "y"), new LineMark { X = [0, 1], Y = [value, value] })).Length.ShouldBeGreaterThan(500);
        ChartRenderer.Png(ChartSpec.Single("t", ChartAxis.Log(
            "x"), ChartAxis.Log("y"), new LineMark { X = [1, 2], Y = [value, value] })).Length.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void Extremes_of_double_draw() => ChartRenderer.Png(ChartSpec.Single(
        "t",
        ChartAxis.Linear("x"),
        ChartAxis.Linear("y"),
        new LineMark { X = [-1e308, 1e308], Y = [double.MinValue, double.MaxValue] })).Length.ShouldBeGreaterThan(500);

    [Fact]
    public void Hostile_names_stay_text_in_an_svg()
    {
        var svg = ChartRenderer.Svg(new ChartSpec
        {
            Title = Hostile,
            Caption = Hostile,
            Provenance = new ChartProvenance { Run = Hostile, Tensor = Hostile },
            Panels =
            [
                new ChartPanel
                {
                    Title = Hostile,
                    X = ChartAxis.Named(Hostile, [Hostile, Hostile + "2"]),
                    Y = ChartAxis.Linear(Hostile, Hostile),
                    Marks = [new BarMark { Name = Hostile, Values = [1, 2] }],
                },
            ],
        });

        var document = XDocument.Parse(svg);
        document.Descendants().Attributes().ShouldNotContain(
            attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        document.Descendants().Count(element => element.Name.LocalName == "svg").ShouldBe(1);
        svg.ShouldNotContain('\u202E');
    }

    [Fact]
    public void A_name_of_a_million_characters_is_cut() => ChartRenderer.Svg(ChartSpec.Single(
        new string('x', 1_000_000),
        ChartAxis.Named(new string('y', 1_000_000), [new string('z', 1_000_000)]), ChartAxis.Linear("y"),
        new BarMark { Name = new string('n', 1_000_000), Values = [1] })).Length.ShouldBeLessThan(60_000);

    [Fact]
    public void The_same_chart_gives_the_same_bytes()
    {
        var spec = Gallery.All["trace"];

        ChartRenderer.Svg(spec).ShouldBe(ChartRenderer.Svg(spec));
        ChartRenderer.Png(spec).ShouldBe(ChartRenderer.Png(spec));
    }

    [Fact]
    public void The_size_asked_for_is_the_size_given()
    {
        using var picture = SKBitmap.Decode(ChartRenderer.Png(
            Gallery.All["heat-map-120"], new RenderOptions { Width = 500, Height = 400, Scale = 1.5 }));

        (picture.Width, picture.Height).ShouldBe((750, 600));
    }

    [Theory]
    [InlineData(10, null, 1, "The width is 10")]
    [InlineData(null, 20_000, 1, "The height is 20000")]
    [InlineData(null, null, 9, "The scale is 9")]
    public void Sizes_out_of_range_are_refused(int? width, int? height, double scale, string message) =>
        Should.Throw<ArgumentException>(
            () => ChartRenderer.Png(
                Gallery.All["lines"], new RenderOptions { Width = width, Height = height, Scale = scale })).Message
                .ShouldContain(message);

    [Fact]
    public void Matrices_elsewhere_must_be_read_first() => Should.Throw<ArgumentException>(
        () => ChartRenderer.Png(
            new ChartSpec { Title = "t", Panels = [Panel(ChartMatrix.ByReference(2, 2, "m0"))] })).Message
            .ShouldContain("'m0'");

    [Fact]
    public void Text_is_drawn_with_the_fonts_of_this_assembly()
    {
        using var with = Bitmap(ChartSpec.Single(
            "Σ χ(abc⁻¹) ρ ≤ 10⁻⁷",
            ChartAxis.Linear("x"),
            ChartAxis.Linear("y"),
            new LineMark { X = [0, 1], Y = [0, 1] }));
        using var without = Bitmap(ChartSpec.Single(
            " ", ChartAxis.Linear("x"), ChartAxis.Linear("y"), new LineMark { X = [0, 1], Y = [0, 1] }));

        Count(with, SKColor.Parse("#1b1d21")).ShouldBeGreaterThan(Count(without, SKColor.Parse("#1b1d21")) + 100);
        Toolkit.Charts.Fonts.ChartFonts.Regular.ContainsGlyphs("Σχρ≤⁻⁷·×∞⟨⟩→").ShouldBeTrue();
    }

    private static ChartPanel Panel(ChartMatrix matrix, bool square = true) => new()
    {
        X = ChartAxis.Linear("column"),
        Y = ChartAxis.Linear("row"),
        Marks = [new HeatMapMark { Matrix = matrix, Colors = ColorScale.Diverging("value"), SquareCells = square }],
    };

    private static SKBitmap Bitmap(ChartSpec spec) => SKBitmap.Decode(ChartRenderer.Png(spec));

    private static SKBitmap Draw(ChartMatrix matrix, bool square = true) =>
        Bitmap(new ChartSpec { Title = string.Empty, Panels = [Panel(matrix, square)] });

    /// <summary>The colour at a place of the plot, which is found by its frame.</summary>
    private static SKColor ColorAt(SKBitmap picture, double x, double y)
    {
        var frame = SKColor.Parse("#5a5e66");
        var columns = Enumerable.Range(0, picture.Width)
            .Where(i => Enumerable.Range(0, picture.Height).Count(j => Near(picture.GetPixel(i, j), frame))
                > picture.Height / 2)
            .ToList();
        var rows = Enumerable.Range(0, picture.Height)
            .Where(j => Enumerable.Range(0, picture.Width).Count(i => Near(picture.GetPixel(i, j), frame))
                > picture.Width / 2)
            .ToList();
        int left = columns[0], right = columns.First(c => c > left + 30), top = rows[0], bottom = rows[^1];

        // A little beside the middle of the cell, where its value is written.
        return picture.GetPixel((int)(left + (x * (right - left))), (int)(top + (y * (bottom - top))) + 12);
    }

    private static bool Near(SKColor a, SKColor b) =>
        Math.Abs(a.Red - b.Red) + Math.Abs(a.Green - b.Green) + Math.Abs(a.Blue - b.Blue) < 40;

    private static int Count(SKBitmap picture, SKColor color) => picture.Pixels.Count(pixel => pixel == color);
}
