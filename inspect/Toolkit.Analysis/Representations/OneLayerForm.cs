using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// Whether a network's hidden layer is ReLU(l(x) + r(y)) of its effective embeddings, plus a constant, and is
/// unembedded directly.
/// </summary>
public static class OneLayerForm
{
    /// <summary>
    /// The largest deviation from the form, as a share of the largest sum of activations, that float32 sums in another
    /// order explain.
    /// </summary>
    public const double Tolerance = 1e-4;

    /// <summary>Looks at eight left elements, summed over the right one.</summary>
    /// <param name="group">The group.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass.</param>
    /// <returns>Null where the network has the form; else what it is instead, as the end of "not applicable:
    /// …".</returns>
    public static string? WhyNot(FiniteGroup group, GroupNetworkWeights weights, GroupNetworkMoments moments)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        var (n, h) = (group.Order, moments.HiddenWidth);
        if (!moments.SharesHidden)
        {
            return "the logits also read a residual stream, and attention mixes the two elements before the nonlinearity";
        }

        if (weights.EmbedX.Columns != h)
        {
            return "there is a layer between the embeddings and the hidden layer";
        }

        double worst = 0;
        double largest = 0;
        var offset = new double[h];
        for (var x = 0; x < n; x += Math.Max(1, n / 8))
        {
            var l = weights.EmbedX.Row(x);
            for (var j = 0; j < h; j++)
            {
                double sum = 0;
                for (var y = 0; y < n; y++)
                {
                    sum += Math.Max(0, l[j] + weights.EmbedY[y, j]);
                }

                var captured = moments.LeftSums[(x * h) + j];
                offset[j] = x == 0 ? captured - sum : offset[j];
                worst = Math.Max(worst, Math.Abs(captured - sum - offset[j]));
                largest = Math.Max(largest, Math.Abs(captured));
            }
        }

        return worst <= Tolerance * largest ? null : "the hidden layer is not ReLU(l(a) + r(b))";
    }
}
