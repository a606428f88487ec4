using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>
/// A network of the form ReLU(l(x) + r(y))·u that is simple enough for its margins to be known without running it.
/// </summary>
/// <param name="Left">l, [n, m′]; the first m neurons stand beside those of the real network, the others are
/// additions.</param>
/// <param name="Right">r, [n, m′].</param>
/// <param name="Unembed">u, transposed: [n, m′].</param>
/// <param name="Groups">Neurons that are bounded together by one norm: a number from 0 for each.</param>
/// <param name="Margins">
/// For every label z and class κ of w = z⁻¹z′ under the one-dimensional irreps, a lower bound on logit z − logit z′
/// over all pairs with product z and all z′ ≠ z in κ.
/// </param>
/// <param name="Failure">Why there is no such network, or which parts were left out; null where all checks
/// passed.</param>
internal sealed record IdealNetwork(
    HostMatrix Left, HostMatrix Right, HostMatrix Unembed, int[] Groups, double[][] Margins, string? Failure)
{
    /// <summary>True where nothing of the network could be idealised: the bound is 0.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Multiplications spent on the margins.</summary>
    public double Operations { get; init; }
}
