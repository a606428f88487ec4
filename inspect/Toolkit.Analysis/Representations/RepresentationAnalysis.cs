using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Which irreps a network has learnt and what share of embeddings, hidden layer, unembedding, logits and loss they
/// carry: every key of the published <c>summary_metrics.json</c>, through closed forms. README.md beside this file
/// defines them.
/// </summary>
/// <remarks>
/// B. Chughtai, L. Chan, N. Nanda, "A Toy Model of Universality" (ICML 2023). With P_ρ[g, h] = (d/⟨χ,χ⟩)/n·χ(g⁻¹h):
/// shares are ‖P_ρS‖²/‖·‖² of n × h sums; the restricted hidden layer depends on the product alone; the restricted
/// logits on xyz⁻¹ alone. Cost for n elements, m irreps, h neurons and a readout of width r: n²·(2h + r² + n·r)
/// multiplications, n³ exponentials (2.4·n³ beside a residual, with 40 % of the pairs for training), and n³·m
/// multiplications of binary64 for the losses of each irrep alone (three times that beside a residual). So O(n³·(r +
/// m)); of cyclic groups, with m ≈ n/2, O(n⁴). Memory: 4·n²·r bytes for each of readout and residual, and some blocks
/// of rows for each core. No cube of n³ numbers and no basis of n² rows is ever in memory.
/// </remarks>
public static class RepresentationAnalysis
{
    /// <summary>Pairs of one product taken together.</summary>
    private const int RowsPerBlock = 128;

    /// <summary>Measures a network.</summary>
    /// <param name="task">Group, labels, split.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass, complete.</param>
    /// <param name="options">Which irreps, and how.</param>
    /// <param name="cancellation">Stops between two products; each core takes one at a time.</param>
    /// <returns>Every key, key irreps, self-tests.</returns>
    /// <exception cref="BadInputException">Activations are NaN or infinite.</exception>
    public static RepresentationMetrics Measure(
        GroupTask task,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        RepresentationOptions options,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(options);
        if (!moments.IsComplete)
        {
            throw new ArgumentException("The first pass is not complete.", nameof(moments));
        }

        if (task.Group.Order < 2)
        {
            throw new BadInputException("The group has one element: there is nothing to learn and nothing to measure.");
        }

        if (!double.IsFinite(moments.HiddenSquares))
        {
            throw new BadInputException(
                "The hidden layer holds NaN or infinite values. Find where they begin with `inspect capture` and "
                    + "its stats.");
        }

        using var scope = NewDisposeScope();
        using var grad = no_grad();
        return new Measurement(task, weights, moments, options).Run(cancellation);
    }

