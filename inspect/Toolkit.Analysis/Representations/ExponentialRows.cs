using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>Rows of logits of pairs with the same product, prepared for losses; tensors belong to the caller's scope.</summary>
internal sealed class ExponentialRows
{
    /// <summary>Kept for the life of the program: see <see cref="TensorReading"/>.</summary>
    internal static readonly Scalar NegativeInfinity = double.NegativeInfinity;

    private ExponentialRows(Tensor others, Tensor correct, Tensor maximum, Tensor exponentials)
    {
        Others = others;
        Correct = correct;
        Maximum = maximum;
        Exponentials = exponentials;
    }

    /// <summary>float64 [rows, n], −∞ at the label.</summary>
    public Tensor Others { get; }

    /// <summary>The label's logit, [rows].</summary>
    public Tensor Correct { get; }

    /// <summary>The largest other logit, [rows].</summary>
    public Tensor Maximum { get; }

    /// <summary>exp(logit − maximum), 0 at the label, [rows, n].</summary>
    public Tensor Exponentials { get; }

    public long Count => Correct.shape[0];

    /// <summary>Takes over the logits: they are changed.</summary>
    public static ExponentialRows Take(Tensor logits, int label)
    {
        var correct = logits.select(1, label).clone();
        logits.select(1, label).fill_(NegativeInfinity);
        var maximum = logits.amax([1]);
        return new(logits, correct, maximum, (logits - maximum.unsqueeze(1)).exp_());
    }

    /// <summary>The first rows, as views.</summary>
    public ExponentialRows First(long count) =>
        new(Others.narrow(0, 0, count), Correct.narrow(0, 0, count), Maximum.narrow(0, 0, count), Exponentials.narrow(0, 0, count));

    /// <summary>The plain losses, [rows].</summary>
    public Tensor Losses() => (Maximum - Correct + Exponentials.sum(dim: 1).log()).Softplus();
}
