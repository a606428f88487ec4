using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Training;

/// <summary>
/// Mean cross-entropy of float32 logits, as accurate as the published float64 computation, and its gradient.
/// </summary>
/// <remarks>
/// <para>float32 log-softmax computes <c>lse − l_c</c> and loses every loss below 1e-7: a grokked network then trains on noise. Here
/// <c>loss = log1p(Σ_{j≠c} exp(l_j − l_c))</c> keeps it: with <c>m = max(0, max_j (l_j − l_c))</c> against overflow,
/// <c>s = Σ_{j≠c} exp(l_j − l_c − m)</c>, <c>z = exp(−m) + s</c>: <c>loss = m + log(z)</c>, taken as <c>log1p(s)</c> where m = 0.</para>
/// <para>Gradient: <c>p_j = exp(l_j − l_c − m) / z</c> for j ≠ c, and <c>−s / z</c> for c: never <c>p_c − 1</c>, which cancels.</para>
/// <para>S5, 5,760 × 120, one thread, same machine: 1.3 ms with gradient; in float64 by log_softmax 2.2 ms without.</para>
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

    /// <summary>Computes the losses of every row and the gradient of their mean.</summary>
    /// <param name="logits">[batch, classes], float32.</param>
    /// <returns>Losses, float32 [batch, 1], and the gradient of their mean with respect to the logits, [batch, classes].</returns>
    public (Tensor Losses, Tensor Gradient) LossesAndGradient(Tensor logits)
    {
        using var quiet = no_grad();
        var gradient = logits - logits.gather(1, _labels);   // l_j − l_c; 0 at c
        var shift = gradient.amax([1], keepdim: true);       // [batch, 1]; ≥ 0 because of c
        gradient.sub_(shift).exp_().scatter_(1, _labels, _zeros);
        var others = gradient.sum(1, keepdim: true);         // s
        var whole = shift.neg().exp_().add_(others);         // z
        var losses = where(shift == 0, others.log1p(), shift + whole.log());
        gradient.div_(whole.mul_(_count));
        gradient.scatter_(1, _labels, others.div_(whole).neg_());
        return (losses, gradient);
    }

    /// <summary>Computes mean loss and accuracy in float64, for the log.</summary>
    /// <param name="logits">[batch, classes], float32.</param>
    /// <returns>The mean cross-entropy and the share of rows whose largest logit is that of the label; NaN for no rows.</returns>
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
