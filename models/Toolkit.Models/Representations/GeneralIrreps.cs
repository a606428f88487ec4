using System.Numerics;
using MathNet.Numerics.LinearAlgebra;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// Groups of no known family: characters by Dixon–Schneider, made real by Frobenius–Schur type (indicator (1/n)·Σ
/// χ(g²)), matrices by splitting the isotypic part of the regular representation.
/// </summary>
/// <remarks>
/// Right multiplications commute with left ones. For a random symmetric combination R of a few right multiplications
/// the eigenspaces on an isotypic part are irreducible under left multiplication. A Lanczos run from a random vector of
/// the part ends after as many steps as there are copies of the irrep and gives an eigenvector exactly; its left
/// translates span one copy. O(n²) for the projection, O(n·d²) for the rest.
/// </remarks>
internal static class GeneralIrreps
{
    private const int RightTerms = 6;

    public static IReadOnlyList<IrrepConstruction> Construct(FiniteGroup group)
    {
        var real = RealCharacters(group, DixonSchneider.Characters(group));
        string[] names = ["trivial", .. IrrepNames.ByDimension(
            [.. real.Skip(1).Select(character => (int)Math.Round(character[0]))])];
        return [.. real.Select((character, index) =>
        {
            var dimension = (int)Math.Round(character[0]);
            var generators = dimension == 1
                ? [.. group.Generators.Select(g => new[] { character[group.ClassOf(g)] })]
                : GeneratorImages(group, character, dimension, seed: index);
            return new IrrepConstruction(
                names[index],
                null,
                dimension,
                () => MatrixWords.Build(group, dimension, group.Generators, generators));
        })];
    }

    /// <summary>χ (real type), χ + χ̄ (complex), 2χ (quaternionic); the trivial one first, then by dimension.</summary>
    public static List<double[]> RealCharacters(FiniteGroup group, Complex[][] characters)
    {
        var real = new List<double[]>();
        foreach (var character in characters)
        {
            double indicator = 0;
            for (var g = 0; g < group.Order; g++)
            {
                indicator += character[group.ClassOf(group.Multiply(g, g))].Real;
            }

            var factor = Math.Round(indicator / group.Order) switch
            {
                1 => 1,
                _ => 2,
            };
            double[] values = [.. character.Select(value => factor * value.Real)];
            if (!real.Exists(other => other.Zip(values).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6)))
            {
                real.Add(values);
            }
        }

