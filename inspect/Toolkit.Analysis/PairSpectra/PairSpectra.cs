using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Tables;
using Toolkit.Models.Representations;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Toolkit.Analysis.PairSpectra;

/// <summary>
/// The group Fourier transform of every hidden neuron on G × G: its power in every pair of irreps ρ(x) ⊗ σ(y).
/// </summary>
/// <remarks>
/// <para>
/// With F_j[x, y] = H_j(x, y) and an orthonormal basis B_ρ of the span of ρ's matrix elements (√(d/n)·ρ_ij for real
/// type), power(ρ, σ) = ‖P_ρ F_j P_σ‖² = ‖B_ρᵀ F_j B_σ‖². Over all pairs it is ‖F_j‖² (Parseval). power(ρ, trivial) is
/// what depends on x alone, percent_hidden_x of ρ; power(trivial, σ) what depends on y alone; what depends on the
/// product xy lies in power(ρ, ρ). Fourier transform on groups: D. Stander et al., "Grokking Group Multiplication with
/// Cosets" (ICML 2024); on pairs for cyclic groups N. Nanda et al. (2023).
/// </para>
/// <para>
/// The bases are n × n together; a basis of n² rows is never built. Cost: 4·n³·h multiplications and additions (S6, 512
/// neurons: 7.6·10¹¹). Memory:
/// <see cref="HeldBytes"/> of activations at most, then another pass over the pairs for the next neurons. Binary64,
/// above <see cref="DoubleWork"/> operations binary32.
/// </para>
/// </remarks>
public static class PairSpectra
{
    /// <summary>
    /// Groups above this order are left out: at n = 1,000 and 128 neurons the transform takes 5·10¹¹ operations.
    /// </summary>
    public const int MaximumOrder = 1000;

    /// <summary>Activations held at a time, where they are not in memory anyway.</summary>
    public const long HeldBytes = 256L << 20;

    /// <summary>Shares of a neuron's variance below this have no row in "pair_spectra".</summary>
    public const double LeastNeuronShare = 1e-3;

    /// <summary>Shares of a cluster's variance below this have no row in "pair_power".</summary>
    public const double LeastClusterShare = 1e-6;

    /// <summary>The name of all neurons together among the clusters of "pair_power".</summary>
    public const string All = "all";

    /// <summary>Float64 values of the neurons that one thread transforms together.</summary>
    private const long BatchBytes = 16L << 20;

    /// <summary>Operations up to which everything is binary64.</summary>
    private const double DoubleWork = 1e11;

    /// <summary>
    /// Parseval in binary32: sums of 1,000 products of numbers of relative precision 6·10⁻⁸, with a margin of 100.
    /// </summary>
    private const double SingleTolerance = 1e-5;

    /// <summary>Transforms every neuron.</summary>
    /// <param name="irreps">All irreps of the group.</param>
    /// <param name="moments">The first pass; it holds the hidden layer of networks that read it out directly.</param>
    /// <param name="hidden">Shows the hidden layer again; null where <paramref name="moments"/> hold it.</param>
    /// <param name="cancellation">Stops between two blocks of neurons.</param>
    /// <returns>The powers.</returns>
    public static PairSpectrum Measure(
        IrrepTable irreps,
        GroupNetworkMoments moments,
        HiddenRows? hidden = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(moments);
        var (n, h, m) = (irreps.Group.Order, moments.HiddenWidth, irreps.Count);
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var isDouble = 4.0 * n * n * n * h <= DoubleWork;
        var type = isDouble ? ScalarType.Float64 : ScalarType.Float32;
        var (basis, members) = Basis(irreps, type);
        var power = new double[(long)h * m * m];
        var energy = new double[h];
        foreach (var (first, block) in Blocks(n, h, moments, hidden))
        {
            using (block)
            {
                var width = (int)block.shape[1];
                var step = (int)Math.Clamp(
                    BatchBytes / (8L * n * n), 1, Math.Max(1, width / Environment.ProcessorCount));
                TorchThreads.ForEach((width + step - 1) / step, batch =>
                {
                    var start = batch * step;
                    var count = Math.Min(step, width - start);
                    // [c, n²]
                    var functions = block.narrow(1, start, count).t().contiguous();
                    functions.to(ScalarType.Float64).square().sum(dim: 1).Numbers().CopyTo(energy, first + start);
                    // [c, x, q]
                    var right = functions.to(type).view((long)count * n, n).mm(basis).view(count, n, n);
                    // [c, p, q]
                    var both = basis.t().matmul(right);
                    both.mul_(both);
                    // [c, m, m]
                    var pairs = members.matmul(both).matmul(members.t()).to(ScalarType.Float64);
                    pairs.Numbers().CopyTo(power, (long)(first + start) * m * m);
                }, cancellation);
            }
        }

        return new PairSpectrum(
            [.. irreps.Select(irrep => irrep.Name)], power, energy, isDouble ? SelfTest.Tolerance : SingleTolerance);
    }

