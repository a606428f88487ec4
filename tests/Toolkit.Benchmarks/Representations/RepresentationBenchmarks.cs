using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.Representations;
using Toolkit.Models.Representations;

namespace Toolkit.Benchmarks.Representations;

/// <summary>Every key of summary_metrics.json, beside the definitions written out.</summary>
/// <remarks>
/// <para>Measured on two quiet cores of an AMD EPYC, means of three; random weights:</para>
/// <code>
///                    S5 MLP    S6 MLP   S6 T
/// WithForwardPass    0.071 s   4.1 s    8.6 s
/// BehindIt           0.032 s   2.0 s    3.5 s
/// ByDefinition       0.63  s   -        -
/// </code>
/// <para>
/// The set-up compares every key of S5 with the definitions; those of S6 would need cubes of 720³ numbers for every
/// irrep. As a whole process on the published S6 transformer: <c>inspect group --keys-only</c> 9.7 to 10.5 s and 0.90
/// GB with the forward pass, 8.7 to 9.1 s and 1.5 GB on its capture (of it 4.1 s for reading), 32 s and 1.6 GB with
/// every further analysis.
/// </para>
/// <para>
/// What it does not prove: that the definitions are the fastest that one could write down; they are what the notebook
/// and the published code compute.
/// </para>
/// <para>
/// Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *RepresentationBenchmarks*</c>
/// </para>
/// </remarks>
[InProcess]
[MinColumn, MaxColumn]
[WarmupCount(1)]
[IterationCount(3)]
public class RepresentationBenchmarks
{
    /// <summary>Float32 logits, and sums of 14,400 numbers in two orders.</summary>
    private const double Tolerance = 1e-5;

    private RandomGroupNetwork _network = null!;
    private GroupNetworkMoments _moments = null!;
    private IrrepTable _irreps = null!;

    /// <summary>Group and architecture.</summary>
    [Params("S5 MLP", "S6 MLP", "S6 T")]
    public string Network { get; set; } = "S5 MLP";

    [GlobalSetup]
    public void SetUp()
    {
        _network = new RandomGroupNetwork(Network[..2], Network.EndsWith('T'));
        _irreps = IrrepTable.Of(_network.Task.Group);
        _moments = _network.Run();
        if (Network == "S5 MLP")
        {
            var keys = _network.Measure(_moments);
            foreach (var (key, expected) in LiteralKeys.Measure(_network, _irreps))
            {
                if (Math.Abs(keys[key] - expected) > Tolerance * Math.Max(Math.Abs(expected), 1e-3))
                {
                    throw new InvalidOperationException(
                        $"{key}: {keys[key]:R} by closed forms, {expected:R} by definition.");
                }
            }
        }
    }

    [GlobalCleanup]
    public void CleanUp() => _moments.Dispose();

    /// <summary>Every key, the forward pass in ONNX Runtime included.</summary>
    [Benchmark]
    public RepresentationMetrics WithForwardPass()
    {
        using var moments = _network.Run();
        return _network.Measure(moments);
    }

    /// <summary>Every key behind the forward pass.</summary>
    [Benchmark]
    public RepresentationMetrics BehindIt() => _network.Measure(_moments);

    /// <summary>
    /// The keys of each irrep by cubes and bases of n² rows: S5 alone, for a cube of S6 has 3 GB and a basis of 256
    /// columns takes 7·10¹⁰ operations.
    /// </summary>
    [Benchmark(Baseline = true)]
    public Dictionary<string, double>? ByDefinition() =>
        Network == "S5 MLP" ? LiteralKeys.Measure(_network, _irreps) : null;
}