    private sealed class Measurement(
        GroupTask task, GroupNetworkWeights weights, GroupNetworkMoments moments, RepresentationOptions options)
    {
        private readonly FiniteGroup _group = task.Group;
        private readonly int _n = task.Group.Order;
        private readonly IReadOnlyList<RepresentationSpan> _spans = options.Spans;
        private readonly Tensor _characters = stack(
            options.Spans.Select(span => tensor(span.Characters, ScalarType.Float64)));
        private readonly Tensor _scales =
            tensor(options.Spans.Select(span => span.ProjectorScale).ToArray(), ScalarType.Float64).unsqueeze(1);

        private readonly Tensor _left = tensor(
            moments.LeftSums, [task.Group.Order, moments.HiddenWidth], ScalarType.Float64);
        private readonly Tensor _right = tensor(
            moments.RightSums, [task.Group.Order, moments.HiddenWidth], ScalarType.Float64);
        private readonly Tensor _product = tensor(
            moments.ProductSums, [task.Group.Order, moments.HiddenWidth], ScalarType.Float64);
        private readonly Tensor _readoutProduct = tensor(
            moments.ReadoutProductSums, [task.Group.Order, moments.ReadoutWidth], ScalarType.Float64);

        public RepresentationMetrics Run(CancellationToken cancellation)
        {
            var unembed = ToTorch(weights.Unembed);                                             // [h, n]
            var readout = weights.Readout is null ? unembed : ToTorch(weights.Readout);         // [r, n]
            var shareX = Shares(ToTorch(weights.EmbedX), out _);
            var shareY = Shares(ToTorch(weights.EmbedY), out _);
            var shareU = Shares(unembed.t().contiguous(), out _);
            var hidden = HiddenShares(out var hiddenTotals);
            var logits = Logits(readout);
            bool[] isKey = [.. _spans.Select((span, i) => options.KeyIrreps?.Contains(span.Name)
                ?? (!span.IsTrivial && logits.Similarity[i] > RepresentationOptions.KeySimilarity))];
            var restricted = _product.mm(unembed).div_(_n);                          // [n, n]: Σ_{xy=w} H·U / n
            var losses = Losses(readout, restricted, logits.Amplitude, isKey, cancellation);

            var values = new OrderedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["train_loss"] = losses.Train,
                ["test_loss"] = losses.Test,
                ["train_acc"] = losses.TrainAccuracy,
                ["test_acc"] = losses.TestAccuracy,
                ["all_loss"] = losses.All,
            };
            for (var i = 0; i < _spans.Count; i++)
            {
                var name = _spans[i].Name;
                if (!_spans[i].IsTrivial)
                {
                    values[$"logit_{name}_rep_trace_similarity"] = logits.Similarity[i];
                    values[$"logit_excluded_loss_{name}_rep"] = losses.LogitExcluded[i];
                    values[$"logit_restricted_loss_{name}_rep"] = AllRows(
                        LogitRestricted(_spans[i].Characters, logits.Amplitude[i]));
                }

                values[$"percent_x_embed_{name}_rep"] = shareX[i];
                values[$"percent_y_embed_{name}_rep"] = shareY[i];
                values[$"percent_unembed_{name}_rep"] = shareU[i];
                values[$"percent_hidden_x_{name}_rep"] = hidden.X[i];
                values[$"percent_hidden_y_{name}_rep"] = hidden.Y[i];
                values[$"percent_hidden_xy_{name}_rep"] = hidden.Product[i];
                values[$"total_percent_hidden_{name}_rep"] = hidden.X[i] + hidden.Y[i] + hidden.Product[i];
                values[$"hidden_excluded_loss_{name}_rep"] = losses.HiddenExcluded[i];
                values[$"hidden_restricted_loss_{name}_rep"] = losses.HiddenRestricted[i];
            }

            double Keys(Func<int, double> value) => Enumerable.Range(0, _spans.Count).Where(i => isKey[i]).Sum(value);
            var total = _spans.Count;
            values["percent_logits_explained"] = Enumerable.Range(0, total)
                .Where(i => !_spans[i].IsTrivial)
                .Sum(i => logits.Similarity[i] * logits.Similarity[i]);
            values["total_logit_excluded_loss"] = losses.LogitExcluded[total];
            values["total_logit_restricted_loss"] = AllRows(LogitRestricted(
                [.. Enumerable.Range(0, _n).Select(g => Keys(i => logits.Amplitude[i] * _spans[i].Characters[g]))], 1));
            values["total_hidden_excluded_loss"] = losses.HiddenExcluded[total];
            values["total_hidden_restricted_loss"] = losses.HiddenRestricted[total];
            values["test_loss_restricted_loss_ratio"] = losses.Test / losses.HiddenRestricted[total];
            values["sum_of_squared_weights"] =
                options is { Legacy: true, IsTransformer: true } ? 0 : weights.SumOfSquaredWeights;
            values["percent_hidden_explained"] = Keys(i => hidden.X[i] + hidden.Y[i] + hidden.Product[i]);
            values["percent_hidden_xy_explained"] = Keys(i => hidden.Product[i]);
            values["percent_x_embed_explained"] = Keys(i => shareX[i]);
            values["percent_y_embed_explained"] = Keys(i => shareY[i]);
            values["percent_unembed_explained"] = Keys(i => shareU[i]);
            values["epoch"] = options.Epoch;
            if (!options.Legacy && moments.Residual is not null)
            {
                for (var i = 0; i < total; i++)
                {
                    values[$"hidden_excluded_loss_{_spans[i].Name}_rep_with_residual"] =
                        losses.HiddenExcludedWithResidual[i];
                    values[$"hidden_restricted_loss_{_spans[i].Name}_rep_with_residual"] =
                        losses.HiddenRestrictedWithResidual[i];
                }

                values["total_hidden_excluded_loss_with_residual"] = losses.HiddenExcludedWithResidual[total];
                values["total_hidden_restricted_loss_with_residual"] = losses.HiddenRestrictedWithResidual[total];
            }

            List<SelfTest> tests = options.Legacy ? [] :
            [
                SelfTest.Equal("Σ percent_x_embed", shareX.Sum(), 1),
                SelfTest.Equal("Σ percent_y_embed", shareY.Sum(), 1),
                SelfTest.Equal("Σ percent_unembed", shareU.Sum(), 1),
                SelfTest.Equal("Σ percent_hidden_x = ‖S_x‖²/‖H‖²", hidden.X.Sum(), hiddenTotals.X),
                SelfTest.Equal("Σ percent_hidden_y = ‖S_y‖²/‖H‖²", hidden.Y.Sum(), hiddenTotals.Y),
                SelfTest.Equal("Σ percent_hidden_xy = ‖S_z‖²/‖H‖²", hidden.Product.Sum(), hiddenTotals.Product),
                SelfTest.AtMost("Σ trace similarity²", logits.Similarity.Sum(s => s * s), 1),
            ];
            return new(values, [.. _spans.Where((_, i) => isKey[i]).Select(span => span.Name)], tests);
        }

