using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Toolkit.Analysis.CausalBattery;

/// <summary>
/// What becomes of the loss when embeddings, the pre-activation or the activation of single neurons are tampered with.
/// </summary>
/// <remarks>
/// <para>
/// D. Stander et al., "Grokking Group Multiplication with Cosets" (ICML 2024), whose noise and mean-ablation variants
/// return sums of the loss; here every variant is the same mean cross-entropy, in float64. With a the pre-activation of
/// the last hidden layer: |a|, ReLU(−a), embeddings swapped (the network reads (b, a), the answer stays ab), one
/// embedding negated, noise N(μ, σ²) added to a, and the mean over all pairs in place of a cluster of neurons or of a
/// single one. What reaches the logits beside the hidden layer (a transformer's residual stream) and a bias behind the
/// ReLU stay as they are in the run.
/// </para>
/// <para>
/// The network runs in ONNX Runtime, for changed embeddings with an edited graph; the logits are linear in what it
/// gives, so the ablations of all clusters together cost one product. Each core takes some pairs at a time. Cost:
/// n²·h·n multiplications for each variant. Where all of them together exceed
/// <see cref="MostOperations"/>, a random part of the right elements is taken for every left one, the same for all
/// variants.
/// </para>
/// </remarks>
public static class CausalBattery
{
    /// <summary>Multiplications for all variants, above which pairs are sampled.</summary>
    public const double MostOperations = 2e11;

    /// <summary>Logits computed for the ablations of single neurons, above which pairs are sampled.</summary>
    public const double MostAblatedLogits = 2.5e8;

    private const int PairsPerRun = 1024;

    /// <summary>Pairs whose logits stay in the second cache while neuron after neuron is ablated.</summary>
    private const int PairsPerBlock = 32;

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
    /// <returns>The tables "causal", one row for each intervention (an empty loss and the reason where it makes no
    /// sense), and "neuron_ablation".</returns>
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
        return new Battery(task, network, weights, moments, spectra, seed, cancellation).Measure();
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

