using Toolkit.Analysis.Cosets;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Representations;
using Toolkit.Analysis.RhoSets;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>
/// A certified lower bound on the accuracy over all pairs, from what the network was understood to compute, beside the
/// accuracy counted pair by pair.
/// </summary>
/// <remarks>
/// W. Wu et al. (ICLR 2025, arXiv 2410.07476): the better an explanation, the higher the bound that it proves at a cost
/// of O(n²·m) instead of O(n³·m). Two explanations: the circuits of irreps (<see cref="RhoSetAnalysis"/>) and, as
/// baseline, cosets (D. Stander et al., ICML 2024). Both are sound: whatever the network, the bound does not exceed the
/// accuracy. A third one asks less of the network, only that the answer is read through few directions of the hidden
/// layer, and proves more at a higher cost (<see cref="RankCertificate"/>). Beyond the paper the one-dimensional irreps
/// are taken exactly and norms are taken cluster by cluster, which tightens the bound. For networks of the form
/// ReLU(l(x) + r(y))·U; a bias behind the ReLU counts as deviation.
/// </remarks>
public static class AccuracyBoundAnalysis
{
    private const string LowRank = "low rank";

    /// <summary>Measures all bounds.</summary>
    /// <param name="irreps">The irreps.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass, which holds the hidden layer.</param>
    /// <param name="circuits">The circuits of the irreps.</param>
    /// <param name="lattice">The subgroups; null: no bound by cosets.</param>
    /// <param name="clock">Measures what each takes.</param>
    /// <param name="cancellation">Stops between two left elements.</param>
    /// <returns>The table "accuracy_bound": brute force, irreps, cosets, low rank.</returns>
    public static AnalysisOutput Measure(
        IrrepTable irreps,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        IReadOnlyList<RhoSetCircuit> circuits,
        SubgroupLattice? lattice,
        TimeProvider clock,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(circuits);
        ArgumentNullException.ThrowIfNull(clock);
        var group = irreps.Group;
        var pairs = (double)group.Order * group.Order;
        var parts = new UnembedParts(irreps, weights.Unembed);
        var rows = new List<Row>();
        void Add(string method, Func<(double Accuracy, double Operations, string? Failure)> measure)
        {
            var start = clock.GetTimestamp();
            var (accuracy, operations, failure) = measure();
            rows.Add(new(method, accuracy, operations, clock.GetElapsedTime(start).TotalSeconds, failure));
        }

        (double, double, string?) Bound(IdealNetwork ideal) => ideal.IsEmpty
            ? (0, ideal.Operations, ideal.Failure)
            : (
                Certificate.Count(group, weights.Unembed, parts, moments, ideal, cancellation) / pairs,
                ideal.Operations + (6 * pairs * ideal.Left.Columns),
                ideal.Failure);
        Add("brute force", () => (
            Accuracy(group, weights, moments, cancellation), pairs * group.Order * moments.HiddenWidth, null));
        Add("irreps", () => Bound(IrrepIdeal.Of(group, moments.HiddenWidth, parts, circuits)));
        if (lattice is not null)
        {
            Add("cosets", () => Bound(
                CosetIdeal.Of(new CosetPartitions(lattice), weights.EmbedX, weights.EmbedY, parts)));
        }

        var (proved, rank) = (0L, 0);
        Add(LowRank, () =>
        {
            (proved, rank) = RankCertificate.Count(group, weights.Unembed, moments, cancellation);
            return (proved / pairs, RankCertificate.Operations(group.Order, moments.HiddenWidth, rank), null);
        });
        string Remark(Row row) => row.Method == LowRank
            ? $" ({rank} of {Math.Min(group.Order, moments.HiddenWidth)} directions)"
            : row.Failure is null ? string.Empty : $" ({FirstCheck(row.Failure)})";
        var table = new Table(
            TableColumn.Create("method", [.. rows.Select(row => row.Method)]),
            TableColumn.Create("accuracy", rows.Select(row => row.Accuracy).ToArray()),
            TableColumn.Create("operations", rows.Select(row => row.Operations).ToArray()),
            TableColumn.Create("seconds", rows.Select(row => row.Seconds).ToArray()),
            TableColumn.Create("failed_check", [.. rows.Select(row => row.Failure)]));
        return new("accuracy_bound", table, new
        {
            Method = "certified lower bounds by idealised circuits of irreps, by cosets (Wu et al., ICLR 2025) and by "
                + "the leading directions of the unembedding, beside the accuracy over all pairs",
            Accuracy = rows[0].Accuracy,
            Rank = rank,
            Bounds = rows.Skip(1).ToDictionary(row => row.Method, row => row.Accuracy, StringComparer.Ordinal),
            FailedChecks = rows.Where(row => row.Failure is not null).ToDictionary(
                row => row.Method, row => row.Failure, StringComparer.Ordinal),
        })
        {
            Headline = $"Certified accuracy: at least {string.Join(", ", rows.Skip(1).Select(row =>
                $"{Words.Percent(row.Accuracy)} by {row.Method}{Remark(row)}"))}; counted {Words.Percent(rows[0].Accuracy)}",
        };
    }

    /// <summary>Of several failed checks the first, and how many more there are.</summary>
    private static string FirstCheck(string failure) =>
        failure.Split("; ") is [var first, _, ..] several ? $"{first}; {several.Length - 1} more" : failure;

    /// <summary>
    /// The share of pairs whose label has the one largest logit, by float32 products as the network makes them.
    /// </summary>
    internal static double Accuracy(
        FiniteGroup group, GroupNetworkWeights weights, GroupNetworkMoments moments, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var n = group.Order;
        var unembed = tensor(weights.Unembed.Values, [weights.Unembed.Rows, n], ScalarType.Float64).to(
            ScalarType.Float32);
        long right = 0;
        for (var x = 0; x < n; x++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var logits = moments.Readout.narrow(0, (long)x * n, n).mm(unembed);
            var labels = tensor([.. group.Row(x).ToArray().Select(z => (long)z)], ScalarType.Int64).unsqueeze(1);
            var correct = logits.gather(1, labels);
            logits.scatter_(1, labels, full(labels.shape, ExponentialRows.NegativeInfinity, ScalarType.Float32));
            right += correct.squeeze(1).gt(logits.amax([1])).sum().WholeNumber();
        }

        return right / ((double)n * n);
    }

    private sealed record Row(string Method, double Accuracy, double Operations, double Seconds, string? Failure);
}
