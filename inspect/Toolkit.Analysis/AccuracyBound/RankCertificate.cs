using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Representations;
using Toolkit.Models.Groups;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>The pairs whose answer is proved right by a few directions of the hidden layer.</summary>
/// <remarks>
/// <para>
/// Explanation: the answer is read through the leading k left singular vectors V of the unembedding without its mean
/// over the labels. With d = u_c − u_z, logit c − logit z = (Vᵀh)·(Vᵀd) + h⊥·d⊥, of which the first part is computed
/// and the second is at least −‖h⊥‖·‖d⊥‖ (Cauchy and Schwarz, with the norm of each pair of labels and of each pair of
/// elements). ‖h⊥‖² = ‖h‖² − ‖Vᵀh‖² costs nothing. O(n²·k·(m + n)), against O(n³·m) by brute force.
/// </para>
/// <para>Rounding of the network's own float32 product as in <see cref="Certificate"/>.</para>
/// </remarks>
internal static class RankCertificate
{
    /// <summary>
    /// The share of the unembedding's energy that may lie outside the k directions. With it 99 to 100 % of the pairs of
    /// the published MLPs are proved (3 % of the one with 32 neurons, which answers four of five), with twice as much
    /// half of C113's and two thirds of S5's. A5's takes more multiplications than brute force: 44 directions of 60.
    /// </summary>
    public const double LeftOut = 0.005;

    /// <summary>
    /// Of ‖h‖², added to ‖h⊥‖²: the rounding of a difference of two sums of binary64 squares, with a margin of 100.
    /// </summary>
    private const double SquareSlack = 1e-13;

    /// <summary>Counts them.</summary>
    /// <returns>The number of pairs proved right, and k.</returns>
    public static (long Certified, int Rank) Count(
        FiniteGroup group, HostMatrix unembed, GroupNetworkMoments moments, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var (n, m) = (group.Order, unembed.Rows);
        var centred = new HostMatrix(m, n, [.. unembed.Values]);
        for (var i = 0; i < m; i++)
        {
            var row = centred.Values.AsSpan(i * n, n);
            TensorPrimitives.Subtract(row, BlockedSum.Sum(row) / n, row);
        }

        var svd = Svd.Of(centred);
        var rank = Rank(svd.Values);
        var u = tensor(centred.Values, [m, n], ScalarType.Float64);
        var directions = tensor(svd.Left.Values, [m, svd.Values.Length], ScalarType.Float64).narrow(1, 0, rank);
        var inside = directions.t().mm(u);                                             // [k, n]
        var rest = u.subtract(directions.mm(inside)).t();
        var outside = cdist(rest, rest, 2, compute_mode.donot_use_mm_for_euclid_dist);  // [n, n]
        var largest = Certificate.LargestColumn(unembed.Transpose());
        // Kept, as TensorReading says.
        Scalar zero = 0.0, squareSlack = SquareSlack,
            slack = ((2 * Certificate.Gamma(m)) + Certificate.DoubleSlack) * largest;
        long certified = 0;
        for (var x = 0; x < n; x++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var hidden = moments.Readout.narrow(0, (long)x * n, n).to(ScalarType.Float64);
            var coordinates = hidden.mm(directions);
            var labels = tensor([.. group.Row(x).ToArray().Select(z => (long)z)], ScalarType.Int64);
            var logits = coordinates.mm(inside);                                       // [n, n]
            var squares = hidden.square().sum(1);
            var away = squares
                .subtract(coordinates.square().sum(1))
                .clamp_min(zero)
                .add(squares.mul(squareSlack))
                .sqrt();
            var others = logits.add(away.unsqueeze(1).mul(outside.index_select(0, labels)));
            var at = labels.unsqueeze(1);
            var correct = logits.gather(1, at).squeeze(1);
            others.scatter_(1, at, full(at.shape, ExponentialRows.NegativeInfinity, ScalarType.Float64));
            certified += correct.gt(others.amax([1]).add(squares.sqrt().mul(slack))).sum().WholeNumber();
        }

        GC.KeepAlive((zero, squareSlack, slack));
        return (certified, rank);
    }

    /// <summary>Multiplications of <see cref="Count"/>, without the decomposition.</summary>
    public static double Operations(int order, int neurons, int rank) =>
        (double)order * order * ((rank * ((double)neurons + order)) + (2 * neurons) + order);

    /// <summary>The least rank that leaves out no more than <see cref="LeftOut"/>, at least 1.</summary>
    private static int Rank(double[] values)
    {
        var rest = values.Sum(value => value * value);
        var most = LeftOut * rest;
        var rank = 0;
        while (rank < values.Length && (rank == 0 || rest > most))
        {
            rest -= values[rank] * values[rank];
            rank++;
        }

        return rank;
    }
}
