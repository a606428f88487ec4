using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.Representations;

namespace Toolkit.Benchmarks.Representations;

/// <summary>How the cost of all keys grows with the order of the group: C_n, one-layer MLP of 128 neurons, behind the forward pass.</summary>
/// <remarks>
/// MEASURED
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
