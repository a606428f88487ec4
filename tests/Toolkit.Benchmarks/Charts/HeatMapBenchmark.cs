using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.Charts;
using Toolkit.Charts;

namespace Toolkit.Benchmarks.Charts;

/// <summary>
/// A heat map of every pair of S6 (720 × 720 cells, one pixel each) and the forty-neuron grid of S5, from matrices in
/// memory to the file's bytes. Reading the run is not in it.
/// </summary>
[MemoryDiagnoser]
public class HeatMapBenchmark
{
    private ChartSpec _map = null!;
    private ChartSpec _grid = null!;

    /// <summary>Makes the matrices.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _map = ChartSpec.Single("map", Named(720), Named(720), Map(720, random));
        _grid = new ChartSpec
        {
            Title = "grid",
            Columns = 8,
            SharedScale = true,
            Panels = [.. Enumerable.Range(0, 40)
                .Select(_ => new ChartPanel { X = Named(120), Y = Named(120), Marks = [Map(120, random)] })],
        };
    }

    /// <summary>720 × 720 as PNG.</summary>
    [Benchmark]
    public byte[] MapAsPng() => ChartRenderer.Png(_map);

    /// <summary>720 × 720 as SVG.</summary>
    [Benchmark]
    public string MapAsSvg() => ChartRenderer.Svg(_map);

    /// <summary>40 × 120 × 120 as PNG.</summary>
    [Benchmark]
    public byte[] GridAsPng() => ChartRenderer.Png(_grid);

    private static ChartAxis Named(int count) => ChartAxis.Named(
        "element", [.. Enumerable.Range(0, count).Select(i => $"({i % 5} {(i + 1) % 5} {(i + 2) % 5})")]);

    private static HeatMapMark Map(int n, Random random) => new()
    {
        Matrix = ChartMatrix.Build(n, n, (_, _) => (float)(random.NextDouble() - 0.5)),
        Colors = ColorScale.Diverging("value"),
        SquareCells = true,
    };
}
