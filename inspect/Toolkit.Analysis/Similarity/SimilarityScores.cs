namespace Toolkit.Analysis.Similarity;

/// <summary>
/// How alike two sets of features of the same samples are, by measures that differ in what they ignore. 1 is the same,
/// 0 nothing in common.
/// </summary>
/// <param name="Samples">How many samples were compared.</param>
/// <param name="Cka">Linear CKA. Ignores rotation and scale; biased upwards where features are many and samples
/// few.</param>
/// <param name="CkaDebiased">Linear CKA with unbiased HSIC: 0 on average for independent features. May be slightly
/// negative.</param>
/// <param name="CkaChance">Linear CKA with the samples of one side shuffled: what chance gives.</param>
/// <param name="Svcca">Mean canonical correlation of the directions that hold 99 % of the variance. Ignores any
/// invertible linear map of those.</param>
/// <param name="Pwcca">The same, weighted by how much of the first side's features each direction accounts for.</param>
/// <param name="Procrustes">1 − d/2 with d the squared Procrustes distance after centring and scaling to norm 1.
/// Ignores rotation and scale.</param>
/// <param name="Rsa">Spearman correlation of the distances between samples. Ignores rotation, scale, and any monotone
/// change of distances.</param>
public sealed record SimilarityScores(
    int Samples,
    double Cka,
    double CkaDebiased,
    double CkaChance,
    double Svcca,
    double Pwcca,
    double Procrustes,
    double Rsa);
