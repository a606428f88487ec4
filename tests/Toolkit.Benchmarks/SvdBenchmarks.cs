using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Benchmarks;

/// <summary>
/// Where torch.linalg overtakes MathNet, and what streaming costs: singular values of random float64 matrices.
/// </summary>
/// <remarks>
/// <para>
/// Measured on two cores that other work kept busy, so trust the order of magnitude alone (± is the standard
/// deviation):
/// </para>
/// <code>
/// size   Managed            Torch              TorchValuesAlone   StreamingSixteenTimesTaller
///   24   0.50 ± 0.07 ms     0.36 ± 0.05 ms     0.086 ± 0.003 ms   2.8 ± 0.4 ms
///   64   3.5  ± 0.7  ms     not stable         14 ± 11 ms         34  ± 4   ms
///  128   31   ± 2    ms
/// </code>
/// <para>What it does not prove: where exactly torch.linalg overtakes on a quiet machine (beyond some tens of rows it
/// is ahead, but its threads suffer most from company), and anything about sizes over 128; those are to be measured
/// where nothing else runs.</para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *Svd*</c></para>
/// </remarks>
[InProcess]
[WarmupCount(1)]
[IterationCount(5)]
public class SvdBenchmarks
{
    private HostMatrix _matrix = null!;

    /// <summary>Rows and columns of the square matrix.</summary>
    [Params(24, 64, 128, 256, 512)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        _matrix = new HostMatrix(
            Size, Size, [.. Enumerable.Range(0, Size * Size).Select(_ => random.NextDouble() - 0.5)]);
    }

    /// <summary>Values and vectors by MathNet.Numerics.</summary>
    [Benchmark(Baseline = true)]
    public Svd Managed() => Svd.Of(_matrix, SvdBackend.Managed);

    /// <summary>Values and vectors by torch.linalg.</summary>
    [Benchmark]
    public Svd Torch() => Svd.Of(_matrix, SvdBackend.Torch);

    /// <summary>Values alone by torch.linalg.</summary>
    [Benchmark]
    public double[] TorchValuesAlone() => SingularValues.Of(_matrix, SvdBackend.Torch);

    /// <summary>Values and right vectors of sixteen such matrices below each other, block by block.</summary>
    [Benchmark]
    public double[] StreamingSixteenTimesTaller()
    {
        var streaming = new StreamingSvd(Size);
        for (var block = 0; block < 16; block++)
        {
            streaming.Add(_matrix.Values);
        }

        return streaming.Result().Values;
    }
}
