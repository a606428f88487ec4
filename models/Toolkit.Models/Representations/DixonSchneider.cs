using System.Numerics;
using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// The complex character table of any finite group: the class matrices are diagonalised together modulo a prime p ≡ 1
/// (mod exponent), p &gt; 2√n, and the values lifted to sums of roots of unity. Exact up to the last step.
/// </summary>
/// <remarks>
/// J. Dixon, "High speed computation of group characters" (1967); G. Schneider, "Dixon's character table algorithm
/// revisited" (1990). About O(k⁴) operations for k classes, hence the limit.
/// </remarks>
internal static class DixonSchneider
{
    public const int MaximumClasses = 400;

    /// <summary>
    /// One row for each irreducible character, one column for each class; the trivial character first, then by degree.
    /// </summary>
    public static Complex[][] Characters(FiniteGroup group)
    {
        var k = group.ClassCount;
        if (k > MaximumClasses)
        {
            throw new BadInputException(
                $"group {group.Name}: {k} conjugacy classes; characters of a group of no known family are computed "
                    + $"up to {MaximumClasses}. "
                + "Name it by its family where it has one (D2520, C3xS3).");
        }

        var n = group.Order;
        var exponent = Enumerable.Range(0, n).Select(group.OrderOf).Distinct().Aggregate(
            1L, (lcm, order) => lcm / (long)BigInteger.GreatestCommonDivisor(lcm, order) * order);
        var prime = exponent + 1;
        while ((double)prime * prime <= 4.0 * n || !ModularArithmetic.IsPrime(prime))
        {
            prime += exponent;
        }

        var field = new ModularArithmetic(prime);
        var rows = CommonEigenvectors(group, field).Select(vector => Normalise(group, field, vector)).ToList();
        var root = field.PrimitiveRoot(exponent);
        return [.. rows.Select(row => Lift(group, field, exponent, root, row))
            .OrderByDescending(row => row.All(value => (value - 1).Magnitude < 1e-9))
            .ThenBy(row => Math.Round(row[0].Real))];
    }

    private static List<long[]> CommonEigenvectors(FiniteGroup group, ModularArithmetic field)
    {
        var k = group.ClassCount;
        var random = new Random(1967);
        List<List<long[]>> spaces = [[.. Enumerable.Range(0, k)
            .Select(i => Enumerable.Range(0, k).Select(j => i == j ? 1L : 0).ToArray())]];
        for (var r = 1; r < k && spaces.Exists(space => space.Count > 1); r++)
        {
            var matrix = ClassMatrix(group, r);
            spaces = [.. spaces.SelectMany(space => space.Count == 1 ? [space] : Split(field, matrix, space, random))];
        }

        return spaces.Count == k
            ? [.. spaces.Select(space => space[0])]
            : throw new InvalidOperationException(
                $"{group.Name}: the class matrices separate {spaces.Count} of {k} characters.");
    }

    /// <summary>
    /// M[s, t] = the number of ways to write a fixed element of class t as x·y with x in class r and y in class s.
    /// </summary>
    private static long[][] ClassMatrix(FiniteGroup group, int r)
    {
        var k = group.ClassCount;
        var matrix = Enumerable.Range(0, k).Select(_ => new long[k]).ToArray();
        for (var t = 0; t < k; t++)
        {
            var target = group.Class(t)[0];
            foreach (var x in group.Class(r))
            {
                matrix[group.ClassOf(group.Multiply(group.Inverse(x), target))][t]++;
            }
        }

        return matrix;
    }

    /// <summary>Splits a space of right eigenvectors ω (as rows) by M·ω = λ·ω.</summary>
    private static List<List<long[]>> Split(ModularArithmetic field, long[][] matrix, List<long[]> space, Random random)
    {
        var k = matrix.Length;
        var basis = space.Select(row => row.ToArray()).ToList();
        var pivots = field.Reduce(basis);

        // Coordinates of M·b are its entries at the pivots, because the basis is reduced.
        var action = basis.Select(row => pivots.Select(pivot =>
        {
            long sum = 0;
            for (var t = 0; t < k; t++)
            {
                sum = (sum + (matrix[pivot][t] * row[t])) % field.Prime;
            }

            return sum;
        }).ToArray()).ToArray();
        var parts = new List<List<long[]>>();
        var found = 0;
        var known = new HashSet<long>();
        while (found < basis.Count)
        {
            foreach (var eigenvalue in field.Eigenvalues(action, random).Where(known.Add))
            {
                var part = field.LeftEigenvectors(action, eigenvalue).ConvertAll(coordinates =>
                {
                    var vector = new long[k];
                    for (var i = 0; i < coordinates.Length; i++)
                    {
                        for (var t = 0; t < k; t++)
                        {
                            vector[t] = (vector[t] + (coordinates[i] * basis[i][t])) % field.Prime;
                        }
                    }

                    return vector;
                });
                found += part.Count;
                parts.Add(part);
            }
        }

        return parts;
    }

    /// <summary>
    /// From a central character ω to the values χ(C) = d·ω(C)/|C| modulo p; d² = n / Σ ω(C)ω(C⁻¹)/|C|.
    /// </summary>
    private static long[] Normalise(FiniteGroup group, ModularArithmetic field, long[] vector)
    {
        var k = group.ClassCount;
        var scale = field.Inverse(vector[group.ClassOf(group.Identity)]);
        long sum = 0;
        for (var c = 0; c < k; c++)
        {
            vector[c] = vector[c] * scale % field.Prime;
        }

        for (var c = 0; c < k; c++)
        {
            var inverse = group.ClassOf(group.Inverse(group.Class(c)[0]));
            sum = (sum + (vector[c] * vector[inverse] % field.Prime * field.Inverse(group.Class(c).Length)))
                % field.Prime;
        }

        var square = group.Order % field.Prime * field.Inverse(sum) % field.Prime;
        long degree = 1;
        while (degree * degree % field.Prime != square)
        {
            degree++;
        }

        return [.. Enumerable.Range(0, k)
            .Select(c => degree * vector[c] % field.Prime * field.Inverse(group.Class(c).Length) % field.Prime)];
    }

    /// <summary>
    /// χ(g) = Σ_j m_j ζʲ over the o-th roots of unity, o the order of g; m_j = (1/o)·Σ_i χ(gⁱ)·ζ⁻ⁱʲ modulo p is a count
    /// from 0 to d.
    /// </summary>
    private static Complex[] Lift(FiniteGroup group, ModularArithmetic field, long exponent, long root, long[] values)
    {
        var lifted = new Complex[values.Length];
        for (var c = 0; c < values.Length; c++)
        {
            var element = group.Class(c)[0];
            var order = group.OrderOf(element);
            var zeta = field.Power(root, exponent / order);
            var powers = new long[order];
            for (var (i, at) = (0, group.Identity); i < order; i++, at = group.Multiply(at, element))
            {
                powers[i] = values[group.ClassOf(at)];
            }

            var inverseOrder = field.Inverse(order);
            for (var j = 0; j < order; j++)
            {
                var step = field.Inverse(field.Power(zeta, j));
                long sum = 0;
                long factor = 1;
                for (var i = 0; i < order; i++)
                {
                    sum = (sum + (powers[i] * factor)) % field.Prime;
                    factor = factor * step % field.Prime;
                }

                var (sine, cosine) = Math.SinCos(2 * Math.PI * j / order);
                lifted[c] += sum * inverseOrder % field.Prime * new Complex(cosine, sine);
            }
        }

        return lifted;
    }
}