        return [.. real
            .Select((values, index) => (values, index))
            .OrderBy(item => item.index == 0 ? 0 : item.values[0])
            .ThenBy(item => item.index)
            .Select(item => item.values)];
    }

    private static double[][] GeneratorImages(FiniteGroup group, double[] character, int dimension, int seed)
    {
        for (var attempt = 0; attempt < 8; attempt++)
        {
            if (Copy(group, character, dimension, new Random((seed * 8) + attempt)) is { } basis)
            {
                return [.. group.Generators.Select(generator => Image(group, basis, generator))];
            }
        }

        throw new InvalidOperationException(
            $"{group.Name}: no copy of the irrep of dimension {dimension} could be split off in 8 attempts.");
    }

    /// <summary>
    /// An orthonormal basis of one copy of the irrep among functions on the group, or null where chance was against it.
    /// </summary>
    private static List<double[]>? Copy(FiniteGroup group, double[] character, int dimension, Random random)
    {
        var start = Project(
            group, character, [.. Enumerable.Range(0, group.Order).Select(_ => random.NextDouble() - 0.5)]);
        var steps = Enumerable.Range(0, Math.Min(RightTerms, group.Order))
            .Select(_ => (Element: random.Next(group.Order), Weight: random.NextDouble() + 0.5))
            .ToArray();
        var vector = EigenVector(group, start, steps, dimension);
        var basis = new List<double[]>();
        for (var trial = 0; trial < 20 * dimension && basis.Count < dimension; trial++)
        {
            var translate = trial == 0 ? vector : TranslateLeft(group, vector, random.Next(group.Order));
            if (Orthogonalise(translate, basis) > 1e-3)
            {
                basis.Add(translate);
            }
        }

        // A proper copy is closed under translation: any further translate must vanish.
        return basis.Count == dimension
            && Orthogonalise(TranslateLeft(group, vector, random.Next(group.Order)), basis) < 1e-8
                && group.Generators.All(
                    generator => Orthogonalise(TranslateLeft(group, basis[^1], generator), basis) < 1e-8)
            ? basis
            : null;
    }

    /// <summary>The isotypic part of a function up to a factor: (χ ∗ f)(g) = Σ_h χ(g⁻¹h)·f(h).</summary>
    private static double[] Project(FiniteGroup group, double[] character, double[] function)
    {
        var projected = new double[group.Order];
        for (var g = 0; g < group.Order; g++)
        {
            var row = group.Row(group.Inverse(g));
            for (var h = 0; h < group.Order; h++)
            {
                projected[g] += character[group.ClassOf(row[h])] * function[h];
            }
        }

        Normalise(projected);
        return projected;
    }

    private static double[] EigenVector(
        FiniteGroup group, double[] start, (int Element, double Weight)[] steps, int dimension)
    {
        var basis = new List<double[]> { start };
        var diagonal = new List<double>();
        var below = new List<double>();
        while (true)
        {
            var image = ApplyRight(group, basis[^1], steps);
            diagonal.Add(Dot(image, basis[^1]));
            Orthogonalise(image, basis, normalise: false);
            var rest = Math.Sqrt(Dot(image, image));
            if (rest < 1e-7 || basis.Count == dimension)
            {
                break;
            }

            below.Add(rest);
            Scale(image, 1 / rest);
            basis.Add(image);
        }

        var m = basis.Count;
        var tridiagonal = Matrix<double>.Build.Dense(
            m, m, (i, j) => i == j ? diagonal[i] : Math.Abs(i - j) == 1 ? below[Math.Min(i, j)] : 0);
        var evd = tridiagonal.Evd(Symmetricity.Symmetric);
        var order = Enumerable.Range(0, m).OrderBy(i => evd.EigenValues[i].Real).ToArray();
        double Gap(int at) => Math.Min(
            at == 0 ? double.MaxValue : evd.EigenValues[order[at]].Real - evd.EigenValues[order[at - 1]].Real,
            at == m - 1 ? double.MaxValue : evd.EigenValues[order[at + 1]].Real - evd.EigenValues[order[at]].Real);
        var best = order[Enumerable.Range(0, m).MaxBy(Gap)];
        var vector = new double[start.Length];
        for (var k = 0; k < m; k++)
        {
            for (var g = 0; g < vector.Length; g++)
            {
                vector[g] += evd.EigenVectors[k, best] * basis[k][g];
            }
        }

        Normalise(vector);
        return vector;
    }

    private static double[] ApplyRight(FiniteGroup group, double[] function, (int Element, double Weight)[] steps)
    {
        var image = new double[function.Length];
        foreach (var (element, weight) in steps)
        {
            var inverse = group.Inverse(element);
            for (var g = 0; g < image.Length; g++)
            {
                image[g] += weight * (function[group.Multiply(g, element)] + function[group.Multiply(g, inverse)]);
            }
        }

        return image;
    }

    /// <summary>(L_s f)(g) = f(s⁻¹g), so that L_s·L_t = L_st.</summary>
    private static double[] TranslateLeft(FiniteGroup group, double[] function, int element)
    {
        var row = group.Row(group.Inverse(element));
        var translated = new double[function.Length];
        for (var g = 0; g < translated.Length; g++)
        {
            translated[g] = function[row[g]];
        }

        return translated;
    }

    private static double[] Image(FiniteGroup group, List<double[]> basis, int element)
    {
        var d = basis.Count;
        var image = new double[d * d];
        for (var j = 0; j < d; j++)
        {
            var translated = TranslateLeft(group, basis[j], element);
            for (var i = 0; i < d; i++)
            {
                image[(i * d) + j] = Dot(basis[i], translated);
            }
        }

        return image;
    }

    /// <summary>
    /// Removes the parts along an orthonormal basis, twice for accuracy; returns the length that was left of a unit
    /// vector.
    /// </summary>
    private static double Orthogonalise(double[] vector, List<double[]> basis, bool normalise = true)
    {
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var member in basis)
            {
                var part = Dot(vector, member);
                for (var g = 0; g < vector.Length; g++)
                {
                    vector[g] -= part * member[g];
                }
            }
        }

        var length = Math.Sqrt(Dot(vector, vector));
        if (normalise && length > 1e-3)
        {
            Scale(vector, 1 / length);
        }

        return length;
    }

    private static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);

    private static void Normalise(double[] vector) => Scale(vector, 1 / Math.Sqrt(Dot(vector, vector)));

    private static void Scale(double[] vector, double factor)
    {
        for (var g = 0; g < vector.Length; g++)
        {
            vector[g] *= factor;
        }
    }
}
