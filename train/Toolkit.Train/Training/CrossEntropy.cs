using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Training;

/// <summary>
/// Mean cross-entropy against fixed labels: its gradient in float32, as accurate as that of the published float64 loss,
/// and its value in float64.
/// </summary>
/// <remarks>
/// <para>The published loss is float64 because float32 log-softmax rounds every loss below 1e-7 to 0, and its gradient
/// <c>p_c − 1</c> cancels: a network that generalised then trains on noise. Neither is needed. With <c>p =
/// softmax(l)</c>, each p_j right to a few units in its own last place however small, the gradient is <c>p_j</c> for j
/// ≠ c and <c>−Σ_{j≠c} p_j</c> for c.</para>
/// <para>The value is <c>log1p(s)</c> with <c>s = Σ_{j≠c} exp(l_j − l_c)</c>; against overflow it is <c>m + log(exp(−m)
/// + s·exp(−m))</c> with <c>m = max_j (l_j − l_c)</c> where m is over 0. No loss is rounded to 0 before
/// exp(−745).</para>
/// </remarks>
internal sealed class CrossEntropy : IDisposable
{
    private readonly Tensor _labels;
    private readonly Tensor _zeros;
    private readonly long _count;

    /// <summary>Prepares for a fixed batch.</summary>
    /// <param name="labels">[batch], int64; copied.</param>
    public CrossEntropy(Tensor labels)
    {
        _count = labels.shape[0];
        _labels = labels.unsqueeze(1).clone().DetachFromDisposeScope();
        _zeros = torch.zeros([_count, 1], ScalarType.Float32, labels.device).DetachFromDisposeScope();
    }

    /// <summary>Computes the gradient of the mean loss with respect to the logits.</summary>
    /// <param name="logits">[batch, classes], float32.</param>
    /// <returns>[batch, classes], float32; every row sums to 0.</returns>
    public Tensor Gradient(Tensor logits)
    {
        using var quiet = no_grad();
        var gradient = logits.softmax(-1).scatter_(1, _labels, _zeros);   // p_j, and 0 at c
        var others = gradient.sum(1, keepdim: true).neg_();               // −Σ_{j≠c} p_j
        return gradient.scatter_(1, _labels, others).mul_(1.0 / _count);
    }

    /// <summary>Computes mean loss and accuracy in float64, for the log.</summary>
    /// <param name="logits">[batch, classes], float32.</param>
    /// <returns>The mean cross-entropy and the share of rows whose largest logit is that of the label; NaN for no
    /// rows.</returns>
    public (double Loss, double Accuracy) Evaluate(Tensor logits)
    {
        if (_count == 0)
        {
            return (double.NaN, double.NaN);
        }

        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var wide = logits.to(ScalarType.Float64);
        wide = wide - wide.gather(1, _labels);
        var shift = wide.amax([1], keepdim: true);
        var others = wide.sub_(shift).exp_().scatter_(1, _labels, _zeros.to(ScalarType.Float64)).sum(1, keepdim: true);
        var losses = where(shift == 0, others.log1p(), shift + (shift.neg().exp() + others).log());
        var right = logits.argmax(1, keepdim: true).eq(_labels);
        return (losses.mean().item<double>(), right.to(ScalarType.Float64).mean().item<double>());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _labels.Dispose();
        _zeros.Dispose();
    }
}