        /// <summary>‖P_ρS‖²/‖S‖² of an n × h matrix, for every irrep, from the sums of S·Sᵀ over g⁻¹h = t.</summary>
        private double[] Shares(Tensor matrix, out double squares, double? denominator = null)
        {
            var gram = matrix.mm(matrix.t()).Numbers();
            var byQuotient = new double[_n];
            squares = 0;
            for (var g = 0; g < _n; g++)
            {
                var row = _group.Row(g);
                squares += gram[(g * _n) + g];
                for (var t = 0; t < _n; t++)
                {
                    byQuotient[t] += gram[(g * _n) + row[t]];
                }
            }

            var whole = denominator ?? squares;
            return [.. _spans.Select(span =>
            {
                double sum = 0;
                if (span.Projector is { } projector)
                {
                    for (var i = 0; i < gram.Length; i++)
                    {
                        sum += projector[i] * gram[i];
                    }

                    return whole == 0 ? 0 : sum / whole;
                }

                for (var t = 0; t < _n; t++)
                {
                    sum += span.Characters[t] * byQuotient[t];
                }

                return whole == 0 ? 0 : span.ProjectorScale * sum / whole;
            })];
        }

        private (double[] X, double[] Y, double[] Product) HiddenShares(out (double X, double Y, double Product) totals)
        {
            var pairs = (double)_n * _n;
            var mean = _left.sum(dim: 0).div_(pairs);                                     // [h]
            var squares = moments.HiddenSquares - (pairs * mean.square().sum().Number());
            double[] Centred(Tensor sums, out double norm) =>
                Shares((sums - (mean * _n)).div_(Math.Sqrt(_n)), out norm, squares);
            var x = Centred(_left, out var normX);
            var y = Centred(_right, out var normY);
            var product = Centred(_product, out var normProduct);
            totals = squares == 0 ? default : (normX / squares, normY / squares, normProduct / squares);
            return (x, y, product);
        }

        /// <summary>
        /// Similarity s_ρ = ⟨ℓ̄,T_ρ⟩/(‖ℓ̄‖‖T_ρ‖) and amplitude ⟨ℓ̄,T_ρ⟩/‖T_ρ‖², with ‖T_ρ‖² = n²·Σχ².
        /// </summary>
        private (double[] Similarity, double[] Amplitude) Logits(Tensor readout)
        {
            var centred = LogitMeans.Centred(readout);                                          // [r, n]
            var norm = Math.Sqrt(Math.Max(0, (moments.ReadoutGram.mm(centred) * centred).sum().Number()));
            var sums = _readoutProduct.mm(centred).Numbers();         // [n, n]: Σ_{xy=w} ℓ̄(z)
            var byQuotient = LogitMeans.ByQuotient(_group, sums);
            var publishedNorms = options.Legacy
                ? PublishedNorm.Of(_group, [.. _spans.Select(span => span.Characters)])
                : [];
            var similarity = new double[_spans.Count];
            var amplitude = new double[_spans.Count];
            for (var i = 0; i < _spans.Count; i++)
            {
                var characters = _spans[i].Characters;
                double inner = 0;
                double squares = 0;
                for (var g = 0; g < _n; g++)
                {
                    inner += byQuotient[g] * characters[g];
                    squares += characters[g] * characters[g];
                }

                amplitude[i] = inner / ((double)_n * _n * squares);
                similarity[i] = norm == 0 ? 0
                    : options.Legacy ? PublishedProduct(byQuotient, characters, publishedNorms[i]) / norm
                    : inner / (norm * _n * Math.Sqrt(squares));
            }

            return (similarity, amplitude);
        }

        /// <summary>
        /// ⟨ℓ̄,T_ρ⟩/‖T_ρ‖ as published: the unit vector T_ρ/‖T_ρ‖ is rounded to float32. Its n distinct values stand n²
        /// times each in the cube, so their rounding does not average out and shows in cosines near zero.
        /// </summary>
        private static double PublishedProduct(double[] byQuotient, IReadOnlyList<double> characters, float norm) =>
            byQuotient.Zip(characters, (sum, chi) => sum * ((float)chi / norm)).Sum();

