using System.Numerics.Tensors;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.PairSpectra;

/// <summary>An orthonormal basis of the functions on a group that an irrep's matrix elements span.</summary>
internal static class IsotypicBasis
{
    /// <summary>
    /// A matrix element whose remainder is below this share of its length depends on those before it.
    /// </summary>
    private const double Dependent = 1e-6;

    /// <summary>The basis, d²/⟨χ,χ⟩ functions of n values.</summary>
    /// <remarks>
    /// Of real type the elements √(d/n)·ρ_ij are orthonormal already (Schur); else they depend on each other, and
    /// Gram–Schmidt, twice for rounding, keeps d²/⟨χ,χ⟩ of them. O(n·d⁴) for these.
    /// </remarks>
    public static IReadOnlyList<double[]> Of(Irrep irrep)
    {
        var n = irrep.Group.Order;
        var size = irrep.Dimension * irrep.Dimension;
        var matrices = irrep.Matrices();
        var basis = new List<double[]>();
        for (var element = 0; element < size && basis.Count < irrep.IsotypicRank; element++)
        {
            var function = new double[n];
            for (var g = 0; g < n; g++)
            {
                function[g] = matrices[(g * size) + element];
            }

            var length = TensorPrimitives.Norm<double>(function);
            for (var pass = 0; pass < (irrep.Norm == 1 ? 0 : 2); pass++)
            {
                foreach (var member in basis)
                {
                    TensorPrimitives.MultiplyAdd(
                        member, -TensorPrimitives.Dot<double>(member, function), function, function);
                }
            }

            var left = TensorPrimitives.Norm<double>(function);
            if (left > Dependent * length)
            {
                TensorPrimitives.Divide(function, left, function);
                basis.Add(function);
            }
        }

        return basis;
    }
}
