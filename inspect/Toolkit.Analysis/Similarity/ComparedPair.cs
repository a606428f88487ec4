namespace Toolkit.Analysis.Similarity;

/// <summary>Two compared values.</summary>
/// <param name="OtherRun">The other run's name.</param>
/// <param name="Tensor">The value in this run.</param>
/// <param name="OtherTensor">The value in the other run.</param>
/// <param name="Features">Features of the value in this run.</param>
/// <param name="OtherFeatures">Features of the value in the other run.</param>
/// <param name="Scores">How alike they are.</param>
public sealed record ComparedPair(
    string OtherRun, string Tensor, string OtherTensor, int Features, int OtherFeatures, SimilarityScores Scores);
