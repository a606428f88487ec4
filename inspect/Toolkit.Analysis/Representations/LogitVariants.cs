using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// What variants of logits subtract from the rows of pairs with one product, prepared for losses. Tensors belong to the
/// caller's scope.
/// </summary>
internal sealed class LogitVariants
{
    private LogitVariants(Tensor negative, Tensor atLabel, Tensor shift, Tensor factors)
    {
        Negative = negative;
        AtLabel = atLabel;
        Shift = shift;
        Factors = factors;
    }

    /// <summary>−q, −∞ at the label, [variants, n].</summary>
    public Tensor Negative { get; }

    /// <summary>−q at the label, [variants].</summary>
    public Tensor AtLabel { get; }

    /// <summary>The largest −q elsewhere, [variants].</summary>
    public Tensor Shift { get; }

    /// <summary>exp(−q − shift), 0 at the label, [n, variants].</summary>
    public Tensor Factors { get; }

    /// <summary>Prepares them.</summary>
    /// <param name="subtracted">q: float64 [variants, n].</param>
    /// <param name="label">The product of these pairs.</param>
    public static LogitVariants Of(Tensor subtracted, int label)
    {
        var negative = subtracted.neg();
        var atLabel = negative.select(1, label).clone();
        negative.select(1, label).fill_(ExponentialRows.NegativeInfinity);
        var shift = negative.amax([1]);
        return new(negative, atLabel, shift, (negative - shift.unsqueeze(1)).exp_().t());
    }
}
