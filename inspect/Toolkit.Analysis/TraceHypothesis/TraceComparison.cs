namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>How well one function of <c>xyz⁻¹</c> agrees with the logits in one space.</summary>
/// <param name="Function">The function: <c>natural(S4)</c> for the trace of the natural representation, or a best one
/// of a kind.</param>
/// <param name="Space">Where both were compared; see <see cref="TraceSpaces"/>.</param>
/// <param name="Cosine">⟨L, T⟩ / (‖L‖·‖T‖) over all n³ entries; NaN where one of them is zero everywhere.</param>
/// <param name="VarianceExplained">1 − min_a ‖L − a·T‖² / ‖L‖² = cosine², the share of L that the best multiple of T
/// explains.</param>
/// <param name="Scale">That best multiple a = ⟨L, T⟩ / ‖T‖².</param>
public sealed record TraceComparison(
    string Function, string Space, double Cosine, double VarianceExplained, double Scale);
