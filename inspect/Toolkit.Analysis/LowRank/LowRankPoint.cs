namespace Toolkit.Analysis.LowRank;

/// <summary>The network with embeddings of rank k.</summary>
/// <param name="Rank">k; −1 stands for the network as it is.</param>
/// <param name="KeptVariance">The share of ‖embeddings‖² that rank k keeps, over all tables.</param>
/// <param name="Loss">Mean cross-entropy over the pairs looked at, in nat.</param>
/// <param name="TrainLoss">The same over those of them that were trained on; NaN where there are none.</param>
/// <param name="TestLoss">The same over the others; NaN where there are none.</param>
/// <param name="Accuracy">The share of pairs with the right answer.</param>
/// <param name="TestAccuracy">The same over the pairs not trained on; NaN where there are none.</param>
public sealed record LowRankPoint(
    int Rank,
    double KeptVariance,
    double Loss,
    double TrainLoss,
    double TestLoss,
    double Accuracy,
    double TestAccuracy);