    /// <summary>Parseval on G × G over all neurons: the powers sum to the sum of squares.</summary>
    /// <param name="spectrum">The powers.</param>
    /// <returns>The test, which fails where the irreps are wrong or incomplete.</returns>
    public static SelfTest Parseval(PairSpectrum spectrum)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        return SelfTest.Equal(
            "Σ power on G × G / ‖H‖²",
            spectrum.Energy.Sum() == 0 ? 1 : spectrum.Power.Sum() / spectrum.Energy.Sum(),
            1,
            spectrum.Tolerance);
    }

    /// <summary>
    /// The tables "pair_spectra" (neuron by neuron) and "pair_power" (cluster by cluster), both without what is
    /// negligible.
    /// </summary>
    /// <param name="irreps">The irreps.</param>
    /// <param name="spectrum">The powers.</param>
    /// <param name="neurons">The neurons' clusters.</param>
    /// <returns>The outputs; shares are of the variance over pairs, so the pair (trivial, trivial) has none.</returns>
    public static IReadOnlyList<AnalysisOutput> Outputs(
        IrrepTable irreps, PairSpectrum spectrum, IReadOnlyList<NeuronSpectrum> neurons)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(neurons);
        var m = irreps.Count;
        var trivial = Enumerable.Range(0, m).Single(i => irreps[i].IsTrivial);
        var constant = (trivial * m) + trivial;
        double[] variance = [.. Enumerable.Range(0, spectrum.Neurons)
            .Select(j => Math.Max(0, spectrum.Energy[j] - spectrum.Of(j)[constant]))];
        var byNeuron = new Rows(spectrum.Irreps);
        for (var j = 0; j < spectrum.Neurons; j++)
        {
            byNeuron.Add(j, spectrum.Of(j), variance[j], constant, LeastNeuronShare);
        }

        var groups = neurons
            .GroupBy(neuron => neuron.Cluster, StringComparer.Ordinal)
            .OrderByDescending(cluster => cluster.Sum(neuron => variance[neuron.Neuron]))
                .Select(cluster => (Name: cluster.Key, Members: cluster.Select(neuron => neuron.Neuron).ToArray()))
                .Prepend((All, [.. Enumerable.Range(0, spectrum.Neurons)])).ToArray();
        var byCluster = new Rows(spectrum.Irreps);
        for (var c = 0; c < groups.Length; c++)
        {
            var sum = new double[m * m];
            foreach (var j in groups[c].Members)
            {
                TensorPrimitives.Add(sum, spectrum.Of(j), sum);
            }

            byCluster.Add(c, sum, groups[c].Members.Sum(j => variance[j]), constant, LeastClusterShare);
        }

        var parseval = Parseval(spectrum);
        var summary = new
        {
            Method = "group Fourier transform on G × G, ‖P_ρ H P_σ‖² of every neuron (Stander et al., ICML 2024); shares of the variance over pairs",
            Parseval = parseval,
            LeastNeuronShare,
            LeastClusterShare,
        };
        return
        [
            new("pair_spectra", byNeuron.ToTable(TableColumn.Create("neuron", byNeuron.Owners)), summary),
            new("pair_power", byCluster.ToTable(
                TableColumn.Create("cluster", [.. byCluster.Owners.Select(c => groups[c].Name)]),
                TableColumn.Create(
                    "neurons", byCluster.Owners.Select(c => groups[c].Members.Length).ToArray())), summary)
            {
                Headline = $"Hidden layer on G × G: {string.Join(", ", byCluster.Largest(owner: 0, count: 3))} of "
                    + "the variance",
            },
        ];
    }

    /// <summary>
    /// Orthonormal functions on the group, irrep after irrep: [n, n], and 1 where a column belongs to an irrep: [m, n].
    /// </summary>
    private static (Tensor Basis, Tensor Members) Basis(IrrepTable irreps, ScalarType type)
    {
        var n = irreps.Group.Order;
        var columns = new double[(long)n * n];
        var members = new double[(long)irreps.Count * n];
        var next = 0;
        for (var i = 0; i < irreps.Count; i++)
        {
            foreach (var function in IsotypicBasis.Of(irreps[i]))
            {
                for (var g = 0; g < n; g++)
                {
                    columns[((long)g * n) + next] = function[g];
                }

                members[((long)i * n) + next++] = 1;
            }
        }

        return (
            tensor(columns, [n, n], ScalarType.Float64).to(type),
            tensor(members, [irreps.Count, n], ScalarType.Float64).to(type));
    }

    /// <summary>
    /// The hidden layer [n², some neurons] in float32, as many neurons at a time as <see cref="HeldBytes"/> allow.
    /// </summary>
    private static IEnumerable<(int First, Tensor Block)> Blocks(
        int n, int h, GroupNetworkMoments moments, HiddenRows? hidden)
    {
        if (moments.SharesHidden)
        {
            yield return (0, moments.Readout.alias());
            yield break;
        }

        ArgumentNullException.ThrowIfNull(hidden);
        var passes = (int)Math.Ceiling(4.0 * n * n * h / HeldBytes);
        var width = (h + passes - 1) / passes;
        for (var first = 0; first < h; first += width)
        {
            yield return (first, Collect(n, h, first, Math.Min(width, h - first), hidden));
        }
    }

    private static Tensor Collect(int n, int h, int first, int width, HiddenRows hidden)
    {
        var block = empty((long)n * n, width, ScalarType.Float32);
        hidden((x, rows) =>
        {
            using var part = block.narrow(0, (long)x * n, n);
            var target = MemoryMarshal.Cast<byte, float>(part.bytes);
            for (var y = 0; y < n; y++)
            {
                rows.Slice((y * h) + first, width).CopyTo(target[(y * width)..]);
            }
        });
        return block;
    }

    private sealed class Rows(IReadOnlyList<string> irreps)
    {
        private readonly List<int> _owners = [];
        private readonly List<int> _pairs = [];
        private readonly List<double> _power = [];
        private readonly List<double> _share = [];

        public int[] Owners => [.. _owners];

        public void Add(int owner, ReadOnlySpan<double> power, double variance, int constant, double least)
        {
            for (var pair = 0; pair < power.Length; pair++)
            {
                if (pair != constant && variance > 0 && power[pair] >= least * variance)
                {
                    _owners.Add(owner);
                    _pairs.Add(pair);
                    _power.Add(power[pair]);
                    _share.Add(power[pair] / variance);
                }
            }
        }

        /// <summary>The pairs of irreps with the largest shares of one owner, in words.</summary>
        public IEnumerable<string> Largest(int owner, int count) =>
            Enumerable.Range(0, _owners.Count).Where(row => _owners[row] == owner)
                .OrderByDescending(row => _share[row]).Take(count)
                .Select(row =>
                    $"{irreps[_pairs[row] / irreps.Count]} ⊗ {irreps[_pairs[row] % irreps.Count]} "
                        + $"{Words.Percent(_share[row])}");

        public Table ToTable(params ReadOnlySpan<TableColumn> owners) => new([
            .. owners,
            TableColumn.Create("left_irrep", [.. _pairs.Select(pair => irreps[pair / irreps.Count])]),
            TableColumn.Create("right_irrep", [.. _pairs.Select(pair => irreps[pair % irreps.Count])]),
            TableColumn.Create("power", _power.ToArray()),
            TableColumn.Create("share", _share.ToArray()),
        ]);
    }
}
