using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// A_n: the irreps of S_n restricted. Conjugate partitions restrict to the same irrep; a self-conjugate one splits in
/// two where the parts are real, and stays whole (of complex type) where they are complex.
/// </summary>
/// <remarks>
/// Named by the lexicographically larger partition of a conjugate pair; "+" is the part with the larger character on
/// the first class where they differ.
/// </remarks>
internal static class AlternatingIrreps
{
    public static IReadOnlyList<IrrepConstruction> Construct(FiniteGroup group, int n)
    {
        var irreps = new List<IrrepConstruction>();
        foreach (var partition in Partitions.Of(n))
        {
            var conjugate = Partitions.Conjugate(partition);
            var comparison = partition.AsSpan().SequenceCompareTo(conjugate);
            if (comparison > 0)
            {
                var dimension = Partitions.StandardTableaux(partition).Count;
                irreps.Add(new(Partitions.Name(partition), Published(n, partition), dimension, () => Restricted(
                    group, n, partition, dimension)));
            }
            else if (comparison == 0)
            {
                irreps.AddRange(Split(group, n, partition));
            }
        }

        string[] order = n == 5 ? ["trivial", "standard", "a5_5d_a", "a5_3d_a", "a5_3d_b"] : ["trivial", "standard"];
        int Rank(IrrepConstruction irrep) =>
            Array.IndexOf(order, irrep.PublishedName) is >= 0 and var at ? at : order.Length;
        return [.. irreps.OrderBy(Rank).ThenBy(irrep => irrep.Dimension)];
    }

    private static string? Published(int n, int[] partition) => partition switch
    {
        [var first] when first == n => "trivial",
        [var first, 1] when first == n - 1 && n > 3 => "standard",
        [3, 2] => "a5_5d_a",
        _ => null,
    };

    private static IEnumerable<IrrepConstruction> Split(FiniteGroup group, int n, int[] partition)
    {
        var name = Partitions.Name(partition);
        var dimension = Partitions.StandardTableaux(partition).Count;
        var whole = Restricted(group, n, partition, dimension);
        var parts = Splitting.InvariantSubspaces(group, dimension, whole);
        if (parts.Count == 1)
        {
            yield return new(name, null, dimension, () => Restricted(group, n, partition, dimension));
            yield break;
        }

        var sorted = parts
            .Select(basis => (basis, Characters: MatrixWords.ClassCharacters(
                group, basis.Length, Splitting.Restrict(group.Order, dimension, whole, basis), out _)))
            .ToArray();

        // The parts differ only on two classes. In A5 "+" must have 1.618… on the published 5-cycle (0 1 2 3 4).
        var reference = n == 5
            ? group.ClassOf(Enumerable.Range(0, group.Order)
                .First(g => group.Permutation(g).AsSpan().SequenceEqual([1, 2, 3, 4, 0])))
            : Array.FindIndex(sorted[0].Characters, value => true);
        for (var c = 0; n != 5 && c < group.ClassCount; c++)
        {
            if (Math.Abs(sorted[0].Characters[c] - sorted[1].Characters[c]) > 1e-6)
            {
                reference = c;
                break;
            }
        }

        var signs = new Queue<(string Sign, string Letter)>([("+", "a"), ("-", "b")]);
        foreach (var (basis, _) in sorted.OrderByDescending(part => part.Characters[reference]))
        {
            var (sign, letter) = signs.Dequeue();
            yield return new(
                name + sign,
                n == 5 ? $"a5_3d_{letter}" : null,
                basis.Length,
                () => Splitting.Restrict(group.Order, dimension, Restricted(group, n, partition, dimension), basis));
        }
    }

    private static double[] Restricted(FiniteGroup group, int n, int[] partition, int dimension)
    {
        var adjacent = YoungOrthogonalForm.AdjacentTranspositions(partition);
        var images = group.Generators
            .Select(generator => Word(n, dimension, group.Permutation(generator), adjacent))
            .ToArray();
        return MatrixWords.Build(group, dimension, group.Generators, images);
    }

    /// <summary>
    /// The image of a permutation as a product of adjacent transpositions, found by sorting its one-line form.
    /// </summary>
    private static double[] Word(int n, int dimension, int[] permutation, double[][] adjacent)
    {
        int[] sorted = [.. permutation];
        var image = new double[dimension * dimension];
        var product = new double[dimension * dimension];
        for (var i = 0; i < dimension; i++)
        {
            image[(i * dimension) + i] = 1;
        }

        // Exchanging the entries i and i + 1 multiplies by the transposition from the left: s_k … s_1 · p = e, so p =
        // s_1 … s_k.
        for (var pass = 0; pass < n; pass++)
        {
            for (var i = 0; i + 1 < n; i++)
            {
                if (sorted[i] > sorted[i + 1])
                {
                    (sorted[i], sorted[i + 1]) = (sorted[i + 1], sorted[i]);
                    MatrixWords.Multiply(dimension, image, adjacent[i], product);
                    (image, product) = (product, image);
                }
            }
        }

        return image;
    }
}
