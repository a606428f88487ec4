using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.Representations;

namespace Toolkit.Benchmarks.Representations;

/// <summary>
/// How the cost of all keys grows with the order of the group: C_n, one-layer MLP of 128 neurons, behind the forward
/// pass.
/// </summary>
/// <remarks>
/// <para>Measured on two quiet cores of an AMD EPYC, means of three:</para>
/// <code>
///   n    irreps m   measured   0.013 s + 1.48·10⁻⁸ s·n³ + 1.43·10⁻¹¹ s·n⁴
///  50      26        0.013 s    0.015 s
/// 100      51        0.033 s    0.029 s
/// 200     101        0.139 s    0.154 s
/// 400     201        1.31  s    1.32  s
/// 800     401       13.4   s   13.4   s
/// </code>
/// <para>
/// The cost is O(n³·(r + m)) (see <see cref="RepresentationAnalysis"/>), r = 128 here and m ≈ n/2: up to n = 400 the
/// exponentials and the products with r dominate, at n = 800 the n³·m ≈ n⁴/2 multiplications come to 44 % of the time.
/// What it does not prove: other widths, and groups with few large irreps (m small), which stay with n³.
/// </para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *CyclicBenchmarks*</c></para>
/// </remarks>
[InProcess]
[WarmupCount(1)]
[IterationCount(3)]
public class CyclicBenchmarks
{
    private RandomGroupNetwork _network = null!;
    private GroupNetworkMoments _moments = null!;

    /// <summary>n.</summary>
    [Params(50, 100, 200, 400, 800)]
    public int Order { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _network = new RandomGroupNetwork($"C{Order}", isTransformer: false);
        _moments = _network.Run();
    }

    [GlobalCleanup]
    public void CleanUp() => _moments.Dispose();

    [Benchmark]
    public RepresentationMetrics Keys() => _network.Measure(_moments);
}
