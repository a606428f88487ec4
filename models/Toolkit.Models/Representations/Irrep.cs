using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// One irreducible representation over the real numbers, orthogonal: ρ(ab) = ρ(a)·ρ(b), ρ(g⁻¹) = ρ(g)ᵀ.
/// </summary>
public sealed class Irrep
{
    private readonly double[] _classCharacters;
    private readonly Func<double[]> _build;
    private readonly Lazy<double[]> _matrices;

    internal Irrep(
        FiniteGroup group,
        string systematicName,
        string? publishedName,
        int dimension,
        IrrepType type,
        double[] classCharacters,
        Func<double[]> build)
    {
        Group = group;
        SystematicName = systematicName;
        PublishedName = publishedName;
        Dimension = dimension;
        Type = type;
        _classCharacters = classCharacters;
        _build = build;
        _matrices = new Lazy<double[]>(build);
    }

    /// <summary>The group it represents.</summary>
    public FiniteGroup Group { get; }

    /// <summary>
    /// The published name where there is one ("standard", "s5_5d_a"), else <see cref="SystematicName"/>.
    /// </summary>
    public string Name => PublishedName ?? SystematicName;

    /// <summary>
    /// A partition for S_n and A_n ("(3,2)", "(3,1,1)+"), "freq_k" for C_n and D_n, factors joined by * for products,
    /// else dimension and letter ("2d_a").
    /// </summary>
    public string SystematicName { get; }

    /// <summary>The name in the published summaries, or null.</summary>
    public string? PublishedName { get; }

    /// <summary>The dimension d over the real numbers.</summary>
    public int Dimension { get; }

    /// <summary>The Frobenius–Schur type.</summary>
    public IrrepType Type { get; }

    /// <summary>⟨χ,χ⟩ = 1, 2 or 4.</summary>
    public int Norm => (int)Type;

    /// <summary>The dimension of the span of the matrix elements among functions on the group: d²/⟨χ,χ⟩.</summary>
    public int IsotypicRank => Dimension * Dimension / Norm;

    /// <summary>True for the representation that sends every element to 1.</summary>
    public bool IsTrivial => Dimension == 1 && Array.TrueForAll(_classCharacters, value => Math.Abs(value - 1) < 1e-6);

    /// <summary>The character of every conjugacy class, in the group's class order.</summary>
    public ReadOnlySpan<double> ClassCharacters => _classCharacters;

    /// <summary>The trace of the element's matrix.</summary>
    /// <param name="element">An element's index.</param>
    /// <returns>χ(g), real.</returns>
    public double Character(int element) => _classCharacters[Group.ClassOf(element)];

    /// <summary>The character of every element, in index order.</summary>
    /// <returns>n values.</returns>
    public double[] Characters()
    {
        var values = new double[Group.Order];
        for (var g = 0; g < values.Length; g++)
        {
            values[g] = Character(g);
        }

        return values;
    }

    /// <summary>The matrices of all elements: n·d² numbers, built at the first call and kept.</summary>
    /// <returns>float64 [n, d, d], row-major.</returns>
    public ReadOnlySpan<double> Matrices() => _matrices.Value;

    /// <summary>The element's matrix.</summary>
    /// <param name="element">An element's index.</param>
    /// <returns>float64 [d, d], row-major.</returns>
    public ReadOnlySpan<double> Matrix(int element) =>
        Matrices().Slice(element * Dimension * Dimension, Dimension * Dimension);

    /// <summary>The matrices of all elements without keeping them.</summary>
    internal double[] BuildMatrices() => _matrices.IsValueCreated ? _matrices.Value : _build();
}
