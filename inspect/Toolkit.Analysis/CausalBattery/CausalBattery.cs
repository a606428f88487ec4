using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.CausalBattery;

/// <summary>What becomes of the loss when the pre-activation a(x, y) = l(x) + r(y) of a one-layer network is tampered with.</summary>
/// <remarks>
/// D. Stander et al., "Grokking Group Multiplication with Cosets" (ICML 2024), whose noise and mean-ablation variants return sums of the loss; here every
/// variant is the same mean cross-entropy over all pairs, in float64. Interventions: |a|, ReLU(−a), embeddings swapped, one embedding negated, noise
/// N(μ, σ²) added to a, and each cluster of neurons replaced by its mean activation over all pairs. Cost: n²·h·n multiplications each.
/// </remarks>
public static class CausalBattery
{
    /// <summary>The largest relative deviation of ReLU(l(x) + r(y)) from the captured hidden layer for a network to count as of this form (float32 sums in another order).</summary>
    public const double FormTolerance = 1e-4;

    private static readonly (double Mean, double Deviation)[] Noise = [(0, 0.1), (0, 1), (1, 1), (-1, 1)];

    /// <summary>Runs the battery.</summary>
    /// <param name="task">The task.</param>
    /// <param name="weights">Effective weights; embeddings with one column for each neuron.</param>
    /// <param name="moments">The first pass, which tells whether the network is of the form.</param>
    /// <param name="spectra">The neurons' clusters.</param>
    /// <param name="seed">Of the noise.</param>
    /// <param name="cancellation">Stops between two interventions.</param>
    /// <returns>The table "causal", one row for each intervention; null where the hidden layer is not ReLU(l(x) + r(y)) or is not read out directly.</returns>
    public static AnalysisOutput? Measure(
        GroupTask task,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        IReadOnlyList<NeuronSpectrum> spectra,
        long seed = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(spectra);
        if (!moments.SharesHidden || weights.EmbedX.Columns != moments.HiddenWidth)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var network = new Network(task, weights);
        if (!network.HasForm(moments))
        {
            return null;
        }

        var results = new List<(string Intervention, double Loss, double Accuracy)>();
        void Run(string name, Func<Tensor, Tensor, Tensor> activation, bool swapped = false)
        {
            cancellation.ThrowIfCancellationRequested();
            var (loss, accuracy) = network.Evaluate(activation, swapped);
            results.Add((name, loss, accuracy));
        }

        Run("none", (l, r) => (l + r).relu());
        Run("|a|", (l, r) => (l + r).abs());
        Run("ReLU(-a)", (l, r) => (l + r).neg().relu());
        Run("embeddings swapped", (l, r) => (l + r).relu(), swapped: true);
        Run("left embedding negated", (l, r) => (r - l).relu());
        Run("right embedding negated", (l, r) => (l - r).relu());
        using var generator = new Generator((ulong)seed);
        foreach (var (mean, deviation) in Noise)
        {
            using Scalar shift = mean;
            using Scalar scale = deviation;
            Run($"noise N({mean}, {deviation}²)", (l, r) => (l + r + (randn(r.shape, generator: generator) * scale) + shift).relu());
        }

        var average = tensor(Enumerable.Range(0, moments.HiddenWidth).Select(j => (float)network.MeanActivation(moments, j)).ToArray(), ScalarType.Float32);
        foreach (var cluster in spectra.GroupBy(spectrum => spectrum.Cluster, StringComparer.Ordinal).OrderBy(cluster => cluster.Key, StringComparer.Ordinal))
        {
            var keep = new float[moments.HiddenWidth];
            Array.Fill(keep, 1);
            foreach (var spectrum in cluster)
            {
                keep[spectrum.Neuron] = 0;
            }

            var mask = tensor(keep, ScalarType.Float32);
            var replacement = average * (ones_like(mask) - mask);
            Run($"mean ablation of {cluster.Key} ({cluster.Count()} neurons)", (l, r) => ((l + r).relu() * mask) + replacement);
        }

        var table = new Table(
            TableColumn.Create("intervention", [.. results.Select(result => result.Intervention)]),
            TableColumn.Create("loss", results.Select(result => result.Loss).ToArray()),
            TableColumn.Create("accuracy", results.Select(result => result.Accuracy).ToArray()));
        return new("causal", table, new
        {
            Method = "interventions on the pre-activation (Stander et al., ICML 2024); mean cross-entropy over all pairs",
            Seed = seed,
            Pairs = task.PairCount,
        });
    }

    private sealed class Network(GroupTask task, GroupNetworkWeights weights)
    {
        private readonly FiniteGroup _group = task.Group;
        private readonly Tensor _left = Single(weights.EmbedX);
        private readonly Tensor _right = Single(weights.EmbedY);
        private readonly Tensor _unembed = Single(weights.Unembed);

        /// <summary>Whether ReLU(l(x) + r(y)), summed over y, is what was captured.</summary>
        public bool HasForm(GroupNetworkMoments moments)
        {
            double worst = 0;
            double largest = 0;
            for (var x = 0; x < _group.Order; x += Math.Max(1, _group.Order / 8))
            {
                using var scope = NewDisposeScope();
                var sums = (_left[x] + _right).relu().to(ScalarType.Float64).sum(dim: 0).Numbers();
                for (var j = 0; j < sums.Length; j++)
                {
                    var captured = moments.LeftSums[(x * sums.Length) + j];
                    worst = Math.Max(worst, Math.Abs(sums[j] - captured));
                    largest = Math.Max(largest, Math.Abs(captured));
                }
            }

            return worst <= FormTolerance * largest;
        }

        public double MeanActivation(GroupNetworkMoments moments, int neuron)
        {
            double sum = 0;
            for (var x = 0; x < _group.Order; x++)
            {
                sum += moments.LeftSums[(x * moments.HiddenWidth) + neuron];
            }

            return sum / task.PairCount;
        }

        public (double Loss, double Accuracy) Evaluate(Func<Tensor, Tensor, Tensor> activation, bool swapped)
        {
            double loss = 0;
            long right = 0;
            var (first, second) = swapped ? (_right, _left) : (_left, _right);
            for (var x = 0; x < _group.Order; x++)
            {
                using var scope = NewDisposeScope();
                var logits = activation(first[x].unsqueeze(0), second).mm(_unembed).to(ScalarType.Float64);        // [n, n]
                var labels = tensor([.. _group.Row(x).ToArray().Select(z => (long)z)], ScalarType.Int64).unsqueeze(1);
                var correct = logits.gather(1, labels).squeeze(1);
                loss += (logits.logsumexp(1) - correct).sum().Number();
                right += correct.ge(logits.amax([1])).sum().WholeNumber();
            }

            return (loss / task.PairCount, (double)right / task.PairCount);
        }

        private static Tensor Single(HostMatrix matrix) =>
            tensor(matrix.Values, [matrix.Rows, matrix.Columns], ScalarType.Float64).to(ScalarType.Float32);
    }
}
