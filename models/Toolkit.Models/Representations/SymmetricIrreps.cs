using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// S_n: one irrep for each partition, by Young's orthogonal form; the published ones first, in their order.
/// </summary>
internal static class SymmetricIrreps
{
    /// <summary>The published names that belong to one group only.</summary>
    private static readonly Dictionary<string, string> Special = new(StringComparer.Ordinal)
    {
        ["s4_2d"] = "(2,2)",
        ["s5_5d_a"] = "(2,2,1)",
        ["s5_5d_b"] = "(3,2)",
        ["s5_6d"] = "(3,1,1)",
        ["s6_5d_a"] = "(3,3)",
        ["s6_5d_b"] = "(2,2,2)",
    };

    public static IReadOnlyList<IrrepConstruction> Construct(FiniteGroup group, int n)
    {
        int[] transpositions = [.. Enumerable.Range(0, Math.Max(0, n - 1)).Select(i => Adjacent(group, n, i))];
        var all = Partitions.Of(n).ToDictionary(Partitions.Name, partition => partition, StringComparer.Ordinal);
        var published = PublishedNames(n)
            .Where(name => all.ContainsKey(name.Partition))
            .DistinctBy(name => name.Partition)
            .ToList();
        var names = published.Select(name => name.Partition).ToHashSet(StringComparer.Ordinal);
        var others = all
            .Where(partition => !names.Contains(partition.Key))
            .Select(partition => (partition.Key, (string?)null));
        return [.. published.Select(name => (name.Partition, (string?)name.Name))
            .Concat(others)
            .Select(name => Irrep(group, transpositions, all[name.Item1], name.Item2))
            .Select((irrep, index) => (irrep, index))
            .OrderBy(item => item.index < published.Count ? 0 : item.irrep.Dimension).ThenBy(item => item.index)
            .Select(item => item.irrep)];
    }

    /// <summary>The index of the transposition of the points i and i + 1.</summary>
    public static int Adjacent(FiniteGroup group, int n, int i)
    {
        var image = Enumerable.Range(0, n).ToArray();
        (image[i], image[i + 1]) = (i + 1, i);
        return Enumerable.Range(0, group.Order).First(g => group.Permutation(g).AsSpan().SequenceEqual(image));
    }

    private static IrrepConstruction Irrep(FiniteGroup group, int[] transpositions, int[] partition, string? published)
    {
        var images = YoungOrthogonalForm.AdjacentTranspositions(partition);
        var dimension = Partitions.StandardTableaux(partition).Count;
        return new(Partitions.Name(partition), published, dimension, () => MatrixWords.Build(
            group, dimension, transpositions, images));
    }

    private static IEnumerable<(string Name, string Partition)> PublishedNames(int n)
    {
        yield return ("trivial", $"({n})");
        yield return ("sign", $"({string.Join(',', Enumerable.Repeat(1, n))})");
        if (n > 2)
        {
            yield return ("standard", $"({n - 1},1)");
            yield return ("standard_sign", $"(2,{string.Join(',', Enumerable.Repeat(1, n - 2))})");
        }

        foreach (var (name, partition) in Special.Where(
            special => special.Key.StartsWith($"s{n}_", StringComparison.Ordinal)))
        {
            yield return (name, partition);
        }
    }
}
