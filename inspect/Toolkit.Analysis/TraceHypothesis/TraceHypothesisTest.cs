using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Spectra;
using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>
/// The hypothesis of the notebook and of Chughtai et al. (ICML 2023): the network embeds a and b as matrices ρ(a),
/// ρ(b), multiplies them, and reads the answer z off as the trace: <c>logit(z | x, y) ∝ tr(ρ(x)·ρ(y)·ρ(z⁻¹)) =
/// χ(xyz⁻¹)</c>, largest at z = xy.
/// </summary>
/// <remarks>
/// ρ is the natural representation, whose trace counts the points that xyz⁻¹ fixes. The row of T for a pair depends on
/// p = xy alone, so a table of n × n stands for the cube of n³. Two passes over the logits of O(n³) time each, O(n²)
/// memory. Every cosine is over all n³ entries.
/// </remarks>
public static class TraceHypothesisTest
{
    /// <summary>Pairs that one core takes at a time.</summary>
    private const int ChunkRows = 256;

    /// <summary>Compares a network's logits with the trace of the natural representation.</summary>
    /// <param name="group">The group; without an action on points, the regular representation takes the place of the
    /// natural one.</param>
    /// <param name="source">The network's logits for all pairs.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The comparisons, the fit, and the slice z = e of both.</returns>
    /// <exception cref="BadInputException">The logits have NaN or infinity, or are not n² rows of n.</exception>
    public static TraceResult Run(FiniteGroup group, ILogitSource source, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(source);
        var n = group.Order;
        var function = NaturalMatrix.NameOf(group);
        var character = CharacterOf(group);
        var mean = BlockedSum.Sum(character) / n;

        // T's rows by product p = xy: entry z is χ(pz⁻¹).
        var trace = new HostMatrix(n, n);
        Fill(trace, (p, z) => character[group.Multiply(p, group.Inverse(z))]);
        var traceProbabilities = new HostMatrix(n, n);
        SoftmaxRows(trace, 1, traceProbabilities);
        var first = FirstPass(group, source, trace, traceProbabilities, mean, cancellation);

        var scale = first.Centred.Product.Value / first.Centred.Second.Value;
        var fitted = new HostMatrix(n, n);
        SoftmaxRows(trace, double.IsFinite(scale) ? scale : 0, fitted);
        var (probabilities, notebook) = SecondPass(group, source, trace, fitted, first.RowMeans, cancellation);
        return new TraceResult(
            function,
            [
                first.Raw.ToComparison(function, TraceSpaces.Logits),
                first.Centred.ToComparison(function, TraceSpaces.Centred),
                first.Probabilities.ToComparison(function, TraceSpaces.Probabilities),
                probabilities.ToComparison(function, TraceSpaces.FittedProbabilities),
                notebook.ToComparison(function, TraceSpaces.NotebookCentred),
                .. Ceilings(group, first),
            ],
            Softmax.LogSumExp([.. character.Select(value => scale * (value - character[group.Identity]))]),
            first.Slice,
            Predicted(group, character, mean, scale));
    }

    /// <summary>χ of the natural representation: how many points each element fixes.</summary>
    private static double[] CharacterOf(FiniteGroup group)
    {
        var character = new double[group.Order];
        for (var element = 0; element < character.Length; element++)
        {
            var image = group.Permutation(element);
            for (var point = 0; point < image.Length; point++)
            {
                character[element] += image[point] == point ? 1 : 0;
            }
        }

        return character;
    }

