using Toolkit.Formats;

namespace Toolkit.Models.Groups;

/// <content>How each family of groups gets its table, names and action.</content>
public sealed partial class FiniteGroup
{
    /// <summary>Builds the group that a name stands for ("S5", "C3xS3").</summary>
    /// <param name="name">See <see cref="GroupDefinition.Parse"/>.</param>
    /// <param name="ordering">How to number the elements.</param>
    /// <returns>The group.</returns>
    /// <exception cref="BadInputException">No such group, or too large.</exception>
    public static FiniteGroup Parse(string name, ElementOrdering ordering = ElementOrdering.Published) =>
        Create(GroupDefinition.Parse(name), ordering);

    /// <summary>Builds a group from its definition.</summary>
    /// <param name="definition">What group.</param>
    /// <param name="ordering">How to number the elements; where a family has one order only, that one is taken.</param>
    /// <returns>The group.</returns>
    /// <exception cref="BadInputException">The table is no group, or the group is over 5,040 elements: the offending
    /// elements are named.</exception>
    public static FiniteGroup Create(GroupDefinition definition, ElementOrdering ordering = ElementOrdering.Published)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Order is > MaximumOrder or < 1)
        {
            throw TooLarge(definition.Name, definition.Order.Value);
        }

        return definition switch
        {
            GroupDefinition.Cyclic { N: var n } => FromFormula(
                definition, n, (x, y) => (x + y) % n, n == 1 ? [] : [1], x => $"{x}", x => Rotation(n, x)),
            GroupDefinition.Dihedral { N: var n } => FromFormula(
                definition, 2 * n, (x, y) => MultiplyDihedral(n, x, y), n == 1 ? [1] : [1, n], x => DihedralName(n, x),
                n < 3 ? null : x => Reflection(n, x)),
            GroupDefinition.Quaternion { Size: var size } => FromFormula(
                definition,
                size,
                (x, y) => MultiplyQuaternion(size / 2, x, y),
                [1, size / 2],
                x => QuaternionName(size / 2, x),
                null),
            GroupDefinition.Symmetric { N: var n } =>
                FromPermutations(definition, definition.Name, n, SymmetricGenerators(n), ordering),
            GroupDefinition.Alternating { N: var n } =>
                FromPermutations(definition, definition.Name, n, AlternatingGenerators(n), ordering),
            GroupDefinition.Generated { Permutations: var generators } =>
                FromGenerators(definition, generators, ordering),
            GroupDefinition.Product { Factors: var factors } =>
                FromFactors(definition, [.. factors.Select(factor => Create(factor, ordering))], ordering),
            GroupDefinition.Cayley { Table: var table, Source: var source } =>
                FromTable(definition, CayleyTable.Validate(table, source)),
            _ => throw new ArgumentException(
                $"{definition.GetType().Name} is not a known kind of group.", nameof(definition)),
        };
    }

    private static BadInputException TooLarge(string name, long order) => new(
        $"group {name} has {order:N0} elements or more; the largest supported group has {MaximumOrder:N0}.");

    private static FiniteGroup FromFormula(
        GroupDefinition definition,
        int order,
        Func<int, int, int> multiply,
        IReadOnlyList<int> generators,
        Func<int, string> name,
        Func<int, int[]>? permutation)
    {
        var table = new ushort[order * order];
        for (var x = 0; x < order; x++)
        {
            for (var y = 0; y < order; y++)
            {
                table[(x * order) + y] = (ushort)multiply(x, y);
            }
        }

        return new(definition, definition.Name, ElementOrdering.Published, table, generators, name, permutation);
    }

    private static FiniteGroup FromFactors(GroupDefinition definition, FiniteGroup[] factors, ElementOrdering ordering)
    {
        var order = factors.Aggregate(1, (product, factor) => product * factor.Order);
        int[] Split(int index)
        {
            var split = new int[factors.Length];
            for (var k = factors.Length - 1; k >= 0; k--)
            {
                (index, split[k]) = int.DivRem(index, factors[k].Order);
            }

            return split;
        }

        int Join(Func<int, int> part)
        {
            var index = 0;
            for (var k = 0; k < factors.Length; k++)
            {
                index = (index * factors[k].Order) + part(k);
            }

            return index;
        }

        var parts = Enumerable.Range(0, order).Select(Split).ToArray();
        var generators = factors.SelectMany((factor, at) => factor.Generators.Select(generator =>
            Join(k => k == at ? generator : factors[k].Identity)));
        var table = new ushort[order * order];
        for (var x = 0; x < order; x++)
        {
            for (var y = 0; y < order; y++)
            {
                var index = 0;
                for (var k = 0; k < factors.Length; k++)
                {
                    index = (index * factors[k].Order) + factors[k].Multiply(parts[x][k], parts[y][k]);
                }

                table[(x * order) + y] = (ushort)index;
            }
        }

        var permuted = Array.TrueForAll(factors, factor => factor.Degree > 0);
        return new(
            definition,
            definition.Name,
            ordering,
            table,
            [.. generators],
            x => $"({string.Join(", ", factors.Select((factor, k) => factor.ElementName(parts[x][k])))})",
            permuted ? x => SideBySide([.. factors.Select((factor, k) => factor.Permutation(parts[x][k]))]) : null);
    }

    private static int[] SideBySide(int[][] permutations)
    {
        var image = new List<int>();
        foreach (var permutation in permutations)
        {
            var offset = image.Count;
            image.AddRange(permutation.Select(point => point + offset));
        }

        return [.. image];
    }

    private static FiniteGroup FromGenerators(GroupDefinition definition, int[][] generators, ElementOrdering ordering)
    {
        var degree = generators.Length == 0 ? 1 : generators[0].Length;
        for (var k = 0; k < generators.Length; k++)
        {
            var generator = generators[k];
            if (generator.Length != degree)
            {
                throw new BadInputException(
                    $"generator {k} permutes {generator.Length} points, generator 0 permutes {degree}: all must "
                        + "permute the same points.");
            }

            var repeated = generator
                .GroupBy(point => point)
                .FirstOrDefault(points => points.Count() > 1 || points.Key < 0 || points.Key >= degree);
            if (repeated is not null)
            {
                throw new BadInputException(
                    $"generator {k} is [{string.Join(", ", generator)}]: {repeated.Key} "
                    + (repeated.Count() > 1 ? "occurs twice" : $"is no point from 0 to {degree - 1}")
                    + ", so it is no permutation.");
            }
        }

        return FromPermutations(definition, null, degree, generators, ordering);
    }

    private static FiniteGroup FromPermutations(
        GroupDefinition definition, string? name, int degree, IReadOnlyList<int[]> generators, ElementOrdering ordering)
    {
        var chain = new StabilizerChain(degree, generators, MaximumOrder);
        if (chain.Order > MaximumOrder)
        {
            throw TooLarge(name ?? "of the generators", chain.Order);
        }

        var elements = chain.Elements();
        if (ordering == ElementOrdering.Lexicographic)
        {
            elements.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        }

        var indices = new Dictionary<string, int>(elements.Count, StringComparer.Ordinal);
        for (var i = 0; i < elements.Count; i++)
        {
            indices.Add(Key(elements[i]), i);
        }

        int[] steps = [.. generators
            .Select(generator => indices[Key(generator)])
            .Distinct()
            .Where(i => i != indices[Key([.. Enumerable.Range(0, degree)])])];
        var leftMultiplications = steps.Select(step =>
            elements
                .Select(element => (ushort)indices[Key(Groups.Permutation.Multiply(elements[step], element))])
                .ToArray())
                .ToArray();
        var table = TableFromLeftMultiplications(
            elements.Count, indices[Key([.. Enumerable.Range(0, degree)])], leftMultiplications);
        return new(definition, name ?? $"generated{elements.Count}", ordering, table, steps, null, x => elements[x]);
    }

    private static string Key(int[] permutation) => string.Create(permutation.Length, permutation, (text, image) =>
    {
        for (var i = 0; i < image.Length; i++)
        {
            text[i] = (char)image[i];
        }
    });

    /// <summary>
    /// Row s·w of the table is row w sent through the left multiplication by the generator s: O(n²), no product is
    /// formed.
    /// </summary>
    private static ushort[] TableFromLeftMultiplications(int order, int identity, ushort[][] leftMultiplications)
    {
        var table = new ushort[order * order];
        var known = new bool[order];
        var queue = new Queue<int>([identity]);
        known[identity] = true;
        for (var j = 0; j < order; j++)
        {
            table[(identity * order) + j] = (ushort)j;
        }

        while (queue.TryDequeue(out var word))
        {
            var row = table.AsSpan(word * order, order);
            foreach (var left in leftMultiplications)
            {
                int next = left[word];
                if (known[next])
                {
                    continue;
                }

                known[next] = true;
                queue.Enqueue(next);
                var target = table.AsSpan(next * order, order);
                for (var j = 0; j < order; j++)
                {
                    target[j] = left[row[j]];
                }
            }
        }

        return table;
    }

    private static FiniteGroup FromTable(GroupDefinition definition, (ushort[] Table, int[] Generators) valid) =>
        new(definition, definition.Name, ElementOrdering.Published, valid.Table, valid.Generators, x => $"{x}", null);

    private static int MultiplyDihedral(int n, int x, int y)
    {
        var (xs, xr) = int.DivRem(x, n);
        var (ys, yr) = int.DivRem(y, n);
        return (((xr + (xs == 0 ? yr : n - yr)) % n) + (n * (xs ^ ys)));
    }

    private static int MultiplyQuaternion(int cycle, int x, int y)
    {
        var (xs, xr) = int.DivRem(x, cycle);
        var (ys, yr) = int.DivRem(y, cycle);
        var r = xr + (xs == 0 ? yr : cycle - yr) + (xs + ys == 2 ? cycle / 2 : 0);
        return (r % cycle) + (cycle * (xs ^ ys));
    }

    private static string DihedralName(int n, int x) => (x % n, x / n) switch
    {
        (0, 0) => "e",
        (var r, 0) => $"r{r}",
        (0, _) => "s",
        (var r, _) => $"r{r}s",
    };

    private static string QuaternionName(int cycle, int x) => (x % cycle, x / cycle) switch
    {
        (0, 0) => "e",
        (var r, 0) => $"x{r}",
        (0, _) => "y",
        (var r, _) => $"x{r}y",
    };

    private static int[] Rotation(int n, int by) => [.. Enumerable.Range(0, n).Select(i => (i + by) % n)];

    /// <summary>rʳsˢ on the corners of the n-gon, left factor first: r: i → i + 1, s: i → −i.</summary>
    private static int[] Reflection(int n, int x) =>
        [.. Enumerable.Range(0, n).Select(i => x < n ? (i + x) % n : ((2 * n) - ((i + x) % n)) % n)];

    private static List<int[]> SymmetricGenerators(int n) => n switch
    {
        1 => [],
        2 => [[1, 0]],
        _ => [[.. Enumerable.Range(1, n - 1), 0], [1, 0, .. Enumerable.Range(2, n - 2)]],
    };

    /// <summary>
    /// A5 by the published generators (0 1 2 3 4), (1 2)(3 4); the others by (0 1 2) and the longest even cycle on the
    /// last points.
    /// </summary>
    private static List<int[]> AlternatingGenerators(int n) => n switch
    {
        < 3 => [],
        3 => [[1, 2, 0]],
        5 => [[1, 2, 3, 4, 0], [0, 2, 1, 4, 3]],
        _ when n % 2 == 1 => [[1, 2, 0, .. Enumerable.Range(3, n - 3)], [.. Enumerable.Range(1, n - 1), 0]],
        _ => [[1, 2, 0, .. Enumerable.Range(3, n - 3)], [0, .. Enumerable.Range(2, n - 2), 1]],
    };
}
