using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Mean cross-entropies of many variants of the same logits, ℓ(x, y, z) − q_v(xy, z), over pairs grouped by their
/// product w = xy.
/// </summary>
/// <remarks>
/// For a fixed w the exponentials e^ℓ are taken once and meet all variants in one matrix product with e^(−q): n³
/// exponentials and n³·v multiplications instead of n³·v exponentials. A loss is softplus(log Σ_{z≠w} e^(ℓ_z − q_z) −
/// (ℓ_w − q_w)), which keeps losses far below 10⁻¹⁶. Where a product underflows the row is computed directly.
/// </remarks>
internal sealed class PairLosses(int variants, int products)
{
    private const double Underflow = 1e-280;
    private readonly double[] _sums = new double[variants * products];

    /// <summary>The sums of losses over all rows added, [variants].</summary>
    public double[] Sums()
    {
        var total = new double[variants];
        for (var w = 0; w < products; w++)
        {
            TensorPrimitives.Add(total, Of(w), total);
        }

        return total;
    }

    /// <summary>Adds rows of one product.</summary>
    /// <param name="logits">The rows.</param>
    /// <param name="label">w.</param>
    /// <param name="subtracted">q.</param>
    public void Add(ExponentialRows logits, int label, LogitVariants subtracted)
    {
        if (logits.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var sums = logits.Exponentials.mm(subtracted.Factors);           // [rows, variants]
        var argument = (logits.Maximum - logits.Correct)
            .unsqueeze(1)
            .Plus((subtracted.Shift - subtracted.AtLabel).unsqueeze(0))
            .PlusInPlace(sums.log());
        if (sums.min().Number() < Underflow)
        {
            var others = logits.Others();
            for (var v = 0; v < variants; v++)
            {
                if (sums.select(1, v).min().Number() < Underflow)
                {
                    argument.select(1, v).copy_(
                        others.Plus(subtracted.Negative[v]).logsumexp(1) - logits.Correct - subtracted.AtLabel[v]);
                }
            }
        }

        TensorPrimitives.Add(Of(label), argument.Softplus().sum(dim: 0).Numbers(), Of(label));
    }

    private Span<double> Of(int product) => _sums.AsSpan(product * variants, variants);
}
