using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Import;

/// <summary>What an imported group network does on every pair of its group, measured in ONNX Runtime.</summary>
/// <param name="TrainLoss">Mean cross-entropy over the training pairs, nats.</param>
/// <param name="TestLoss">Mean cross-entropy over the other pairs, nats; NaN where there are none.</param>
/// <param name="AllLoss">Mean cross-entropy over all pairs, nats.</param>
/// <param name="TrainAccuracy">Share of the training pairs whose largest logit is the product, 0 to 1.</param>
/// <param name="TestAccuracy">Share of the other pairs, 0 to 1; NaN where there are none.</param>
public sealed record GroupNetworkProof(
    double TrainLoss, double TestLoss, double AllLoss, double TrainAccuracy, double TestAccuracy)
{
    private const int Batch = 8_192;

    /// <summary>Runs a model on all pairs.</summary>
    /// <param name="engine">The model: inputs a, b; output logits.</param>
    /// <param name="task">Its group and split.</param>
    /// <param name="progress">Told how many pairs are done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>The losses, in binary64 from the float32 logits.</returns>
    /// <exception cref="BadInputException">The model gives logits of another shape.</exception>
    public static GroupNetworkProof Measure(
        InferenceEngine engine,
        GroupTask task,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(task);
        var order = task.Group.Order;
        Span<double> loss = stackalloc double[2];
        Span<long> right = stackalloc long[2];
        Span<long> count = stackalloc long[2];
        for (var start = 0; start < task.PairCount; start += Batch)
        {
            var rows = Math.Min(Batch, task.PairCount - start);
            using var result = engine.Run(Inputs(task, start, rows), [GroupNetwork.Logits], cancellation);
            var logits = result[GroupNetwork.Logits].AsSpan<float>();
            if (logits.Length != (long)rows * order)
            {
                throw new BadInputException(
                    $"{engine.ModelPath}: logits of shape {result[GroupNetwork.Logits].Shape}; [{rows}, {order}] "
                        + "were expected.");
            }

            for (var row = 0; row < rows; row++)
            {
                var set = task.IsTrain(start + row) ? 0 : 1;
                var label = task.Labels[start + row];
                var line = logits.Slice(row * order, order);
                loss[set] += CrossEntropy(line, label);
                right[set] += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(line) == label ? 1 : 0;
                count[set]++;
            }

            progress?.Report(start + rows);
        }

        return new GroupNetworkProof(
            loss[0] / count[0],
            loss[1] / count[1],
            (loss[0] + loss[1]) / task.PairCount,
            (double)right[0] / count[0],
            (double)right[1] / count[1]);
    }

    private static Dictionary<string, InputValue> Inputs(GroupTask task, int start, int rows)
    {
        var a = new long[rows];
        var b = new long[rows];
        for (var row = 0; row < rows; row++)
        {
            (a[row], b[row]) = task.Factors(start + row);
        }

        return new Dictionary<string, InputValue>(StringComparer.Ordinal)
        {
            [GroupNetwork.InputA] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(rows), a),
            [GroupNetwork.InputB] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(rows), b),
        };
    }

    /// <summary>
    /// <c>log Σ_j exp(l_j − l_c)</c>, shifted by the largest logit; the correct class is left out of the sum, so that
    /// tiny losses keep their digits.
    /// </summary>
    private static double CrossEntropy(ReadOnlySpan<float> logits, int label)
    {
        double correct = logits[label];
        var shift = Math.Max(0, System.Numerics.Tensors.TensorPrimitives.Max(logits) - correct);
        var others = 0.0;
        for (var j = 0; j < logits.Length; j++)
        {
            others += j == label ? 0 : Math.Exp(logits[j] - correct - shift);
        }

        return shift == 0 ? LogOnePlus(others) : shift + Math.Log(Math.Exp(-shift) + others);
    }

    /// <summary><c>log(1 + x)</c> without losing small x: Kahan's correction of the rounding of 1 + x.</summary>
    private static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