        /// <summary>CE of logits a·χ(xyz⁻¹): the same for every pair, log Σ_g exp(a·(χ(g) − χ(e))).</summary>
        private double LogitRestricted(double[] characters, double amplitude)
        {
            var identity = amplitude * characters[_group.Identity];
            var others = Enumerable.Range(0, _n)
                .Where(g => g != _group.Identity)
                .Select(g => (amplitude * characters[g]) - identity)
                .ToArray();
            var maximum = others.Max();
            var sum = others.Sum(value => Math.Exp(value - maximum));
            var argument = maximum + Math.Log(sum);
            return argument > 40 ? argument : double.LogP1(Math.Exp(argument));
        }

        private LossTable Losses(
            Tensor readout, Tensor restricted, double[] amplitude, bool[] isKey, CancellationToken cancellation)
        {
            var keys = tensor(isKey.Select(key => key ? 1.0 : 0.0).ToArray(), ScalarType.Float64).unsqueeze(0);
            var amplitudes = tensor(amplitude, ScalarType.Float64).unsqueeze(1);
            var (n, count) = (_n, _spans.Count);
            var sums = new LossSums(n, count + 1);
            var readout32 = readout.to(ScalarType.Float32);
            TorchThreads.ForEach(n, w =>
            {
                // [m + 1, n] each
                var traces = LogitVariants.Of(Traces(w, amplitudes, keys), w);
                var projections = Projections(w, restricted, keys);
                AddProduct(
                    w,
                    readout32,
                    traces,
                    LogitVariants.Of(projections, w),
                    LogitVariants.Of(projections.neg(), w),
                    sums);
            }, cancellation);

            var pairs = (double)n * n;
            var trainPairs = task.TrainPairs.Length;
            var testPairs = task.TestPairs.Length;
            var (trainLoss, testLoss) = (sums.TrainLoss.Sum(), sums.TestLoss.Sum());
            double[] Mean(PairLosses losses, double rows, bool legacy) =>
                [.. losses.Sums().Select(sum => sum / rows * (legacy ? Factor(rows) : 1))];
            return new LossTable(
                trainPairs == 0 ? double.NaN : trainLoss / trainPairs * Factor(trainPairs),
                testPairs == 0 ? double.NaN : testLoss / testPairs * Factor(testPairs),
                (trainLoss + testLoss) / pairs * Factor(pairs),
                trainPairs == 0 ? double.NaN : (double)sums.TrainRight.Sum() / trainPairs,
                testPairs == 0 ? double.NaN : (double)sums.TestRight.Sum() / testPairs,
                Mean(sums.LogitExcluded, trainPairs, legacy: true),
                Mean(sums.HiddenExcluded, trainPairs, legacy: true),
                [.. Mean(sums.HiddenRestricted, n, legacy: false).Select(AllRows)],
                Mean(sums.HiddenExcludedWithResidual, trainPairs, legacy: false),
                Mean(sums.RestrictedWithResidual, pairs, legacy: false));
        }