        public IReadOnlyList<AnalysisOutput> Measure()
        {
            using var scope = NewDisposeScope();
            var unembed = Single(weights.Unembed);
            var residual = weights.Readout is null ? null : Single(weights.Readout);
            var average = tensor(Enumerable.Range(0, _h).Select(j => (float)Mean(j)).ToArray(), ScalarType.Float32);
            var clusters = spectra
                .GroupBy(spectrum => spectrum.Cluster, StringComparer.Ordinal)
                .OrderBy(cluster => cluster.Key, StringComparer.Ordinal)
                .ToArray();
            var share = Math.Min(
                1, MostOperations / ((double)_n * _n * _n * _h * (clusters.Length + 6 + Noise.Length)));
            var pairs = Pairs((int)Math.Ceiling(share * _n));
            using (var plain = TamperedNetwork.Open(network, _n, _h, EmbeddingChange.None))
            {
                var changes = Changes(clusters, average, unembed, plain.HasPreActivation);
                Measure(plain, pairs, isSwapped: false, unembed, residual, changes);
                Measure(plain, pairs, isSwapped: true, unembed, residual, [new(
                    "embeddings swapped", run => run.Logits)]);
            }

            foreach (var (change, name) in ((EmbeddingChange, string)[])
                [(EmbeddingChange.LeftNegated, "left embedding negated"), (
                    EmbeddingChange.RightNegated, "right embedding negated")])
            {
                try
                {
                    using var changed = TamperedNetwork.Open(network, _n, _h, change);
                    Measure(changed, pairs, isSwapped: false, unembed, residual, [new(name, run => run.Logits)]);
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
                    Headline =
                        $"Causal: mean loss {string.Join(", ", _results.Where(result => result.WhyNot is null).Select(result =>
                            $"{(result.Intervention == Untouched ? "untouched" : result.Intervention)} {Words.Number(result.Loss)}"))}"
                            + $"{(pairs.Length < task.PairCount ? $" (on {pairs.Length} of {task.PairCount} pairs)" : string.Empty)}",
                },
                Neurons(pairs, unembed, residual, average),
            ];
        }

        private List<Change> Changes(
            IReadOnlyList<IGrouping<string, NeuronSpectrum>> clusters,
            Tensor average,
            Tensor unembed,
            bool hasPreActivation)
        {
            const string Linear = "the hidden layer is no ReLU of a pre-activation";
            List<Change> changes =
            [
                new(Untouched, run => run.Logits),
                new(
                    "|a|",
                    hasPreActivation ? run => run.ReadOut(run.Hidden.Plus(run.Before!.neg().relu())) : null,
                    Linear),
                new("ReLU(-a)", hasPreActivation ? run => run.ReadOut(run.Hidden - run.Before!) : null, Linear),
            ];
            foreach (var (mean, deviation) in Noise)
            {
                changes.Add(new($"noise N({mean}, {deviation}²)", hasPreActivation
                    ? run => run.ReadOut((run.Hidden - run.Before!.relu()).PlusInPlace(
                        randn(run.Before!.shape, generator: run.Random)
                            .mul_(tensor((float)deviation))
                            .PlusInPlace(tensor((float)mean))
                            .PlusInPlace(run.Before!)
                            .relu_()))
                    : null, Linear));
            }

            foreach (var cluster in clusters)
            {
                // Only the cluster's own neurons are multiplied again: over all clusters that is one product.
                var neurons = tensor(cluster.Select(spectrum => (long)spectrum.Neuron).ToArray(), ScalarType.Int64);
                var (means, rows) = (average.index_select(0, neurons), unembed.index_select(0, neurons));
                changes.Add(new(
                    $"mean ablation of {cluster.Key} ({cluster.Count()} neuron{(cluster.Count() == 1 ? "" : "s")})",
                    run => run.Logits.Plus((means - run.Hidden.index_select(1, neurons)).mm(rows))));
            }

            return changes;
        }

        private void Measure(
            TamperedNetwork tampered,
            Pair[] pairs,
            bool isSwapped,
            Tensor unembed,
            Tensor? residual,
            List<Change> changes)
        {
            Pair[][] chunks = [.. pairs.Chunk(PairsPerRun)];
            var losses = new double[chunks.Length, changes.Count];
            var right = new long[chunks.Length, changes.Count];
            TorchThreads.ForEach(chunks.Length, c =>
            {
                var (before, hidden, beside) = Activations(tampered, chunks[c], isSwapped);
                var rest = beside?.mm(residual!);
                Tensor ReadOut(Tensor activations) =>
                    rest is null ? activations.mm(unembed) : activations.mm(unembed).PlusInPlace(rest);
                using var random = new Generator((ulong)(seed + ((long)c << 32)));
                var run = new Run(before, hidden, ReadOut(hidden), ReadOut, random);
                var labels = Labels(chunks[c]);
                for (var i = 0; i < changes.Count; i++)
                {
                    if (changes[i].Logits is { } logits)
                    {
                        using var inner = NewDisposeScope();
                        (losses[c, i], right[c, i]) = Loss(logits(run), labels);
                    }
                }
            }, cancellation);

            _results.AddRange(changes.Select((change, i) => change.Logits is null
                ? new Result(change.Name, double.NaN, double.NaN, change.WhyNot)
                : new Result(
                    change.Name,
                    Enumerable.Range(0, chunks.Length).Sum(c => losses[c, i]) / pairs.Length,
                    (double)Enumerable.Range(0, chunks.Length).Sum(c => right[c, i]) / pairs.Length,
                    null)));
        }

        /// <summary>The mean activation in place of every neuron in turn: ℓ + (mean − h_j)·u_j.</summary>
        private AnalysisOutput Neurons(Pair[] pairs, Tensor unembed, Tensor? residual, Tensor average)
        {
            var most = (int)Math.Clamp(MostAblatedLogits / ((double)_n * _h), 1, pairs.Length);
            var random = new Random(seed);
            var sample = most == pairs.Length ? pairs : [.. pairs.OrderBy(_ => random.Next()).Take(most)];
            Pair[][] chunks = [.. sample.Chunk(PairsPerBlock)];
            var found = new double[chunks.Length][];
            var baselines = new double[chunks.Length];
            var rows = new HostMatrix(_h, _n, unembed.to(ScalarType.Float64).Numbers());
            using (var plain = TamperedNetwork.Open(network, _n, _h, EmbeddingChange.None))
            {
                TorchThreads.ForEach(chunks.Length, c =>
                {
                    var (_, hidden, beside) = Activations(plain, chunks[c], isSwapped: false);
                    var logits = hidden.mm(unembed);
                    logits = beside is null ? logits : logits.PlusInPlace(beside.mm(residual!));
                    var labels = Labels(chunks[c]);
                    baselines[c] = Loss(logits, labels).Loss;
                    found[c] = Ablated(
                        logits.to(ScalarType.Float64).Numbers(),
                        (average.unsqueeze(0) - hidden).to(ScalarType.Float64).Numbers(),
                        rows,
                        labels);
                }, cancellation);
            }

            var sums = new double[_h];
            foreach (var part in found)
            {
                TensorPrimitives.Add(sums, part, sums);
            }

            var baseline = baselines.Sum();
            var table = new Table(
                TableColumn.Create("neuron", spectra.Select(spectrum => spectrum.Neuron).ToArray()),
                TableColumn.Create("cluster", [.. spectra.Select(spectrum => spectrum.Cluster)]),
                TableColumn.Create("loss", spectra.Select(spectrum => sums[spectrum.Neuron] / sample.Length).ToArray()),
                TableColumn.Create(
                    "loss_increase",
                    spectra.Select(spectrum => (sums[spectrum.Neuron] - baseline) / sample.Length).ToArray()));
            var worst = Enumerable.Range(0, _h).MaxBy(j => sums[j]);
            return new("neuron_ablation", table, new
            {
                Method = "each neuron replaced by its mean over all pairs (Stander et al., ICML 2024); mean cross-entropy",
                Loss = baseline / sample.Length,
                Pairs = sample.Length,
                AllPairs = task.PairCount,
            })
            {
                Headline =
                    $"Single neurons: the mean in place of neuron {worst} ({spectra[worst].Cluster}) hurts most, "
                        + $"loss {Words.Number(sums[worst] / sample.Length)}"
                        + $"{(sample.Length < task.PairCount ? $" (on {sample.Length} of {task.PairCount} pairs)" : string.Empty)}",
            };
        }

        /// <summary>The summed losses of some pairs with every neuron ablated alone.</summary>
        /// <param name="logits">[pairs, n].</param>
        /// <param name="lacking">mean − h, [pairs, h].</param>
        /// <param name="unembed">u, [h, n].</param>
        /// <param name="labels">[pairs].</param>
        private double[] Ablated(double[] logits, double[] lacking, HostMatrix unembed, int[] labels)
        {
            var sums = new double[_h];
            var line = new double[_n];
            for (var j = 0; j < _h; j++)
            {
                for (var pair = 0; pair < labels.Length; pair++)
                {
                    TensorPrimitives.MultiplyAdd(
                        unembed.Row(j), lacking[(pair * _h) + j], logits.AsSpan(pair * _n, _n), line);
                    sums[j] += Softmax.CrossEntropyInPlace(line, labels[pair], out _);
                }
            }

            return sums;
        }

        private (Tensor? Before, Tensor Hidden, Tensor? Residual) Activations(
            TamperedNetwork tampered, Pair[] chunk, bool isSwapped)
        {
            long[] left = [.. chunk.Select(pair => (long)pair.A)], right = [.. chunk.Select(pair => (long)pair.B)];
            return isSwapped ? tampered.Run(right, left, cancellation) : tampered.Run(left, right, cancellation);
        }

        private int[] Labels(Pair[] chunk) => [.. chunk.Select(pair => task.Group.Multiply(pair.A, pair.B))];

        /// <summary>The summed losses of float32 logits [labels, n], and how many answers are right.</summary>
        private (double Loss, long Right) Loss(Tensor logits, int[] labels)
        {
            var values = MemoryMarshal.Cast<byte, float>(logits.bytes);
            var line = new double[_n];
            double loss = 0;
            long right = 0;
            for (var row = 0; row < labels.Length; row++)
            {
                TensorPrimitives.ConvertTruncating(values.Slice(row * _n, _n), line.AsSpan());
                var correct = line[labels[row]];
                loss += Softmax.CrossEntropyInPlace(line, labels[row], out var largest);
                right += correct >= largest ? 1 : 0;
            }

            GC.KeepAlive(logits);
            return (loss, right);
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

        private static Tensor Single(HostMatrix matrix) =>
            tensor(matrix.Values, [matrix.Rows, matrix.Columns], ScalarType.Float64).to(ScalarType.Float32);
    }

    /// <summary>
    /// What an intervention starts from: pre-activation, hidden layer, logits, the way from hidden layers to logits,
    /// random numbers.
    /// </summary>
    private sealed record Run(
        Tensor? Before, Tensor Hidden, Tensor Logits, Func<Tensor, Tensor> ReadOut, Generator Random);

    private sealed record Change(string Name, Func<Run, Tensor>? Logits, string? WhyNot = null);

    private sealed record Result(string Intervention, double Loss, double Accuracy, string? WhyNot);

    private readonly record struct Pair(int A, int B);
}
