using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// Matrices of all elements from matrices of generators, and whether they multiply as the group does.
/// </summary>
internal static class MatrixWords
{
    /// <summary>
    /// ρ(s·w) = ρ(s)·ρ(w) along a breadth-first tree of words: O(n·d³), O(n·d²) for sparse generators.
    /// </summary>
    public static double[] Build(
        FiniteGroup group, int dimension, IReadOnlyList<int> generators, IReadOnlyList<double[]> images)
    {
        var size = dimension * dimension;
        var matrices = new double[group.Order * size];
        var known = new bool[group.Order];
        var queue = new Queue<int>([group.Identity]);
        known[group.Identity] = true;
        for (var i = 0; i < dimension; i++)
        {
            matrices[(group.Identity * size) + (i * dimension) + i] = 1;
        }

        while (queue.TryDequeue(out var word))
        {
            for (var k = 0; k < generators.Count; k++)
            {
                var next = group.Multiply(generators[k], word);
                if (!known[next])
                {
                    known[next] = true;
                    queue.Enqueue(next);
                    Multiply(dimension, images[k], matrices.AsSpan(word * size, size), matrices.AsSpan(
                        next * size, size));
                }
            }
        }

        return matrices;
    }

    /// <summary>The largest |ρ(s)ρ(g) − ρ(sg)| over generators s and all elements g.</summary>
    public static double HomomorphismError(FiniteGroup group, int dimension, double[] matrices)
    {
        var size = dimension * dimension;
        var worst = new double[group.Order];
        Parallel.For(
            0,
            group.Order,
            () => new double[size],
            (g, _, product) =>
            {
                foreach (var s in group.Generators)
                {
                    Multiply(dimension, matrices.AsSpan(s * size, size), matrices.AsSpan(g * size, size), product);
                    var expected = matrices.AsSpan(group.Multiply(s, g) * size, size);
                    for (var i = 0; i < size; i++)
                    {
                        worst[g] = Math.Max(worst[g], Math.Abs(product[i] - expected[i]));
                    }
                }

                return product;
            },
            _ => { });
        return worst.Max();
    }

    /// <summary>The mean trace of each class, and how far a single trace is from it at most.</summary>
    public static double[] ClassCharacters(FiniteGroup group, int dimension, double[] matrices, out double spread)
    {
        var characters = new double[group.ClassCount];
        spread = 0;
        for (var c = 0; c < characters.Length; c++)
        {
            foreach (var g in group.Class(c))
            {
                characters[c] += Trace(dimension, matrices, g);
            }

            characters[c] /= group.Class(c).Length;
            foreach (var g in group.Class(c))
            {
                spread = Math.Max(spread, Math.Abs(Trace(dimension, matrices, g) - characters[c]));
            }
        }

        return characters;
    }

    /// <summary>target = left · right, row-major, skipping zeros of the left factor.</summary>
    public static void Multiply(
        int dimension, ReadOnlySpan<double> left, ReadOnlySpan<double> right, Span<double> target)
    {
        target.Clear();
        for (var i = 0; i < dimension; i++)
        {
            var row = target.Slice(i * dimension, dimension);
            for (var k = 0; k < dimension; k++)
            {
                var factor = left[(i * dimension) + k];
                if (factor != 0)
                {
                    var source = right.Slice(k * dimension, dimension);
                    for (var j = 0; j < row.Length; j++)
                    {
                        row[j] += factor * source[j];
                    }
                }
            }
        }
    }

    private static double Trace(int dimension, double[] matrices, int element)
    {
        double trace = 0;
        for (var i = 0; i < dimension; i++)
        {
            trace += matrices[(((element * dimension) + i) * dimension) + i];
        }

        return trace;
    }
}