        /// <summary>
        /// All losses of the pairs with product w, <see cref="RowsPerBlock"/> at a time, so that a block of logits
        /// stays in the second cache.
        /// </summary>
        private void AddProduct(
            int w,
            Tensor readout32,
            LogitVariants traces,
            LogitVariants excluded,
            LogitVariants restricted,
            LossSums sums)
        {
            var nothing = zeros(1, _n, ScalarType.Float32);
            sums.HiddenRestricted.Add(ExponentialRows.Of(nothing, w, empty(1, _n, ScalarType.Float64)), w, restricted);
            var (rows, trainCount) = Rows(w);
            var buffer = empty(Math.Min(RowsPerBlock, _n), _n, ScalarType.Float64);
            for (var start = 0; start < _n; start += RowsPerBlock)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(RowsPerBlock, _n - start);
                var training = Math.Clamp(trainCount - start, 0, count);
                var pairs = rows.narrow(0, start, count);
                var logits32 = moments.Readout.index_select(0, pairs).mm(readout32);                // [count, n]
                var all = ExponentialRows.Of(logits32, w, buffer);
                var train = all.First(training);
                var losses = all.Losses.Numbers();
                for (var row = 0; row < count; row++)
                {
                    var isRight = all.IsRight(row) ? 1 : 0;
                    (row < training ? ref sums.TrainLoss[w] : ref sums.TestLoss[w]) += losses[row];
                    (row < training ? ref sums.TrainRight[w] : ref sums.TestRight[w]) += isRight;
                }

                sums.LogitExcluded.Add(train, w, traces);
                if (moments.Residual is null)
                {
                    sums.HiddenExcluded.Add(train, w, excluded);
                    continue;
                }

                var needed = options.Legacy ? training : count;
                if (!options.Legacy)
                {
                    sums.HiddenExcludedWithResidual.Add(train, w, excluded);
                }

                if (needed == 0)
                {
                    continue;
                }

                var residual32 = moments.Residual.index_select(0, pairs.narrow(0, 0, needed)).mm(readout32);
                if (training > 0)
                {
                    var through = logits32.narrow(0, 0, training) - residual32.narrow(0, 0, training);
                    sums.HiddenExcluded.Add(ExponentialRows.Of(through, w, buffer), w, excluded);
                }

                if (!options.Legacy)
                {
                    sums.RestrictedWithResidual.Add(ExponentialRows.Of(residual32, w, buffer), w, restricted);
                }
            }
        }

        /// <summary>The pairs (x, x⁻¹w), those for training first.</summary>
        private (Tensor Rows, int TrainCount) Rows(int w)
        {
            var rows = new long[_n];
            var (front, back) = (0, _n);
            for (var x = 0; x < _n; x++)
            {
                var pair = (x * _n) + _group.Multiply(_group.Inverse(x), w);
                rows[task.IsTrain(pair) ? front++ : --back] = pair;
            }

            return (tensor(rows, ScalarType.Int64), front);
        }

        /// <summary>a_ρ·χ_ρ(wz⁻¹) for every irrep, and their sum over the key ones: [m + 1, n].</summary>
        private Tensor Traces(int w, Tensor amplitudes, Tensor keys)
        {
            var row = _group.Row(w);
            var quotients = new long[_n];
            for (var z = 0; z < _n; z++)
            {
                quotients[z] = row[_group.Inverse(z)];
            }

            var traces = _characters.index_select(1, tensor(quotients, ScalarType.Int64)) * amplitudes;
            return cat([traces, keys.mm(traces)]);
        }

        /// <summary>
        /// The row w of P_ρ·(Σ_{xy=·} H·U)/n for every irrep, and their sum over the key ones: [m + 1, n].
        /// </summary>
        private Tensor Projections(int w, Tensor restricted, Tensor keys)
        {
            var quotients = new long[_n];
            var row = _group.Row(_group.Inverse(w));
            for (var h = 0; h < _n; h++)
            {
                quotients[h] = row[h];
            }

            var coefficients = _characters.index_select(1, tensor(quotients, ScalarType.Int64)) * _scales;
            for (var i = 0; i < _spans.Count; i++)
            {
                if (_spans[i].Projector is { } projector)
                {
                    coefficients[i].copy_(tensor(projector.AsSpan(w * _n, _n).ToArray(), ScalarType.Float64));
                }
            }

            var projections = coefficients.mm(restricted);
            return cat([projections, keys.mm(projections)]);
        }

        private double AllRows(double loss) => loss * Factor((double)_n * _n);

        /// <summary>
        /// The published transformer summaries add the means of eight chunks instead of averaging them.
        /// </summary>
        private double Factor(double rows) =>
            options is { Legacy: true, IsTransformer: true } && rows > 15_000 ? rows % 8 == 0 ? 8 : 9 : 1;

        private static Tensor ToTorch(HostMatrix matrix) =>
            tensor(matrix.Values, [matrix.Rows, matrix.Columns], ScalarType.Float64);
    }

    /// <summary>
    /// Sums of losses, and of right answers, for each product, so that threads do not meet; added up in order.
    /// </summary>
    private sealed class LossSums(int products, int variants)
    {
        public double[] TrainLoss { get; } = new double[products];

        public double[] TestLoss { get; } = new double[products];

        public long[] TrainRight { get; } = new long[products];

        public long[] TestRight { get; } = new long[products];

        public PairLosses LogitExcluded { get; } = new(variants, products);

        public PairLosses HiddenExcluded { get; } = new(variants, products);

        public PairLosses HiddenRestricted { get; } = new(variants, products);

        public PairLosses HiddenExcludedWithResidual { get; } = new(variants, products);

        public PairLosses RestrictedWithResidual { get; } = new(variants, products);
    }

    private sealed record LossTable(
        double Train,
        double Test,
        double All,
        double TrainAccuracy,
        double TestAccuracy,
        double[] LogitExcluded,
        double[] HiddenExcluded,
        double[] HiddenRestricted,
        double[] HiddenExcludedWithResidual,
        double[] HiddenRestrictedWithResidual);
}
