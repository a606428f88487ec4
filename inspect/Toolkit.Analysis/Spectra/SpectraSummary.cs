namespace Toolkit.Analysis.Spectra;

/// <summary>The JSON form of a set of spectra.</summary>
/// <param name="Method">How the numbers were computed, with sources.</param>
/// <param name="Matrices">One entry per matrix.</param>
public sealed record SpectraSummary(string Method, IReadOnlyList<SpectrumSummary> Matrices);

/// <summary>The JSON form of one spectrum; see <see cref="Spectrum"/> for what the numbers mean.</summary>
/// <param name="Matrix">The matrix's name.</param>
/// <param name="Kind">weight, effective, natural or activation.</param>
/// <param name="Formula">How the matrix was made, where it is no tensor of the file.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
/// <param name="SpectralNorm">σ₁.</param>
/// <param name="FrobeniusNorm">√Σσ².</param>
/// <param name="NumericalRank">Values above the rounding of the matrix's numbers.</param>
/// <param name="EffectiveRank">exp of the entropy of σ/Σσ.</param>
/// <param name="StableRank">Σσ²/σ₁².</param>
/// <param name="ParticipationRatio">(Σσ²)²/Σσ⁴.</param>
/// <param name="SingularValues">σ, descending.</param>
public sealed record SpectrumSummary(
    string Matrix,
    string Kind,
    string? Formula,
    long Rows,
    int Columns,
    double SpectralNorm,
    double FrobeniusNorm,
    int NumericalRank,
    double EffectiveRank,
    double StableRank,
    double ParticipationRatio,
    IReadOnlyList<double> SingularValues);
