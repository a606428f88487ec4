using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.Representations;

namespace Toolkit.Benchmarks.Representations;

/// <summary>How the cost of all keys grows with the order of the group: C_n, one-layer MLP of 128 neurons, behind the forward pass.</summary>
/// <remarks>
/// <para>Measured on two cores with a load of 15 to 20 from other work, the least of three runs, so trust the growth alone:</para>
/// <code>
///   n    irreps m   measured   0.08 s + 7.0·10⁻⁸ s·n³
///  50      26       0.089 s    0.089 s
/// 100      51       0.14  s    0.15  s
/// 200     101       0.68  s    0.64  s
/// 400     201       4.6   s    4.6   s
/// </code>
/// <para>
/// The cost is O(n³·(r + m)) (see <see cref="RepresentationAnalysis"/>), r = 128 here; up to n = 400 the terms in n³ alone, of which the exponentials are the largest, explain the time,
/// and the products of n³·m ≈ n⁴/2 do not show yet. What it does not prove: n = 800, whose run was cut short (at least 36 s by this fit), and times on a free machine.
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
