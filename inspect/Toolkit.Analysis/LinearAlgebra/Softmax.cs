using System.Buffers;
using System.Numerics.Tensors;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// Softmax and its kin in binary64, with the maximum subtracted, and losses that stay right when they are tiny.
/// </summary>
/// <remarks>
/// <c>softmax(l)ᵢ = exp(lᵢ − m) / Σⱼ exp(lⱼ − m)</c> with <c>m = max l</c>. An infinite maximum or a NaN gives NaN, as
/// the definition does. An empty row stays empty.
/// </remarks>
public static class Softmax
{
    /// <summary>Classes up to which a row is kept on the stack: 8 KiB.</summary>
    private const int StackLimit = 1024;

    /// <summary>Probabilities of one row of logits.</summary>
    /// <param name="logits">Logits, [classes].</param>
    /// <param name="probabilities">Takes the probabilities, [classes]; may be <paramref name="logits"/> itself.</param>
    public static void Probabilities(ReadOnlySpan<double> logits, Span<double> probabilities)
    {
        probabilities = probabilities[..logits.Length];
        TensorPrimitives.Subtract(logits, Maximum(logits), probabilities);
        TensorPrimitives.Exp<double>(probabilities, probabilities);
        TensorPrimitives.Divide(probabilities, Sum(probabilities), probabilities);
    }

    /// <summary>Logarithms of the probabilities of one row of logits.</summary>
    /// <param name="logits">Logits, [classes].</param>
    /// <param name="logProbabilities">Takes them, [classes], each at most 0; may be <paramref name="logits"/>
    /// itself.</param>
    public static void LogProbabilities(ReadOnlySpan<double> logits, Span<double> logProbabilities)
    {
        var logSum = LogSumExp(logits);
        for (var index = 0; index < logits.Length; index++)
        {
            logProbabilities[index] = logits[index] - logSum;
        }
    }

    /// <summary><c>log Σ exp(lᵢ)</c>.</summary>
    /// <param name="logits">Logits, [classes].</param>
    /// <returns>The logarithm; −∞ for an empty row.</returns>
    public static double LogSumExp(ReadOnlySpan<double> logits)
    {
        var maximum = Maximum(logits);
        if (double.IsInfinity(maximum))
        {
            return maximum;
        }

        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - maximum);
        }

        return maximum + Math.Log(sum);
    }

    /// <summary>
    /// The cross-entropy loss of one row: <c>log(1 + Σ_{j≠label} exp(lⱼ − l_label))</c>, which keeps its relative
    /// accuracy however small it is (log-softmax in binary64 stops at about 1e-16, in binary32 at 1e-7).
    /// </summary>
    /// <param name="logits">Logits, [classes].</param>
    /// <param name="label">The right class.</param>
    /// <returns>The loss, at least 0.</returns>
    public static double CrossEntropy(ReadOnlySpan<float> logits, int label)
    {
        double[]? rented = null;
        var buffer = logits.Length <= StackLimit
            ? stackalloc double[StackLimit]
            : rented = ArrayPool<double>.Shared.Rent(logits.Length);
        var differences = buffer[..logits.Length];
        double right = logits[label];
        for (var index = 0; index < logits.Length; index++)
        {
            differences[index] = logits[index] - right;
        }

        var loss = CrossEntropyOfDifferences(differences, label);
        if (rented is not null)
        {
            ArrayPool<double>.Shared.Return(rented);
        }

        return loss;
    }

    /// <inheritdoc cref="CrossEntropy(ReadOnlySpan{float}, int)"/>
    public static double CrossEntropy(ReadOnlySpan<double> logits, int label)
    {
        var differences = new double[logits.Length];
        TensorPrimitives.Subtract(logits, logits[label], differences);
        return CrossEntropyOfDifferences(differences, label);
    }

    /// <summary>The same by vector operations over a row that may be overwritten: for many rows.</summary>
    /// <param name="logits">Logits, [classes], at least two; afterwards exp(logit − maximum), and 0 at the
    /// label.</param>
    /// <param name="label">The right class.</param>
    /// <param name="maximum">The largest logit of the other classes.</param>
    /// <returns>The loss, softplus(log Σ_{j≠label} exp(lⱼ − maximum) + maximum − l_label), at least 0; NaN where a
    /// logit is.</returns>
    public static double CrossEntropyInPlace(Span<double> logits, int label, out double maximum)
    {
        var right = logits[label];
        logits[label] = double.NegativeInfinity;
        maximum = Maximum(logits);
        TensorPrimitives.Subtract(logits, maximum, logits);
        TensorPrimitives.Exp<double>(logits, logits);
        var argument = maximum - right + Math.Log(TensorPrimitives.SumOfMagnitudes<double>(logits));
        return Math.Max(argument, 0) + double.LogP1(Math.Exp(-Math.Abs(argument)));
    }

    /// <summary>The first class with the largest logit: what the network answers.</summary>
    /// <param name="logits">Logits, [classes], at least one.</param>
    /// <returns>The class.</returns>
    public static int ArgMax(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var index = 1; index < logits.Length; index++)
        {
            best = logits[index] > logits[best] ? index : best;
        }

        return best;
    }

    // differences: lⱼ − l_label; overwritten. Where a wrong class leads, everything is shifted by its lead so that
    // nothing overflows.
    private static double CrossEntropyOfDifferences(Span<double> differences, int label)
    {
        var shift = Math.Max(0, Maximum(differences));
        TensorPrimitives.Subtract<double>(differences, shift, differences);
        TensorPrimitives.Exp<double>(differences, differences);
        differences[label] = 0;
        var others = Sum(differences);
        return shift == 0 ? LogOnePlus(others) : shift + Math.Log(Math.Exp(-shift) + others);
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    // .NET has no log1p. Kahan's correction: log(1 + x) · x / ((1 + x) − 1) is right to the last bits, because the
    // rounding of
    // 1 + x cancels (W. Kahan, as given by N. Higham, "Accuracy and Stability of Numerical Algorithms", 1.14.1).
    private static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : double.IsInfinity(sum) ? sum : Math.Log(sum) * (x / (sum - 1));
    }

    private static double Maximum(ReadOnlySpan<double> values)
    {
        // NaN propagates, as it does through Math.Max.
        return values.Length == 0 ? double.NegativeInfinity : TensorPrimitives.Max(values);
    }
}
