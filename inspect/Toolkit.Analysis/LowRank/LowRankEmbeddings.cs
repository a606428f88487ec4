using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.LowRank;

/// <summary>
/// What a group network loses when its embeddings are replaced by their best approximations of rank k, for every k: how
/// many directions of the embedding it really uses.
/// </summary>
/// <remarks>
/// <c>W ← U_k · diag(s_k) · V_kᵀ</c> (Eckart–Young), all tables at the same k. The embeddings become inputs of the
/// edited graph, so that one session serves all ranks: O(ranks · pairs · cost of the network).
/// </remarks>
public static class LowRankEmbeddings
{
    /// <summary>Runs the network with embeddings of every rank.</summary>
    /// <param name="model">The network, with inputs <c>a</c>, <c>b</c> and output <c>logits</c>; it is not
    /// changed.</param>
    /// <param name="path">Its file, for messages and external data.</param>
    /// <param name="tables">The embeddings to replace, at least one.</param>
    /// <param name="labels">The right answer of every pair (a, b) at a·n + b: the group's table.</param>
    /// <param name="isTrain">Whether a pair was trained on; null where that is not known.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The losses by rank.</returns>
    /// <exception cref="BadInputException">An embedding is missing or has NaN, or the network cannot be
    /// run.</exception>
    public static LowRankResult Run(
        ModelProto model,
        string path,
        IReadOnlyList<EmbeddingTable> tables,
        ReadOnlySpan<ushort> labels,
        Func<int, bool>? isTrain,
        LowRankOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tables);
        options ??= new LowRankOptions();
        var edited = model.Clone();
        var embeddings = tables.Select(table => Take(edited, path, table)).ToList();
        var order = (int)Math.Round(Math.Sqrt(labels.Length));
        var pairs = Sample(labels.Length, options.PairsFor(order), options.Seed);
        var evaluation = new Evaluation(order, pairs, labels, isTrain, options.Batch);
        using var engine = InferenceEngine.Open(edited, path);

        var original = evaluation.Run(
            engine, -1, 1, [.. embeddings.Select(e => (e.Table.Initializer, e.Original))], cancellation);
        var largest = embeddings.Max(e => e.Svd.Values.Length);
        var points = new List<LowRankPoint>();
        foreach (var rank in Ranks(largest, options.MaximumRanks))
        {
            var kept = embeddings.Sum(e => e.Svd.Values.Take(rank).Sum(v => v * v))
                / embeddings.Sum(e => e.Svd.Values.Sum(v => v * v));
            points.Add(evaluation.Run(
                engine,
                rank,
                Math.Min(1, kept),
                [.. embeddings.Select(e => (e.Table.Initializer, e.AtRank(rank)))],
                cancellation));
        }

