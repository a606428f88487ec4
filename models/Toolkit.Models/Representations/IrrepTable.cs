using System.Collections;
using System.Numerics.Tensors;
using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// All irreducible representations of a group over the real numbers, verified when made. Safe for threads.
/// </summary>
/// <remarks>
/// Cyclic and dihedral groups in closed form; S_n by Young's orthogonal form; A_n by restriction and splitting; direct
/// products by Kronecker products; abelian groups by extension of characters; any other by Dixon–Schneider and
/// splitting of isotypic parts. Verified: every ρ is a homomorphism (each generator times each element), its trace is
/// constant on classes, distinct characters are orthogonal, ⟨χ,χ⟩ is 1, 2 or 4, and Σ d²/⟨χ,χ⟩ = n.
/// </remarks>
public sealed class IrrepTable : IReadOnlyList<Irrep>
{
    /// <summary>
    /// The largest allowed deviation of a matrix element or of a normalised inner product of characters. Rounding over
    /// words of up to 21 orthogonal factors stays 1,000 times below.
    /// </summary>
    public const double Tolerance = 1e-9;

    private readonly List<Irrep> _irreps;

    private IrrepTable(FiniteGroup group, List<Irrep> irreps, double homomorphismError, double orthogonalityError)
    {
        Group = group;
        _irreps = irreps;
        HomomorphismError = homomorphismError;
        OrthogonalityError = orthogonalityError;
    }

    /// <summary>The group.</summary>
    public FiniteGroup Group { get; }

    /// <summary>The largest |ρ(s)ρ(g) − ρ(sg)| over matrix elements, irreps, generators s and elements g.</summary>
    public double HomomorphismError { get; }

    /// <summary>The largest deviation of (1/n)·Σ χ_i χ_j from ⟨χ,χ⟩·δ_ij.</summary>
    public double OrthogonalityError { get; }

    /// <inheritdoc/>
    public int Count => _irreps.Count;

    /// <inheritdoc/>
    public Irrep this[int index] => _irreps[index];

    /// <summary>Builds and verifies all irreps of a group.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The trivial one first, then the published order where there is one, else by dimension.</returns>
    /// <exception cref="BadInputException">The group is of no known family and has too many classes.</exception>
    /// <exception cref="InvalidOperationException">A construction failed its verification.</exception>
    public static IrrepTable Of(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Verify(group, Construct(group));
    }

    /// <summary>The irrep of a name.</summary>
    /// <param name="name">Published or systematic.</param>
    /// <returns>The irrep.</returns>
    /// <exception cref="BadInputException">There is none: the nearest is named.</exception>
    public Irrep Find(string name) =>
        _irreps.Find(irrep => irrep.Name == name || irrep.SystematicName == name)
        ?? throw new BadInputException(
            $"{Group.Name} has no irrep '{name}'. Nearest: "
                + $"'{NearestName.Find(name, _irreps.Select(irrep => irrep.Name))}'. "
            + $"List them with `inspect group-table {Group.Name} --characters`.");

    /// <inheritdoc/>
    public IEnumerator<Irrep> GetEnumerator() => _irreps.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static IReadOnlyList<IrrepConstruction> Construct(FiniteGroup group) => group.Definition switch
    {
        GroupDefinition.Cyclic { N: var n } => CyclicIrreps.Construct(n),
        GroupDefinition.Dihedral { N: var n } => DihedralIrreps.Construct(n),
        GroupDefinition.Symmetric { N: var n } => SymmetricIrreps.Construct(group, n),
        GroupDefinition.Alternating { N: > 2 and var n } => AlternatingIrreps.Construct(group, n),
        _ when group.IsAbelian => AbelianIrreps.Construct(group),
        GroupDefinition.Product { Factors: var factors } => ProductIrreps.Construct(group, factors),
        _ => GeneralIrreps.Construct(group),
    };

    private static IrrepTable Verify(FiniteGroup group, IReadOnlyList<IrrepConstruction> constructions)
    {
        var irreps = new List<Irrep>();
        double homomorphism = 0;
        foreach (var construction in constructions)
        {
            var matrices = construction.Build();
            homomorphism = Math.Max(
                homomorphism, MatrixWords.HomomorphismError(group, construction.Dimension, matrices));
            var characters = MatrixWords.ClassCharacters(group, construction.Dimension, matrices, out var spread);
            homomorphism = Math.Max(homomorphism, spread);
            var norm = Inner(group, characters, characters);
            if (!(Math.Abs(norm - Math.Round(norm)) < Tolerance) || Math.Round(norm) is not (1 or 2 or 4))
            {
                throw new InvalidOperationException(
                    $"{group.Name}, irrep {construction.Name}: ⟨χ,χ⟩ = {norm}, which is neither 1 nor 2 nor 4.");
            }

            irreps.Add(new(
                group,
                construction.Name,
                construction.PublishedName,
                construction.Dimension,
                (IrrepType)(int)Math.Round(norm),
                characters,
                construction.Build));
        }

        if (!(homomorphism < Tolerance))
        {
            throw new InvalidOperationException(
                $"{group.Name}: an irrep is no homomorphism; the largest deviation is {homomorphism:g3}.");
        }

        var orthogonality = OrthogonalityErrorOf(group, irreps);
        if (!(orthogonality < Tolerance))
        {
            throw new InvalidOperationException(
                $"{group.Name}: characters are not orthogonal; the largest deviation is {orthogonality:g3}.");
        }

        var total = irreps.Sum(irrep => irrep.IsotypicRank);
        return total == group.Order
            ? new(group, irreps, homomorphism, orthogonality)
            : throw new InvalidOperationException(
                $"{group.Name}: Σ d²/⟨χ,χ⟩ = {total}, but the group has {group.Order} elements.");
    }

    private static double OrthogonalityErrorOf(FiniteGroup group, List<Irrep> irreps)
    {
        var weighted = irreps.Select(irrep =>
        {
            var values = irrep.ClassCharacters.ToArray();
            for (var c = 0; c < values.Length; c++)
            {
                values[c] *= (double)group.Class(c).Length / group.Order;
            }

            return values;
        }).ToArray();
        var errors = new double[irreps.Count];
        Parallel.For(0, irreps.Count, i =>
        {
            for (var j = 0; j <= i; j++)
            {
                var inner = TensorPrimitives.Dot<double>(weighted[i], irreps[j].ClassCharacters);
                errors[i] = Math.Max(errors[i], Math.Abs(inner - (i == j ? irreps[i].Norm : 0)));
            }
        });
        return errors.Max();
    }

    private static double Inner(FiniteGroup group, double[] a, double[] b)
    {
        double sum = 0;
        for (var c = 0; c < group.ClassCount; c++)
        {
            sum += group.Class(c).Length * a[c] * b[c];
        }

        return sum / group.Order;
    }
}
