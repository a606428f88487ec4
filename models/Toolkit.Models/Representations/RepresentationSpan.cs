namespace Toolkit.Models.Representations;

/// <summary>
/// What analyses need of a representation: its trace on every element and the projector on the span of its matrix
/// elements.
/// </summary>
/// <remarks>
/// For a true irrep the projector is P[g, h] = (d/⟨χ,χ⟩)/n · χ(g⁻¹h) and is never stored; the published wrong irreps of
/// A5 bring theirs.
/// </remarks>
public sealed class RepresentationSpan
{
    private RepresentationSpan(string name, int dimension, IrrepType? type, double[] characters, double[]? projector)
    {
        Name = name;
        Dimension = dimension;
        Type = type;
        Characters = characters;
        Projector = projector;
        IsTrivial = dimension == 1 && Array.TrueForAll(characters, value => Math.Abs(value - 1) < 1e-6);
    }

    /// <summary>The irrep's name, as in the keys of results.</summary>
    public string Name { get; }

    /// <summary>The dimension d.</summary>
    public int Dimension { get; }

    /// <summary>The Frobenius–Schur type, or null for matrices that are no representation.</summary>
    public IrrepType? Type { get; }

    /// <summary>The trace on every element, in index order.</summary>
    public double[] Characters { get; }

    /// <summary>The projector [n, n], or null where it follows from the character.</summary>
    public double[]? Projector { get; }

    /// <summary>d/(⟨χ,χ⟩·n): the factor between χ(g⁻¹h) and the projector.</summary>
    public double ProjectorScale => (double)Dimension / ((int)(Type ?? IrrepType.Real) * Characters.Length);

    /// <summary>True for the representation that sends every element to 1.</summary>
    public bool IsTrivial { get; }

    /// <summary>A true irrep.</summary>
    /// <param name="irrep">The irrep.</param>
    /// <returns>Its span.</returns>
    public static RepresentationSpan Of(Irrep irrep)
    {
        ArgumentNullException.ThrowIfNull(irrep);
        return new(irrep.Name, irrep.Dimension, irrep.Type, irrep.Characters(), null);
    }

    /// <summary>The same functions under another name.</summary>
    internal RepresentationSpan Renamed(string name) => new(name, Dimension, Type, Characters, Projector);

    /// <summary>
    /// Matrices that need not be a representation: the projector comes from their elements by Gram–Schmidt.
    /// </summary>
    internal static RepresentationSpan OfMatrices(string name, int dimension, double[] matrices)
    {
        var size = dimension * dimension;
        var n = matrices.Length / size;
        var basis = new List<double[]>();
        for (var element = 0; element < size; element++)
        {
            double[] function = [.. Enumerable.Range(0, n).Select(g => matrices[(g * size) + element])];
            var before = Math.Sqrt(function.Sum(value => value * value));
            for (var pass = 0; pass < 2; pass++)
            {
                foreach (var member in basis)
                {
                    var part = member.Zip(function).Sum(pair => pair.First * pair.Second);
                    for (var g = 0; g < n; g++)
                    {
                        function[g] -= part * member[g];
                    }
                }
            }

            var length = Math.Sqrt(function.Sum(value => value * value));
            if (length > 1e-8 * before)
            {
                basis.Add([.. function.Select(value => value / length)]);
            }
        }

        var projector = new double[n * n];
        foreach (var member in basis)
        {
            for (var g = 0; g < n; g++)
            {
                for (var h = 0; h < n; h++)
                {
                    projector[(g * n) + h] += member[g] * member[h];
                }
            }
        }

        double[] characters = [.. Enumerable.Range(0, n)
            .Select(g => Enumerable.Range(0, dimension).Sum(i => matrices[(((g * dimension) + i) * dimension) + i]))];
        return new(name, dimension, null, characters, projector);
    }
}
