using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.Representations;
using Toolkit.Models.Representations;

namespace Toolkit.Benchmarks.Representations;

/// <summary>Every key of summary_metrics.json, beside the definitions written out.</summary>
/// <remarks>
/// <para>Measured on two cores with a load of 15 to 20 from other work, three runs each, so the times are upper bounds; random weights:</para>
/// <code>
///                     S5 MLP
/// WithForwardPass   0.37 - 0.46 s
/// BehindIt          0.08 - 0.12 s
/// ByDefinition      2.0  - 4.9  s
/// </code>
/// <para>
/// The set-up compares every key of S5 with the definitions. As a whole process under the same load, in processor seconds (both cores together): <c>inspect group</c> on the
/// published S6 transformer 27 s and 0.88 GB with <c>--keys-only</c>, 61 s and 1.6 GB with every further analysis, 15 to 16 s and 1.5 GB with <c>--keys-only</c> on its capture.
/// </para>
/// <para>What it does not prove: wall time on a free machine, and any time of S6 in this class, which has not been run for want of one.</para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *RepresentationBenchmarks*</c></para>
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
                    throw new InvalidOperationException($"{key}: {keys[key]:R} by closed forms, {expected:R} by definition.");
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

    /// <summary>The keys of each irrep by cubes and bases of n² rows: S5 alone, for a cube of S6 has 3 GB and a basis of 256 columns takes 7·10¹⁰ operations.</summary>
    [Benchmark(Baseline = true)]
    public Dictionary<string, double>? ByDefinition() => Network == "S5 MLP" ? LiteralKeys.Measure(_network, _irreps) : null;
}
