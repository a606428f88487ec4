namespace Toolkit.Analysis.Similarity;

/// <summary>The JSON form of a comparison.</summary>
/// <param name="Method">How the numbers were computed, with sources.</param>
/// <param name="Pairs">One entry per pair of values.</param>
public sealed record ComparisonSummary(string Method, IReadOnlyList<ComparedPair> Pairs);
