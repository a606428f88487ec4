using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.CausalBattery;

/// <summary>What becomes of the loss when embeddings, the pre-activation or the activation of single neurons are tampered with.</summary>
/// <remarks>
/// <para>
/// D. Stander et al., "Grokking Group Multiplication with Cosets" (ICML 2024), whose noise and mean-ablation variants return sums of the loss; here every
/// variant is the same mean cross-entropy, in float64. With a the pre-activation of the last hidden layer: |a|, ReLU(−a), embeddings swapped (the network reads (b, a), the answer stays
/// ab), one embedding negated, noise N(μ, σ²) added to a, and the mean over all pairs in place of a cluster of neurons or of a single one. What reaches the logits beside the hidden layer
/// (a transformer's residual stream) and a bias behind the ReLU stay as they are in the run.
/// </para>
/// <para>
/// The network runs in ONNX Runtime, for changed embeddings with an edited graph; the logits are linear in what it gives. Cost: n²·h·n multiplications for each variant. Where all of them together exceed
/// <see cref="MostOperations"/>, a random part of the right elements is taken for every left one, the same for all variants.
/// </para>
/// </remarks>
public static class CausalBattery
{
    /// <summary>Multiplications for all variants, above which pairs are sampled.</summary>
    public const double MostOperations = 2e11;

    /// <summary>Logits computed for the ablations of single neurons, above which pairs are sampled.</summary>
    public const double MostAblatedLogits = 2.5e8;

    private const int PairsPerRun = 2048;

    /// <summary>The row of the network as it is.</summary>
    private const string Untouched = "none";

    private static readonly (double Mean, double Deviation)[] Noise = [(0, 0.1), (0, 1), (1, 1), (-1, 1)];

    /// <summary>Runs the battery.</summary>
    /// <param name="task">The task.</param>
    /// <param name="network">The network.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass, for the mean activations.</param>
    /// <param name="spectra">The neurons' clusters.</param>
    /// <param name="seed">Of the noise and of the sample of pairs.</param>
    /// <param name="cancellation">Stops between two interventions.</param>
    /// <returns>The tables "causal", one row for each intervention (an empty loss and the reason where it makes no sense), and "neuron_ablation".</returns>
    public static IReadOnlyList<AnalysisOutput> Measure(
        GroupTask task,
        GroupNetworkSource network,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        IReadOnlyList<NeuronSpectrum> spectra,
        int seed = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(spectra);
        using var grad = no_grad();
        return new Battery(task, network, weights, moments, spectra, seed, cancellation).Run();
    }

