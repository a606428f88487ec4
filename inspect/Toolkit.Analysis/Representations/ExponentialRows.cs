using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Rows of logits of pairs with the same product, prepared for losses. Tensors belong to the caller's scope.
/// </summary>
internal sealed class ExponentialRows
{
    /// <summary>Kept for the life of the program: see <see cref="TensorReading"/>.</summary>
    internal static readonly Scalar NegativeInfinity = double.NegativeInfinity;

    private readonly Tensor _logits;
    private readonly int _label;
    private readonly bool[] _answers;

    private ExponentialRows(
        Tensor logits, int label, bool[] answers, Tensor correct, Tensor maximum, Tensor exponentials, Tensor losses)
    {
        _answers = answers;
        _logits = logits;
        _label = label;
        Correct = correct;
        Maximum = maximum;
        Exponentials = exponentials;
        Losses = losses;
    }

    /// <summary>The label's logit, [rows].</summary>
    public Tensor Correct { get; }

    /// <summary>The largest other logit, [rows].</summary>
    public Tensor Maximum { get; }

    /// <summary>exp(logit − maximum), 0 at the label, [rows, n].</summary>
    public Tensor Exponentials { get; }

    /// <summary>The plain losses, [rows].</summary>
    public Tensor Losses { get; }

    public long Count => Correct.shape[0];

    /// <summary>Whether the label's logit is the largest of a row.</summary>
    public bool IsRight(int row) => _answers[row];

    /// <summary>
    /// The logits in float64, −∞ at the label, [rows, n]: computed anew, for rows whose exponentials underflow.
    /// </summary>
    public Tensor Others()
    {
        var others = _logits.to(ScalarType.Float64);
        others.select(1, _label).fill_(NegativeInfinity);
        return others;
    }

    /// <summary>Takes the exponentials of all rows in one pass each, while a row is in the first cache.</summary>
    /// <param name="logits">float32 [rows, n], contiguous.</param>
    /// <param name="label">The product of these pairs.</param>
    /// <param name="buffer">float64 with at least as many rows of n numbers; overwritten, in use until the next call
    /// with it.</param>
    public static ExponentialRows Of(Tensor logits, int label, Tensor buffer)
    {
        var (rows, n) = ((int)logits.shape[0], (int)logits.shape[1]);
        var correct = new double[rows];
        var maximum = new double[rows];
        var losses = new double[rows];
        var answers = new bool[rows];
        var source = Address(logits);
        var target = Address(buffer);
        for (var row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> values;
            Span<double> line;
            unsafe
            {
                values = new ReadOnlySpan<float>((float*)source + ((long)row * n), n);
                line = new Span<double>((double*)target + ((long)row * n), n);
            }

            TensorPrimitives.ConvertTruncating(values, line);
            correct[row] = line[label];
            losses[row] = Softmax.CrossEntropyInPlace(line, label, out maximum[row]);
            answers[row] = correct[row] > maximum[row];
        }

        GC.KeepAlive(logits);
        GC.KeepAlive(buffer);
        return new(
            logits,
            label,
            answers,
            tensor(correct, ScalarType.Float64),
            tensor(maximum, ScalarType.Float64),
            buffer.narrow(0, 0, rows),
            tensor(losses, ScalarType.Float64));
    }

    /// <summary>The first rows, as views.</summary>
    public ExponentialRows First(long count) => new(
        _logits.narrow(0, 0, count),
        _label,
        _answers,
        Correct.narrow(0, 0, count),
        Maximum.narrow(0, 0, count),
        Exponentials.narrow(0, 0, count),
        Losses.narrow(0, 0, count));

    private static unsafe nint Address(Tensor tensor) =>
        (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
