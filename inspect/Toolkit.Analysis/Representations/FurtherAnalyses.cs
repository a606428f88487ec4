namespace Toolkit.Analysis.Representations;

/// <summary>What the analyses of later works found.</summary>
/// <param name="Outputs">One for each table.</param>
/// <param name="SelfTests">Identities checked on the way.</param>
public sealed record FurtherAnalyses(IReadOnlyList<AnalysisOutput> Outputs, IReadOnlyList<SelfTest> SelfTests);