        return new LowRankResult(tables, pairs.Length, labels.Length, original, points);
    }

    /// <summary>
    /// The ranks looked at: all from 0 on, or, where those are too many, ever wider steps after the first third.
    /// </summary>
    internal static IReadOnlyList<int> Ranks(int largest, int maximum)
    {
        if (largest + 1 <= maximum)
        {
            return [.. Enumerable.Range(0, largest + 1)];
        }

        var dense = maximum / 3;
        var rest = maximum - dense - 1;
        return
        [
            .. Enumerable.Range(0, dense)
                .Concat(Enumerable.Range(0, rest + 1)
                    .Select(i => (int)Math.Round(dense * Math.Pow((double)largest / dense, (double)i / rest))))
                .Distinct(),
        ];
    }

    private static int[] Sample(int count, int maximum, int seed)
    {
        var pairs = Enumerable.Range(0, count).ToArray();
        if (count <= maximum)
        {
            return pairs;
        }

        new Random(seed).Shuffle(pairs);
        var sample = pairs[..maximum];
        Array.Sort(sample);
        return sample;
    }

    // The initializer becomes an input of the same name, whose value every run brings along.
    private static Embedding Take(ModelProto model, string path, EmbeddingTable table)
    {
        var where = $"{path}: '{table.Initializer}'";
        var initializer = model.Graph.Initializer.FirstOrDefault(tensor => tensor.Name == table.Initializer)
            ?? throw new BadInputException(
                $"{where} is not an initializer of the model, but its metadata name it as an embedding.");
        var tensor = OnnxTensor.Read(initializer, Path.GetDirectoryName(Path.GetFullPath(path))!, where);
        if (tensor.Type != ElementType.Float32
            || tensor.Shape.Rank != 2 || table.EndRow > tensor.Shape[0] || table.FirstRow >= table.EndRow)
        {
            throw new BadInputException(
                $"{where}: {tensor.Type.DisplayName()} {tensor.Shape} was found; a float32 matrix with rows "
                    + $"{table.FirstRow} to {table.EndRow - 1} "
                + "was expected as embedding.");
        }

        model.Graph.Initializer.Remove(initializer);
        if (model.Graph.Input.All(input => input.Name != table.Initializer))
        {
            model.Graph.Input.Add(Input(table.Initializer, tensor.Shape));
        }

        var rows = HostMatrix.FromTensor(tensor).RowRange(table.FirstRow, table.EndRow - table.FirstRow);
        rows.RequireFinite(where);
        return new Embedding(table, tensor, Svd.Of(rows));
    }

    private static ValueInfoProto Input(string name, TensorShape shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var extent in shape.Dimensions)
        {
            dimensions.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = extent });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float32, Shape = dimensions },
            },
        };
    }

    private sealed record Embedding(EmbeddingTable Table, HostTensor Original, Svd Svd)
    {
        public HostTensor AtRank(int rank)
        {
            var values = Original.AsSpan<float>().ToArray();
            var approximation = Svd.Approximate(Math.Min(rank, Svd.Values.Length));
            var start = Table.FirstRow * (int)Original.Shape[1];
            for (var index = 0; index < approximation.Values.Length; index++)
            {
                values[start + index] = (float)approximation.Values[index];
            }

            return HostTensor.Float32(Original.Shape, values);
        }
    }

    private sealed class Evaluation
    {
        private readonly List<(HostTensor A, HostTensor B)> _batches = [];
        private readonly int[] _labels;
        private readonly bool?[] _isTrain;

        public Evaluation(int order, int[] pairs, ReadOnlySpan<ushort> labels, Func<int, bool>? isTrain, int batch)
        {
            _labels = new int[pairs.Length];
            _isTrain = new bool?[pairs.Length];
            for (var index = 0; index < pairs.Length; index++)
            {
                _labels[index] = labels[pairs[index]];
                _isTrain[index] = isTrain?.Invoke(pairs[index]);
            }

            for (var start = 0; start < pairs.Length; start += batch)
            {
                var part = pairs.AsSpan(start, Math.Min(batch, pairs.Length - start));
                var a = new long[part.Length];
                var b = new long[part.Length];
                for (var index = 0; index < part.Length; index++)
                {
                    (a[index], b[index]) = Math.DivRem(part[index], order);
                }

                var shape = new TensorShape(part.Length);
                _batches.Add((
                    HostTensor.Create<long>(ElementType.Int64, shape, a),
                    HostTensor.Create<long>(ElementType.Int64, shape, b)));
            }
        }

        public LowRankPoint Run(
            InferenceEngine engine,
            int rank,
            double kept,
            IReadOnlyList<(string Name, HostTensor Value)> embeddings,
            CancellationToken cancellation)
        {
            var losses = new double[_labels.Length];
            var right = new bool[_labels.Length];
            var done = 0;
            foreach (var (a, b) in _batches)
            {
                var inputs = embeddings.ToDictionary(e => e.Name, e => (InputValue)e.Value, StringComparer.Ordinal);
                inputs[GroupNetwork.InputA] = a;
                inputs[GroupNetwork.InputB] = b;
                using var result = engine.Run(inputs, [GroupNetwork.Logits], cancellation);
                var logits = result[GroupNetwork.Logits];
                var classes = (int)logits.Shape[1];
                var rows = (int)a.Shape[0];
                var first = done;
                Parallel.For(0, rows, row =>
                {
                    var of = MemoryMarshal.Cast<byte, float>(logits.Bytes).Slice(row * classes, classes);
                    losses[first + row] = Softmax.CrossEntropy(of, _labels[first + row]);
                    right[first + row] = Softmax.ArgMax(of) == _labels[first + row];
                });

                done += rows;
            }

            return new LowRankPoint(
                rank,
                kept,
                Mean(index => losses[index], _ => true),
                Mean(index => losses[index], index => _isTrain[index] == true),
                Mean(index => losses[index], index => _isTrain[index] == false),
                Mean(index => right[index] ? 1 : 0, _ => true),
                Mean(index => right[index] ? 1 : 0, index => _isTrain[index] == false));
        }

        private double Mean(Func<int, double> value, Func<int, bool> of)
        {
            var sum = default(CompensatedSum);
            var count = 0;
            for (var index = 0; index < _labels.Length; index++)
            {
                if (of(index))
                {
                    sum.Add(value(index));
                    count++;
                }
            }

            return count > 0 ? sum.Value / count : double.NaN;
        }
    }
}
