using Toolkit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Mean cross-entropies of many variants of the same logits, ℓ(x, y, z) − q_v(xy, z), over pairs grouped by their product w = xy.
/// </summary>
/// <remarks>
/// For a fixed w the exponentials e^ℓ are taken once and meet all variants in one matrix product with e^(−q): n³ exponentials and
/// n³·v multiplications instead of n³·v exponentials. A loss is softplus(log Σ_{z≠w} e^(ℓ_z − q_z) − (ℓ_w − q_w)), which keeps losses
/// far below 10⁻¹⁶. Where a product underflows the row is computed directly.
/// </remarks>
internal sealed class PairLosses
{
    private const double Underflow = 1e-280;
    private readonly double[] _sums;

    public PairLosses(int variants) => _sums = new double[variants];

    /// <summary>The sums of losses over all rows added.</summary>
    public IReadOnlyList<double> Sums => _sums;

    /// <summary>Adds the rows of one product.</summary>
    /// <param name="logits">The rows.</param>
    /// <param name="label">w.</param>
    /// <param name="subtracted">q: float64 [variants, n].</param>
    public void Add(ExponentialRows logits, int label, Tensor subtracted)
    {
        if (logits.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var negative = subtracted.neg();
        var atLabel = negative.select(1, label).clone();                 // [variants]: −q_w
        negative.select(1, label).fill_(ExponentialRows.NegativeInfinity);
        var shift = negative.amax([1], keepdim: true);                   // [variants, 1]
        var factors = (negative - shift).exp_().t();                     // [n, variants], 0 at w
        var sums = logits.Exponentials.mm(factors);                      // [rows, variants]
        var argument = (logits.Maximum - logits.Correct).unsqueeze(1) + (shift.squeeze(1) - atLabel).unsqueeze(0) + sums.log();
        if (sums.min().Number() < Underflow)
        {
            var others = logits.Others();
            for (var v = 0; v < _sums.Length; v++)
            {
                if (sums.select(1, v).min().Number() < Underflow)
                {
                    argument.select(1, v).copy_((others + negative[v]).logsumexp(1) - logits.Correct - atLabel[v]);
                }
            }
        }

        var losses = argument.Softplus().sum(dim: 0);
        var values = losses.Numbers();
        for (var v = 0; v < _sums.Length; v++)
        {
            _sums[v] += values[v];
        }
    }
}
