using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.LowRank;

/// <summary>What low-rank copies of the embeddings cost.</summary>
/// <param name="Tables">The embeddings that were replaced, all at the same rank.</param>
/// <param name="Pairs">How many pairs the losses are means of.</param>
/// <param name="AllPairs">How many pairs the group has; where this is more, the pairs are a random sample.</param>
/// <param name="Original">The network as it is.</param>
/// <param name="Points">One entry per rank, ascending.</param>
public sealed record LowRankResult(
    IReadOnlyList<EmbeddingTable> Tables,
    int Pairs,
    int AllPairs,
    LowRankPoint Original,
    IReadOnlyList<LowRankPoint> Points)
{
    /// <summary>The name of the result.</summary>
    public const string Name = "low_rank";

    /// <summary>Losses below this, in nat, are not told apart: float32 logits of size 20 are rounded by 10⁻⁶.</summary>
    public const double RoundingLoss = 1e-7;

    /// <summary>
    /// The smallest rank from which on every copy keeps the loss: at most twice the original's, or
    /// <see cref="RoundingLoss"/> where that is more. Null where no rank looked at does.
    /// </summary>
    public int? SufficientRank
    {
        get
        {
            var limit = Math.Max(2 * Original.Loss, RoundingLoss);
            int? sufficient = null;
            foreach (var point in Points.Reverse())
            {
                if (!(point.Loss <= limit))
                {
                    break;
                }

                sufficient = point.Rank;
            }

            return sufficient;
        }
    }

    /// <summary>
    /// The smallest rank from which on every copy answers all pairs as rightly as the original does; null where none
    /// does.
    /// </summary>
    public int? SufficientRankForAccuracy
    {
        get
        {
            int? sufficient = null;
            foreach (var point in Points.Reverse())
            {
                if (!(point.Accuracy >= Original.Accuracy))
                {
                    break;
                }

                sufficient = point.Rank;
            }

            return sufficient;
        }
    }

    /// <summary>
    /// The result, ready to be stored: one row per rank, the last one with rank −1 for the network as it is.
    /// </summary>
    /// <returns>The output <c>low_rank</c>.</returns>
    public AnalysisOutput Output()
    {
        LowRankPoint[] points = [.. Points, Original];
        return new AnalysisOutput(
            Name,
            new Table(
                TableColumn.Create("rank", points.Select(p => p.Rank).ToArray()),
                TableColumn.Create("kept_variance", points.Select(p => p.KeptVariance).ToArray()),
                TableColumn.Create("loss", points.Select(p => p.Loss).ToArray()),
                TableColumn.Create("train_loss", points.Select(p => p.TrainLoss).ToArray()),
                TableColumn.Create("test_loss", points.Select(p => p.TestLoss).ToArray()),
                TableColumn.Create("accuracy", points.Select(p => p.Accuracy).ToArray()),
                TableColumn.Create("test_accuracy", points.Select(p => p.TestAccuracy).ToArray())),
            new LowRankSummary(
                "Each embedding table is replaced by its best approximation of rank k (truncated SVD, Eckart-Young) "
                    + "and the edited network "
                + "run in ONNX Runtime. The rank that suffices is the smallest from which on the loss is at most "
                + "twice the original "
                + "(or 1e-7 nat, where that is more). Rank -1 in the table is the network as it is.",
                [.. Tables.Select(table => table.Initializer)],
                Pairs,
                AllPairs,
                Original.Loss,
                SufficientRank,
                SufficientRankForAccuracy));
    }
}

/// <summary>The JSON form of a <see cref="LowRankResult"/>.</summary>
/// <param name="Method">How the numbers were computed.</param>
/// <param name="Tables">The initializers that were replaced.</param>
/// <param name="Pairs">How many pairs the losses are means of.</param>
/// <param name="AllPairs">How many pairs there are.</param>
/// <param name="OriginalLoss">The loss of the network as it is, in nat.</param>
/// <param name="SufficientRank">The smallest rank that keeps the loss, or null.</param>
/// <param name="SufficientRankForAccuracy">The smallest rank that keeps the accuracy, or null.</param>
public sealed record LowRankSummary(
    string Method,
    IReadOnlyList<string> Tables,
    int Pairs,
    int AllPairs,
    double OriginalLoss,
    int? SufficientRank,
    int? SufficientRankForAccuracy);