    private static FirstSums FirstPass(
        FiniteGroup group,
        ILogitSource source,
        HostMatrix trace,
        HostMatrix traceProbabilities,
        double mean,
        CancellationToken cancellation)
    {
        var n = group.Order;
        var sums = new FirstSums(n);
        var centredTrace = new HostMatrix(n, n, Array.ConvertAll(trace.Values, value => value - mean));
        var traceSquares = Squares(trace);
        var centredSquares = Squares(centredTrace);
        var probabilitySquares = Squares(traceProbabilities);
        var inverses = Enumerable.Range(0, n).Select(group.Inverse).ToArray();
        foreach (var chunks in Chunks(source, n, cancellation))
        {
            // Each chunk has sums of its own, added in order: the result does not depend on the number of cores.
            var parts = new FirstChunk[chunks.Count];
            Parallel.For(0, chunks.Count, index => parts[index] = First(chunks[index]));
            foreach (var part in parts)
            {
                sums.Raw.Add(part.Raw);
                sums.Centred.Add(part.Centred);
                sums.Probabilities.Add(part.Probabilities);
                TensorPrimitives.Add<double>(sums.ByQuotient, part.ByQuotient, sums.ByQuotient);
            }
        }

        return sums;

        FirstChunk First(LogitBlock chunk)
        {
            var part = new FirstChunk { ByQuotient = new double[n] };
            var row = new double[n];
            var centred = new double[n];
            var probabilities = new double[n];
            for (var index = 0; index < chunk.Values.Length / n; index++)
            {
                var pair = chunk.FirstPair + index;
                Widen(chunk.Values.Span.Slice(index * n, n), row);
                var product = group.Table[pair];
                var rowMean = BlockedSum.Sum(row) / n;
                TensorPrimitives.Subtract(row, rowMean, centred);
                Softmax.Probabilities(row, probabilities);
                part.Raw.Add(Dot(row, trace.Row(product)), Square(row), traceSquares[product]);
                part.Centred.Add(Dot(centred, centredTrace.Row(product)), Square(centred), centredSquares[product]);
                part.Probabilities.Add(
                    Dot(probabilities, traceProbabilities.Row(product)),
                    Square(probabilities),
                    probabilitySquares[product]);
                sums.RowMeans[pair] = rowMean;
                sums.Slice.Values[pair] = centred[group.Identity];
                var of = group.Row(product);
                for (var z = 0; z < n; z++)
                {
                    part.ByQuotient[of[inverses[z]]] += centred[z];
                }
            }

            return part;
        }
    }

    private static (TraceSums Probabilities, TraceSums Notebook) SecondPass(
        FiniteGroup group,
        ILogitSource source,
        HostMatrix trace,
        HostMatrix fitted,
        double[] rowMeans,
        CancellationToken cancellation)
    {
        var n = group.Order;
        var probabilitySums = default(TraceSums);
        var notebookSums = default(TraceSums);
        var fittedSquares = Squares(fitted);
        var traceSquares = Squares(trace);
        foreach (var chunks in Chunks(source, n, cancellation))
        {
            var parts = new (TraceSums Probabilities, TraceSums Notebook)[chunks.Count];
            Parallel.For(0, chunks.Count, index => parts[index] = Second(chunks[index]));
            foreach (var part in parts)
            {
                probabilitySums.Add(part.Probabilities);
                notebookSums.Add(part.Notebook);
            }
        }

        return (probabilitySums, notebookSums);

        (TraceSums Probabilities, TraceSums Notebook) Second(LogitBlock chunk)
        {
            var probabilityPart = default(TraceSums);
            var notebookPart = default(TraceSums);
            var row = new double[n];
            var probabilities = new double[n];
            for (var index = 0; index < chunk.Values.Length / n; index++)
            {
                var pair = chunk.FirstPair + index;
                Widen(chunk.Values.Span.Slice(index * n, n), row);
                var product = group.Table[pair];
                Softmax.Probabilities(row, probabilities);
                probabilityPart.Add(
                    Dot(probabilities, fitted.Row(product)), Square(probabilities), fittedSquares[product]);

                // Entry (x, y, z) loses the mean of pair (y, z).
                TensorPrimitives.Subtract(row, rowMeans.AsSpan(pair % n * n, n), row);
                notebookPart.Add(Dot(row, trace.Row(product)), Square(row), traceSquares[product]);
            }

            return (probabilityPart, notebookPart);
        }
    }

    // No function of xyz⁻¹ explains more than the mean over all entries with the same xyz⁻¹, no class function more
    // than the mean over a class: both say how much room the trace leaves.
    private static IEnumerable<TraceComparison> Ceilings(FiniteGroup group, FirstSums sums)
    {
        var n = group.Order;
        double pairs = (double)n * n;
        var best = 0.0;
        var byClass = new double[group.ClassCount];
        for (var g = 0; g < n; g++)
        {
            best += sums.ByQuotient[g] * sums.ByQuotient[g] / pairs;
            byClass[group.ClassOf(g)] += sums.ByQuotient[g];
        }

        var bestOfClasses = byClass.Select((sum, c) => sum * sum / (pairs * group.Class(c).Length)).Sum();
        yield return Ceiling(TraceResult.BestClassFunction, bestOfClasses / sums.Centred.First.Value);
        yield return Ceiling(TraceResult.BestFunction, best / sums.Centred.First.Value);

        static TraceComparison Ceiling(string function, double share) =>
            new(function, TraceSpaces.Centred, Math.Sqrt(share), share, 1);
    }

