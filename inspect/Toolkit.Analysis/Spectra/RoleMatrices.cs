using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Models.Networks;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// Products of weights that act as one, as the model's metadata name them: effective embeddings and unembedding.
/// </summary>
public static class RoleMatrices
{
    /// <summary>Multiplies the factors of every role that weights play.</summary>
    /// <param name="roles">The roles.</param>
    /// <param name="weight">Gives an initializer as a matrix; null where there is none of that name.</param>
    /// <param name="source">The model's name, for messages.</param>
    /// <returns>One matrix per role; roles with equal factors (a transformer's <c>embed_x</c> and <c>embed_y</c>) only
    /// once, and none for a role that one whole weight plays.</returns>
    /// <exception cref="BadInputException">A factor is missing or the shapes do not fit.</exception>
    public static IReadOnlyList<NamedMatrix> Of(
        IReadOnlyList<NetworkRole> roles, Func<string, HostMatrix?> weight, string source)
    {
        ArgumentNullException.ThrowIfNull(roles);
        ArgumentNullException.ThrowIfNull(weight);
        return
        [
            .. roles.Where(role => role.Factors is { Count: > 1 } or [{ FirstRow: not null }] or [{ EndRow: not null }])
                .DistinctBy(FormulaOf, StringComparer.Ordinal)
                .Select(role => new NamedMatrix(
                    role.Name, MatrixKind.Effective, FormulaOf(role), Multiply(role, weight, source))),
        ];
    }

    private static string FormulaOf(NetworkRole role) => string.Join(" · ", role.Factors);

    private static HostMatrix Multiply(NetworkRole role, Func<string, HostMatrix?> weight, string source)
    {
        HostMatrix? product = null;
        foreach (var factor in role.Factors)
        {
            var matrix = weight(factor.Initializer) ?? throw new BadInputException(
                $"{source}: role '{role.Name}' needs the initializer '{factor.Initializer}', which the model does "
                    + "not have. Export or import it again.");
            matrix = factor.IsTransposed ? matrix.Transpose() : matrix;
            var start = factor.FirstRow ?? 0;
            var end = factor.EndRow ?? matrix.Rows;
            if (start < 0
                || end > matrix.Rows || start >= end || (product is not null && product.Columns != end - start))
            {
                throw new BadInputException(
                    $"{source}: role '{role.Name}' takes rows {start} to {end - 1} of '{factor.Initializer}' "
                        + $"[{matrix.Rows}, {matrix.Columns}]"
                    + (product is null ? "." : $" after a matrix of {product.Columns} columns.")
                    + " They do not fit; export or import it again.");
            }

            var rows = start == 0 && end == matrix.Rows ? matrix : matrix.RowRange(start, end - start);
            product = product is null ? rows : MatrixProduct.Of(product, rows);
        }

        return product!;
    }
}
