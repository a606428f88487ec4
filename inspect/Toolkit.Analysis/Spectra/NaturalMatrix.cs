using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// The natural representation of a group as one matrix: row g holds the d × d permutation matrix of g, flattened. Its
/// singular values are √(|G|/d_ρ), d_ρ² times for every irrep ρ of multiplicity one: for S4 √24 once (trivial) and √8
/// nine times (standard).
/// </summary>
public static class NaturalMatrix
{
    /// <summary>
    /// The largest number of entries that is built: 512 MiB. C_n acts on n points, so its matrix has n³ of them.
    /// </summary>
    public const long MaximumEntries = 1L << 26;

    /// <summary>Whether the matrix is small enough to be built.</summary>
    /// <param name="group">The group.</param>
    /// <returns>True up to <see cref="MaximumEntries"/>: for C_n up to n = 406.</returns>
    public static bool Fits(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        long points = group.Permutation(group.Identity).Length;
        return group.Order * points * points <= MaximumEntries;
    }

    /// <summary>Builds the matrix.</summary>
    /// <param name="group">The group; one without an action on points acts on itself by right multiplication.</param>
    /// <returns>[order, d²], zeros and ones, named <c>natural(S4)</c> or <c>regular(Q8)</c>.</returns>
    public static NamedMatrix Of(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        var points = group.Permutation(group.Identity).Length;
        var matrix = new HostMatrix(group.Order, checked(points * points));
        for (var element = 0; element < group.Order; element++)
        {
            var image = group.Permutation(element);
            for (var point = 0; point < points; point++)
            {
                matrix[element, (point * points) + image[point]] = 1;
            }
        }

        return new NamedMatrix(NameOf(group), MatrixKind.Natural, null, matrix, NamedMatrix.Float64);
    }

    /// <summary>What results call the representation.</summary>
    /// <param name="group">The group.</param>
    /// <returns><c>natural(S4)</c>, or <c>regular(Q8)</c> for a group without an action on points.</returns>
    public static string NameOf(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return $"{(group.Degree > 0 ? "natural" : "regular")}({group.Name})";
    }
}