    private static HostMatrix Predicted(FiniteGroup group, double[] character, double mean, double scale)
    {
        var predicted = new HostMatrix(group.Order, group.Order);
        Fill(predicted, (x, y) => scale * (character[group.Multiply(x, y)] - mean));
        return predicted;
    }

    private static void Fill(HostMatrix matrix, Func<int, int, double> value)
    {
        for (var row = 0; row < matrix.Rows; row++)
        {
            for (var column = 0; column < matrix.Columns; column++)
            {
                matrix[row, column] = value(row, column);
            }
        }
    }

    private static void SoftmaxRows(HostMatrix matrix, double scale, HostMatrix probabilities)
    {
        for (var row = 0; row < matrix.Rows; row++)
        {
            var target = probabilities.Values.AsSpan(row * matrix.Columns, matrix.Columns);
            TensorPrimitives.Multiply(matrix.Row(row), scale, target);
            Softmax.Probabilities(target, target);
        }
    }

    /// <summary>The blocks of the source, checked, each cut into chunks that can be worked on side by side.</summary>
    private static IEnumerable<List<LogitBlock>> Chunks(ILogitSource source, int n, CancellationToken cancellation)
    {
        var next = 0;
        foreach (var block in source.Blocks())
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = block.Values.Length / n;
            if (block.FirstPair != next || block.Values.Length % n != 0 || next + rows > n * n)
            {
                throw new BadInputException(
                    $"logits: rows from pair {block.FirstPair} with {block.Values.Length} values were found; rows of "
                        + $"{n} from pair {next} on, "
                    + $"up to {n * n} rows in all, were expected. Capture all pairs of the group in order "
                    + "(`--inputs group:NAME`).");
            }

            RequireFinite(block, n);
            var chunks = new List<LogitBlock>();
            for (var first = 0; first < rows; first += ChunkRows)
            {
                chunks.Add(new LogitBlock(
                    next + first, block.Values.Slice(first * n, Math.Min(ChunkRows, rows - first) * n)));
            }

            yield return chunks;
            next += rows;
        }

        if (next != n * n)
        {
            throw new BadInputException(
                $"logits: {next} pairs were found, {n * n} were expected. Capture all pairs of the group "
                    + "(`--inputs group:NAME`).");
        }
    }

    private static void RequireFinite(LogitBlock block, int n)
    {
        var values = block.Values.Span;
        for (var index = 0; index < values.Length; index++)
        {
            if (!float.IsFinite(values[index]))
            {
                throw new BadInputException(
                    $"logits: pair {block.FirstPair + (index / n)} has {values[index]} for answer {index % n}; "
                        + "finite logits were expected.");
            }
        }
    }

    private static void Widen(ReadOnlySpan<float> source, Span<double> target)
    {
        for (var index = 0; index < source.Length; index++)
        {
            target[index] = source[index];
        }
    }

    private static double Square(ReadOnlySpan<double> values) => TensorPrimitives.SumOfSquares(values);

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => TensorPrimitives.Dot(x, y);

    private static double[] Squares(HostMatrix matrix) =>
        [.. Enumerable.Range(0, matrix.Rows).Select(row => Square(matrix.Row(row)))];

    private struct FirstChunk
    {
        public TraceSums Raw;
        public TraceSums Centred;
        public TraceSums Probabilities;
        public double[] ByQuotient;
    }

    private sealed class FirstSums(int order)
    {
        public TraceSums Raw;
        public TraceSums Centred;
        public TraceSums Probabilities;

        public double[] RowMeans { get; } = new double[order * order];

        public double[] ByQuotient { get; } = new double[order];

        public HostMatrix Slice { get; } = new(order, order);
    }
}