    private sealed class Battery(
        GroupTask task,
        GroupNetworkSource network,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        IReadOnlyList<NeuronSpectrum> spectra,
        int seed,
        CancellationToken cancellation)
    {
        private readonly int _n = task.Group.Order;
        private readonly int _h = moments.HiddenWidth;
        private readonly List<Result> _results = [];

        public IReadOnlyList<AnalysisOutput> Run()
        {
            using var scope = NewDisposeScope();
            var unembed = Single(weights.Unembed);
            var residual = weights.Readout is null ? null : Single(weights.Readout);
            var average = tensor(Enumerable.Range(0, _h).Select(j => (float)Mean(j)).ToArray(), ScalarType.Float32);
            var clusters = spectra.GroupBy(spectrum => spectrum.Cluster, StringComparer.Ordinal).OrderBy(cluster => cluster.Key, StringComparer.Ordinal).ToArray();
            var share = Math.Min(1, MostOperations / ((double)_n * _n * _n * _h * (clusters.Length + 6 + Noise.Length)));
            var pairs = Pairs((int)Math.Ceiling(share * _n));
            using var generator = new Generator((ulong)seed);

            using (var plain = TamperedNetwork.Open(network, _n, _h, EmbeddingChange.None))
            {
                var changes = Changes(clusters, average, generator, plain.HasPreActivation);
                Measure(plain, pairs, isSwapped: false, unembed, residual, changes);
                Measure(plain, pairs, isSwapped: true, unembed, residual, [new("embeddings swapped", (_, hidden) => hidden)]);
            }

            foreach (var (change, name) in ((EmbeddingChange, string)[])
                [(EmbeddingChange.LeftNegated, "left embedding negated"), (EmbeddingChange.RightNegated, "right embedding negated")])
            {
                try
                {
                    using var changed = TamperedNetwork.Open(network, _n, _h, change);
                    Measure(changed, pairs, isSwapped: false, unembed, residual, [new(name, (_, hidden) => hidden)]);
                }
                catch (BadInputException fault)
                {
                    _results.Add(new(name, double.NaN, double.NaN, fault.Message));
                }
            }

            var table = new Table(
                TableColumn.Create("intervention", [.. _results.Select(result => result.Intervention)]),
                TableColumn.Create("loss", _results.Select(result => result.Loss).ToArray()),
                TableColumn.Create("accuracy", _results.Select(result => result.Accuracy).ToArray()),
                TableColumn.Create("pairs", Enumerable.Repeat(pairs.Length, _results.Count).ToArray()),
                TableColumn.Create("why_not", [.. _results.Select(result => result.WhyNot)]));
            return
            [
                new("causal", table, new
                {
                    Method = "interventions on embeddings, pre-activation and neurons (Stander et al., ICML 2024); mean cross-entropy",
                    Seed = seed,
                    Pairs = pairs.Length,
                    AllPairs = task.PairCount,
                })
                {
                    Headline = $"Causal: mean loss {string.Join(", ", _results.Where(result => result.WhyNot is null).Select(result =>
                        $"{(result.Intervention == Untouched ? "untouched" : result.Intervention)} {Words.Number(result.Loss)}"))}"
                        + $"{(pairs.Length < task.PairCount ? $" (on {pairs.Length} of {task.PairCount} pairs)" : string.Empty)}",
                },
                Neurons(pairs, unembed, residual, average),
            ];
        }

        private List<Change> Changes(
            IReadOnlyList<IGrouping<string, NeuronSpectrum>> clusters, Tensor average, Generator generator, bool hasPreActivation)
        {
            const string Linear = "the hidden layer is no ReLU of a pre-activation";
            List<Change> changes =
            [
                new(Untouched, (_, hidden) => hidden),
                new("|a|", hasPreActivation ? (a, hidden) => hidden + a!.neg().relu() : null, Linear),
                new("ReLU(-a)", hasPreActivation ? (a, hidden) => hidden - a! : null, Linear),
            ];
            foreach (var (mean, deviation) in Noise)
            {
                changes.Add(new($"noise N({mean}, {deviation}²)", hasPreActivation
                    ? (a, hidden) => hidden - a!.relu() + (a + randn(a.shape, generator: generator).mul_(tensor((float)deviation)).add_(tensor((float)mean))).relu()
                    : null, Linear));
            }

            foreach (var cluster in clusters)
            {
                var keep = new float[_h];
                Array.Fill(keep, 1);
                foreach (var spectrum in cluster)
                {
                    keep[spectrum.Neuron] = 0;
                }

                var mask = tensor(keep, ScalarType.Float32);
                var replacement = average * (ones_like(mask) - mask);
                changes.Add(new($"mean ablation of {cluster.Key} ({cluster.Count()} neurons)", (_, hidden) => (hidden * mask) + replacement));
            }

            return changes;
        }

        private void Measure(TamperedNetwork tampered, Pair[] pairs, bool isSwapped, Tensor unembed, Tensor? residual, List<Change> changes)
        {
            var losses = new double[changes.Count];
            var right = new long[changes.Count];
            foreach (var chunk in pairs.Chunk(PairsPerRun))
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var (a, hidden, beside) = Activations(tampered, chunk, isSwapped);
                var rest = beside?.mm(residual!);
                var labels = Labels(chunk);
                for (var i = 0; i < losses.Length; i++)
                {
                    if (changes[i].Activation is { } activation)
                    {
                        using var inner = NewDisposeScope();
                        var logits = activation(a, hidden).mm(unembed);
                        var (loss, correct) = Loss(rest is null ? logits : logits + rest, labels);
                        losses[i] += loss.sum().Number();
                        right[i] += correct;
                    }
                }
            }

            _results.AddRange(changes.Select((change, i) => change.Activation is null
                ? new Result(change.Name, double.NaN, double.NaN, change.WhyNot)
                : new Result(change.Name, losses[i] / pairs.Length, (double)right[i] / pairs.Length, null)));
        }

        /// <summary>The mean activation in place of every neuron in turn: ℓ + (mean − h_j)·u_j.</summary>
        private AnalysisOutput Neurons(Pair[] pairs, Tensor unembed, Tensor? residual, Tensor average)
        {
            var most = (int)Math.Clamp(MostAblatedLogits / ((double)_n * _h), 1, pairs.Length);
            var random = new Random(seed);
            var sample = most == pairs.Length ? pairs : [.. pairs.OrderBy(_ => random.Next()).Take(most)];
            var sums = new double[_h];
            double baseline = 0;
            using (var plain = TamperedNetwork.Open(network, _n, _h, EmbeddingChange.None))
            {
                foreach (var chunk in sample.Chunk(PairsPerRun))
                {
                    using var scope = NewDisposeScope();
                    var (_, hidden, beside) = Activations(plain, chunk, isSwapped: false);
                    var logits = hidden.mm(unembed);
                    logits = (beside is null ? logits : logits + beside.mm(residual!)).to(ScalarType.Float64);
                    var labels = Labels(chunk);
                    var rows = unembed.to(ScalarType.Float64);
                    var lacking = (average.unsqueeze(0) - hidden).to(ScalarType.Float64);
                    baseline += Loss(logits, labels).Losses.sum().Number();
                    for (var j = 0; j < _h; j++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        using var inner = NewDisposeScope();
                        sums[j] += Loss(logits + (lacking.narrow(1, j, 1) * rows[j].unsqueeze(0)), labels).Losses.sum().Number();
                    }
                }
            }

            var table = new Table(
                TableColumn.Create("neuron", spectra.Select(spectrum => spectrum.Neuron).ToArray()),
                TableColumn.Create("cluster", [.. spectra.Select(spectrum => spectrum.Cluster)]),
                TableColumn.Create("loss", spectra.Select(spectrum => sums[spectrum.Neuron] / sample.Length).ToArray()),
                TableColumn.Create("loss_increase", spectra.Select(spectrum => (sums[spectrum.Neuron] - baseline) / sample.Length).ToArray()));
            var worst = Enumerable.Range(0, _h).MaxBy(j => sums[j]);
            return new("neuron_ablation", table, new
            {
                Method = "each neuron replaced by its mean over all pairs (Stander et al., ICML 2024); mean cross-entropy",
                Loss = baseline / sample.Length,
                Pairs = sample.Length,
                AllPairs = task.PairCount,
            })
            {
                Headline = $"Single neurons: the mean in place of neuron {worst} ({spectra[worst].Cluster}) hurts most, loss {Words.Number(sums[worst] / sample.Length)}"
                    + $"{(sample.Length < task.PairCount ? $" (on {sample.Length} of {task.PairCount} pairs)" : string.Empty)}",
            };
        }

        private (Tensor? Before, Tensor Hidden, Tensor? Residual) Activations(TamperedNetwork tampered, Pair[] chunk, bool isSwapped)
        {
            long[] left = [.. chunk.Select(pair => (long)pair.A)], right = [.. chunk.Select(pair => (long)pair.B)];
            return isSwapped ? tampered.Run(right, left, cancellation) : tampered.Run(left, right, cancellation);
        }

        private Tensor Labels(Pair[] chunk) => tensor(chunk.Select(pair => (long)task.Group.Multiply(pair.A, pair.B)).ToArray(), ScalarType.Int64).unsqueeze(1);

        private static (Tensor Losses, long Right) Loss(Tensor logits, Tensor labels)
        {
            var wide = logits.to(ScalarType.Float64);
            var correct = wide.gather(1, labels).squeeze(1);
            return (wide.logsumexp(1) - correct, correct.ge(wide.amax([1])).sum().WholeNumber());
        }

        private Pair[] Pairs(int perLeft)
        {
            var random = new Random(seed);
            int[] all = [.. Enumerable.Range(0, _n)];
            return [.. all.SelectMany(a =>
            {
                if (perLeft < _n)
                {
                    random.Shuffle(all);
                }

                return all.Take(perLeft).Order().Select(b => new Pair(a, b)).ToArray();
            }).ToArray()];
        }

        private double Mean(int neuron)
        {
            double sum = 0;
            for (var x = 0; x < _n; x++)
            {
                sum += moments.LeftSums[(x * _h) + neuron];
            }

            return sum / task.PairCount;
        }

        private static Tensor Single(HostMatrix matrix) => tensor(matrix.Values, [matrix.Rows, matrix.Columns], ScalarType.Float64).to(ScalarType.Float32);
    }

    private sealed record Change(string Name, Func<Tensor?, Tensor, Tensor>? Activation, string? WhyNot = null);

    private sealed record Result(string Intervention, double Loss, double Accuracy, string? WhyNot);

    private readonly record struct Pair(int A, int B);
}
