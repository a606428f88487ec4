using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// The representations that the published summaries used, with their defects: for comparison with published numbers
/// only.
/// </summary>
/// <remarks>
/// A5's two three-dimensional "irreps" are none: their rotation axis is too short. S3 counts "standard" twice, S6 and
/// larger have six irreps or fewer.
/// </remarks>
public static class PublishedIrreps
{
    /// <summary>
    /// Words of A5's elements in the letters p = (0 1 2 3 4), P = p⁻¹, q = (1 2)(3 4), in the published order; each
    /// value depends on them, because the matrices do not multiply as the group does.
    /// </summary>
    private static readonly string[] A5Words =
    [
        "", "p", "pp", "ppp", "PPqpp", "q", "pq", "ppq", "pppq", "PPqppq",
        "qPPqpqq", "pqPPqpqq", "ppqPPqpqq", "pppqPPqpqq", "PPqppqPPqpqq", "PPqp", "pPPqp", "ppPPqp", "pppPPqp", "P",
        "qPPqpq", "pqPPqpq", "ppqPPqpq", "pppqPPqpq", "PPqppqPPqpq", "qqPPqpq", "pqqPPqpq", "ppqqPPqpq", "pppqqPPqpq", "PPqppqqPPqpq",
        "Pqpp", "pqPPqpqqqPPqpq", "ppqPPqpqqqPPqpq", "pppqPPqpqqqPPqpq", "PPqppqPPqpqqqPPqpq", "PPqpqPPqpq", "pPPqpqPPqpq", "ppPPqpqPPqpq", "pppPPqpqPPqpq", "PPqppPPqpqPPqpq",
        "qPqppq", "pqPPqpqqPPqpq", "ppqPPqpqqPPqpq", "pppqPPqpqqPPqpq", "PPqppqPPqpqqPPqpq", "qqPPqpqqPPqpq", "pqqPPqpqqPPqpq", "ppqqPPqpqqPPqpq", "pppqqPPqpqqPPqpq", "PPqppqqPPqpqqPPqpq",
        "qPPqpqqqPPqpqqPPqpq", "pqPPqpqqqPPqpqqPPqpq", "ppqPPqpqqqPPqpqqPPqpq", "pppqPPqpqqqPPqpqqPPqpq", "PPqppqPPqpqqqPPqpqqPPqpq", "PPqpqPPqpqqPPqpq", "pPPqpqPPqpqqPPqpq", "ppPPqpqPPqpqqPPqpq", "pppPPqpqPPqpqqPPqpq", "PPqppPPqpqPPqpqqPPqpq",
    ];

    /// <summary>The published representations of a group, in the published order.</summary>
    /// <param name="irreps">The true irreps.</param>
    /// <returns>One span for each published name.</returns>
    /// <exception cref="BadInputException">There are none for this group.</exception>
    public static IReadOnlyList<RepresentationSpan> Of(IrrepTable irreps)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        var group = irreps.Group;
        switch (group.Definition)
        {
            case GroupDefinition.Cyclic:
            case GroupDefinition.Dihedral { N: var corners } when corners % 2 == 1:
                return [.. irreps.Select(RepresentationSpan.Of)];
            case GroupDefinition.Symmetric { N: 3 }:
                return [.. irreps.Select(RepresentationSpan.Of), RepresentationSpan.Of(irreps.Find("standard")).Renamed(
                    "standard_sign")];
            case GroupDefinition.Symmetric { N: > 3 }:
                return [.. irreps.Where(irrep => irrep.PublishedName is not null).Select(RepresentationSpan.Of)];
            case GroupDefinition.Alternating { N: 5 } when group.Ordering == ElementOrdering.Published:
                return [.. irreps.Select(irrep => WrongA5(group, irrep))];
            default:
                throw new BadInputException(
                    $"group {group.Name} has no published irreps; --legacy is for C_n, D_n with odd n, S_n and A5 in "
                        + "the published element order. Leave it out.");
        }
    }

    /// <summary>The published wrong matrices of A5, [60, 3, 3].</summary>
    internal static double[] WrongA5Matrices()
    {
        var angle = 2 * Math.PI / 5 * Math.Sqrt(8 / (5 + Math.Sqrt(5)));
        var p = Rotation(angle * 0.5, angle * (1 + Math.Sqrt(5)) / 5);
        var letters = new Dictionary<char, double[]>
        {
            ['p'] = p,
            ['P'] = Transpose(p),
            ['q'] = [-1, 0, 0, 0, 1, 0, 0, 0, -1],
        };
        return [.. A5Words.SelectMany(word =>
        {
            double[] image = [1, 0, 0, 0, 1, 0, 0, 0, 1];
            foreach (var letter in word)
            {
                var product = new double[9];
                MatrixWords.Multiply(3, image, letters[letter], product);
                image = product;
            }

            return image;
        })];
    }

    private static RepresentationSpan WrongA5(FiniteGroup group, Irrep irrep)
    {
        if (irrep.Dimension != 3)
        {
            return RepresentationSpan.Of(irrep);
        }

        var first = WrongA5Matrices();
        if (irrep.Name == "a5_3d_a")
        {
            return RepresentationSpan.OfMatrices(irrep.Name, 3, first);
        }

        // 3d_b(g) = 3d_a((0 1) g (0 1)); the transposition is outside A5, so conjugation is done on one-line forms.
        int[] swap = [1, 0, 2, 3, 4];
        var indices = Enumerable.Range(0, group.Order).ToDictionary(
            g => string.Concat(group.Permutation(g)), g => g, StringComparer.Ordinal);
        return RepresentationSpan.OfMatrices(irrep.Name, 3, [.. Enumerable.Range(0, group.Order).SelectMany(g =>
        {
            var conjugate = Permutation.Multiply(Permutation.Multiply(swap, group.Permutation(g)), swap);
            return first.Skip(indices[string.Concat(conjugate)] * 9).Take(9);
        })]);
    }

    /// <summary>The rotation by the vector (x, y, 0), its length being the angle (Rodrigues).</summary>
    private static double[] Rotation(double x, double y)
    {
        var angle = Math.Sqrt((x * x) + (y * y));
        var (ux, uy) = (x / angle, y / angle);
        var (sine, cosine) = Math.SinCos(angle);
        var rest = 1 - cosine;
        return
        [
            cosine + (ux * ux * rest), ux * uy * rest, uy * sine,
            ux * uy * rest, cosine + (uy * uy * rest), -ux * sine,
            -uy * sine, ux * sine, cosine,
        ];
    }

    private static double[] Transpose(double[] m) => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
}
