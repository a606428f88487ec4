using BenchmarkDotNet.Attributes;
using Toolkit.Analysis.WeightSpectra;
using Toolkit.Formats.Tensors;
using static TorchSharp.torch;

namespace Toolkit.Benchmarks;

/// <summary>Everything that is computed about one 4096 × 4096 weight, against its singular values alone.</summary>
/// <remarks>
/// <para>
/// Measured as processor time of two threads on a heavily shared AMD EPYC (libtorch 2.10), one run each, so that only
/// ratios near 1 mean much:
/// </para>
/// <code>
/// Size   svdvals   whole spectrum   random control alone
/// 1024     3.7 s            3.2 s                 0.04 s
/// 2048    29.2 s           19.1 s                 0.15 s
/// 4096    74.0 s           73.0 s                         (wall time 264 s and 249 s)
/// </code>
/// <para>What is added to the singular values does not show: the control matrix costs O(n²) because its spectrum is
/// drawn, not decomposed. On the same machine with little else running, one run each: `inspect weights` of a file with
/// one such float32 matrix, the whole process, 30.2 s of wall time (35.2 s of processor time, 614 MiB), against 61.5 s
/// of torch.linalg.svdvals alone in Debian's PyTorch 1.13 (binary32, reference BLAS, one thread). What it does not
/// prove: anything about a PyTorch with MKL in binary32, which has half the arithmetic of the binary64 here.</para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *WeightSpectra*</c></para>
/// </remarks>
[InProcess]
[WarmupCount(1)]
[IterationCount(3)]
public class WeightSpectraBenchmarks
{
    private Tensor _matrix = null!;
    private WeightMatrix _weight = null!;

    [Params(1024, 4096)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _matrix = randn(Size, Size, dtype: float64);
        _weight = WeightMatrix.Unfold(
            "w", HostTensor.Create<double>(
                ElementType.Float64, new TensorShape(Size, Size), _matrix.data<double>().ToArray()));
    }

    [GlobalCleanup]
    public void CleanUp() => _matrix.Dispose();

    /// <summary>torch.linalg.svdvals in binary64.</summary>
    [Benchmark(Baseline = true)]
    public double SingularValuesAlone()
    {
        using var values = linalg.svdvals(_matrix);
        return values[0].item<double>();
    }

    /// <summary>Singular values, statistics, power law with 100 samples, Marchenko–Pastur, random control.</summary>
    [Benchmark]
    public double WholeSpectrum() => WeightSpectrum.Of(_weight).Statistics.EffectiveRank;
}
