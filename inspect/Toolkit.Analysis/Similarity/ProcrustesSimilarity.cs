using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Similarity;

/// <summary>How well one set of features can be rotated onto another.</summary>
/// <remarks>
/// With X, Y centred and scaled to Frobenius norm 1, <c>d = min_R ‖X − Y·R‖² = 2 − 2·‖XᵀY‖_*</c> over orthogonal R (P.
/// Schönemann 1966); as a measure of representations: F. Ding, J.-S. Denain, J. Steinhardt, "Grounding representation
/// similarity with statistical testing" (2021).
/// </remarks>
public static class ProcrustesSimilarity
{
    /// <summary>1 − d/2 = ‖XᵀY‖_*.</summary>
    /// <param name="x">[samples, features of x].</param>
    /// <param name="y">[samples, features of y], the same samples; the narrower side counts as padded with
    /// zeros.</param>
    /// <returns>0 to 1; NaN where one side does not vary.</returns>
    public static double Of(HostMatrix x, HostMatrix y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var cx = CenteredFeatures.Of(x);
        var cy = CenteredFeatures.Of(y);
        var nuclear = BlockedSum.Sum(SingularValues.Of(MatrixProduct.OfTransposed(cx, cy)));
        return nuclear / Math.Sqrt(BlockedSum.SumOfSquares(cx.Values) * BlockedSum.SumOfSquares(cy.Values));
    }
}
