using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// Direct products: Kronecker products of the factors' irreps, factor by factor. A product of two irreps that are both
/// not of real type is reducible over the real numbers and is split.
/// </summary>
internal static class ProductIrreps
{
    public static IReadOnlyList<IrrepConstruction> Construct(FiniteGroup group, IReadOnlyList<GroupDefinition> factors)
    {
        var left = FiniteGroup.Create(
            factors.Count == 2 ? factors[0] : new GroupDefinition.Product([.. factors.Take(factors.Count - 1)]),
            group.Ordering);
        var right = FiniteGroup.Create(factors[^1], group.Ordering);
        var irreps = new List<IrrepConstruction>();
        foreach (var a in IrrepTable.Of(left))
        {
            foreach (var b in IrrepTable.Of(right))
            {
                var name = $"{a.Name}*{b.Name}";
                if (a.Type == IrrepType.Real || b.Type == IrrepType.Real)
                {
                    irreps.Add(new(
                        name,
                        a.IsTrivial && b.IsTrivial ? "trivial" : null,
                        a.Dimension * b.Dimension,
                        () => Kronecker(a, b)));
                }
                else
                {
                    irreps.AddRange(Split(group, a, b, name));
                }
            }
        }

        return [.. irreps.OrderBy(irrep => irrep.PublishedName is null).ThenBy(irrep => irrep.Dimension)];
    }

    private static List<IrrepConstruction> Split(FiniteGroup group, Irrep a, Irrep b, string name)
    {
        var dimension = a.Dimension * b.Dimension;
        var whole = Kronecker(a, b);
        var distinct = new List<(double[][] Basis, double[] Characters)>();
        foreach (var basis in Splitting.InvariantSubspaces(group, dimension, whole))
        {
            var characters = MatrixWords.ClassCharacters(
                group, basis.Length, Splitting.Restrict(group.Order, dimension, whole, basis), out _);
            if (!distinct.Exists(
                other => other.Characters.Zip(characters).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6)))
            {
                distinct.Add((basis, characters));
            }
        }

        return [.. distinct.Select((part, index) => new IrrepConstruction(
            distinct.Count == 1 ? name : $"{name}_{(char)('a' + index)}",
            null,
            part.Basis.Length,
            () => Splitting.Restrict(group.Order, dimension, Kronecker(a, b), part.Basis)))];
    }

    /// <summary>[n_a·n_b, d_a·d_b, d_a·d_b]; the right factor's indices run fastest, as the group's do.</summary>
    private static double[] Kronecker(Irrep a, Irrep b)
    {
        var (da, db) = (a.Dimension, b.Dimension);
        var d = da * db;
        var (left, right) = (a.BuildMatrices(), b.BuildMatrices());
        var (na, nb) = (a.Group.Order, b.Group.Order);
        var matrices = new double[na * nb * d * d];
        for (var ga = 0; ga < na; ga++)
        {
            for (var gb = 0; gb < nb; gb++)
            {
                var at = ((ga * nb) + gb) * d * d;
                for (var i = 0; i < da; i++)
                {
                    for (var j = 0; j < da; j++)
                    {
                        var factor = left[(((ga * da) + i) * da) + j];
                        for (var k = 0; k < db; k++)
                        {
                            for (var l = 0; l < db; l++)
                            {
                                matrices[at + (((i * db) + k) * d) + (j * db) + l] =
                                    factor * right[(((gb * db) + k) * db) + l];
                            }
                        }
                    }
                }
            }
        }

        return matrices;
    }
}
