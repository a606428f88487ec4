using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// Abelian groups: characters by extension from a subgroup H to ⟨H, g⟩, where χ(g) is each m-th root of χ(gᵐ); a
/// conjugate pair becomes one rotation. O(n²), exact: values are whole multiples of 1/exponent of a turn.
/// </summary>
internal static class AbelianIrreps
{
    public static IReadOnlyList<IrrepConstruction> Construct(FiniteGroup group)
    {
        var n = group.Order;
        var exponent = Enumerable.Range(0, n).Select(group.OrderOf).Aggregate(
            1L, (lcm, order) => lcm / (long)System.Numerics.BigInteger.GreatestCommonDivisor(lcm, order) * order);
        var turns = Characters(group, (int)exponent);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var irreps = new List<(string? Name, string? Published, int[] Turns, int Dimension)>();
        foreach (var turn in turns)
        {
            int[] conjugate = [.. turn.Select(t => (int)((exponent - t) % exponent))];
            var isReal = turn.AsSpan().SequenceEqual(conjugate);
            if (seen.Contains(Key(group, conjugate)))
            {
                continue;
            }

            seen.Add(Key(group, turn));
            irreps.Add((
                FactorName(group, turn, exponent),
                Array.TrueForAll(turn, t => t == 0) ? "trivial" : null,
                turn,
                isReal ? 1 : 2));
        }

        var sorted = irreps.OrderBy(irrep => irrep.Published is null).ThenBy(irrep => irrep.Dimension).ToList();
        string[] names = ["trivial", .. IrrepNames.ByDimension([.. sorted.Skip(1).Select(irrep => irrep.Dimension)])];
        return [.. sorted.Select((irrep, index) => new IrrepConstruction(
            irrep.Name ?? names[index],
            irrep.Name is null ? null : irrep.Published,
            irrep.Dimension,
            () => Matrices(irrep.Turns, irrep.Dimension, exponent)))];
    }

    private static List<int[]> Characters(FiniteGroup group, int exponent)
    {
        var members = new List<int> { group.Identity };
        var position = new int[group.Order];
        Array.Fill(position, -1);
        position[group.Identity] = 0;
        List<List<int>> characters = [[0]];
        foreach (var generator in group.Generators)
        {
            var relative = 1;
            var power = generator;
            while (position[power] < 0)
            {
                power = group.Multiply(power, generator);
                relative++;
            }

            var inside = position[power];
            var count = members.Count;
            for (var (step, shift) = (1, generator); step < relative; step++, shift = group.Multiply(shift, generator))
            {
                for (var k = 0; k < count; k++)
                {
                    var product = group.Multiply(members[k], shift);
                    position[product] = members.Count;
                    members.Add(product);
                }
            }

            characters = [.. characters.SelectMany(character => Enumerable.Range(0, relative).Select(root =>
            {
                var step = (character[inside] / relative) + (exponent / relative * root);
                var extended = new List<int>(members.Count);
                for (var k = 0; k < relative; k++)
                {
                    extended.AddRange(character.Select(value => (int)((value + ((long)k * step)) % exponent)));
                }

                return extended;
            }))];
        }

        return [.. characters.Select(character =>
        {
            var turns = new int[group.Order];
            for (var k = 0; k < members.Count; k++)
            {
                turns[members[k]] = character[k];
            }

            return turns;
        })];
    }

    private static string Key(FiniteGroup group, int[] turns) =>
        string.Join(',', group.Generators.Select(generator => turns[generator]));

    /// <summary>For products of cyclic groups "freq_k_l…", the frequency on each factor's generator.</summary>
    private static string? FactorName(FiniteGroup group, int[] turns, long exponent)
    {
        if (group.Definition is not GroupDefinition.Product { Factors: var factors }
            || factors.Any(factor => factor is not GroupDefinition.Cyclic { N: > 1 }))
        {
            return null;
        }

        return "freq_" + string.Join(
            '_', group.Generators.Select((generator, k) => turns[generator] * factors[k].Order!.Value / exponent));
    }

    private static double[] Matrices(int[] turns, int dimension, long exponent)
    {
        var matrices = new double[turns.Length * dimension * dimension];
        for (var g = 0; g < turns.Length; g++)
        {
            if (dimension == 1)
            {
                matrices[g] = turns[g] == 0 ? 1 : -1;
                continue;
            }

            var (sine, cosine) = Math.SinCos(2 * Math.PI * turns[g] / exponent);
            (matrices[4 * g], matrices[(4 * g) + 1], matrices[(4 * g) + 2], matrices[(4 * g) + 3]) = (
                cosine, -sine, sine, cosine);
        }

        return matrices;
    }
}
