using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Models.Groups;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Toolkit.Analysis.Representations;

/// <summary>Averages of the logits over the pairs, without the n³ cube.</summary>
internal static class LogitMeans
{
    /// <summary>c(g), the mean centred logit over all (x, y, z) with xyz⁻¹ = g, and ‖ℓ̄‖².</summary>
    public static (double[] Means, double Squares) Of(
        FiniteGroup group, GroupNetworkWeights weights, GroupNetworkMoments moments)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var n = group.Order;
        var centred = Centred(ToLogits(weights));
        var squares = Math.Max(0, (moments.ReadoutGram.mm(centred) * centred).sum().Number());
        var sums = tensor(moments.ReadoutProductSums, [n, moments.ReadoutWidth], ScalarType.Float64)
            .mm(centred)
            .Numbers();
        var means = ByQuotient(group, sums);
        TensorPrimitives.Divide(means, (double)n * n, means);
        return (means, squares);
    }

    /// <summary>Sums over all (x, y, z) with xyz⁻¹ = g, from [n, n] sums over the pairs with xy = w, for each z.</summary>
    public static double[] ByQuotient(FiniteGroup group, double[] sums)
    {
        var n = group.Order;
        var byQuotient = new double[n];
        for (var w = 0; w < n; w++)
        {
            var row = group.Row(w);
            for (var z = 0; z < n; z++)
            {
                byQuotient[row[group.Inverse(z)]] += sums[(w * n) + z];
            }
        }

        return byQuotient;
    }

    /// <summary>Rows of weights minus their mean over the answers, which softmax does not see.</summary>
    public static Tensor Centred(Tensor readout) => readout - readout.mean([1], keepdim: true);

    /// <summary>c′(w), the mean centred logit over all (x, y, z) with x⁻¹zy⁻¹ = w.</summary>
    /// <remarks>
    /// z = xwy is no function of the product xy, so the sums over pairs do not tell: all logits are computed once more,
    /// those of one left element at a time. n³·(r + 1) operations.
    /// </remarks>
    public static double[] BiEquivariant(
        FiniteGroup group,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var n = group.Order;
        var centred = Centred(ToLogits(weights)).to(ScalarType.Float32);
        var byLeft = new double[n][];
        TorchThreads.ForEach(n, x =>
        {
            var logits = moments.Readout.narrow(0, (long)x * n, n).mm(centred);
            var values = MemoryMarshal.Cast<byte, float>(logits.bytes);
            var sums = new double[n];
            for (var xw = 0; xw < n; xw++)
            {
                var row = group.Row(xw);
                double sum = 0;
                for (var y = 0; y < n; y++)
                {
                    sum += values[(y * n) + row[y]];
                }

                sums[group.Multiply(group.Inverse(x), xw)] = sum;
            }

            byLeft[x] = sums;
        }, cancellation);
        var means = new double[n];
        foreach (var sums in byLeft)
        {
            TensorPrimitives.Add(means, sums, means);
        }

        TensorPrimitives.Divide(means, (double)n * n, means);
        return means;
    }

    /// <summary>The mean over products z of std/|mean| of the correct logit over the pairs with xy = z.</summary>
    public static double CorrectSpread(FiniteGroup group, GroupNetworkWeights weights, GroupNetworkMoments moments)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var n = group.Order;
        var columns = ToLogits(weights).to(ScalarType.Float32);
        double total = 0;
        for (var w = 0; w < n; w++)
        {
            using var inner = NewDisposeScope();
            var rows = Enumerable.Range(0, n)
                .Select(x => ((long)x * n) + group.Multiply(group.Inverse(x), w))
                .ToArray();
            var correct = moments.Readout
                .index_select(0, tensor(rows, ScalarType.Int64))
                .mm(columns.narrow(1, w, 1))
                .to(ScalarType.Float64)
                .Numbers();
            var mean = correct.Average();
            var variance = correct.Sum(value => (value - mean) * (value - mean)) / n;
            total += mean == 0 ? 0 : Math.Sqrt(variance) / Math.Abs(mean);
        }

        return total / n;
    }

    private static Tensor ToLogits(GroupNetworkWeights weights) => tensor(
        weights.ToLogits.Values, [weights.ToLogits.Rows, weights.ToLogits.Columns], ScalarType.Float64);
}
