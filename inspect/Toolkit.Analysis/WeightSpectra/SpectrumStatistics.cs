namespace Toolkit.Analysis.WeightSpectra;

/// <summary>What a set of singular values says about its matrix.</summary>
/// <param name="FrobeniusNorm">√Σ s².</param>
/// <param name="SpectralNorm">The largest, s₁.</param>
/// <param name="NuclearNorm">Σ s.</param>
/// <param name="StableRank">Σ s² / s₁², 1 to k; NaN for a zero matrix.</param>
/// <param name="EffectiveRank">exp of the entropy of s / Σ s, 1 to k (O. Roy, M. Vetterli, EUSIPCO 2007); NaN for a
/// zero matrix.</param>
/// <param name="ParticipationRatio">(Σ s²)² / Σ s⁴, 1 to k; NaN for a zero matrix.</param>
/// <param name="ConditionNumber">s₁ / s_k; infinite where s_k is 0, NaN for a zero matrix.</param>
/// <param name="NumericalRank">How many exceed max(rows, columns) · 2⁻²³ · s₁, the noise of binary32 weights.</param>
/// <param name="PowerLaw">The fit to the eigenvalues s² of WᵀW, those of the numerical rank.</param>
public sealed record SpectrumStatistics(
    double FrobeniusNorm,
    double SpectralNorm,
    double NuclearNorm,
    double StableRank,
    double EffectiveRank,
    double ParticipationRatio,
    double ConditionNumber,
    int NumericalRank,
    PowerLawFit PowerLaw)
{
    /// <summary>Computes all of them.</summary>
    /// <param name="values">Singular values, descending, at least 0.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="seed">Seeds the samples of the power law's p-value.</param>
    /// <returns>The statistics.</returns>
    public static SpectrumStatistics Of(double[] values, int rows, int columns, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(values);
        var largest = values.Length > 0 ? values[0] : 0;
        double sum = 0, squares = 0, fourths = 0;
        foreach (var value in values)
        {
            // Relative to the largest: the fourth powers of 1e-90 would be 0.
            var ratio = largest > 0 ? value / largest : 0;
            sum += ratio;
            squares += ratio * ratio;
            fourths += ratio * ratio * ratio * ratio;
        }

        var noise = Noise(values, rows, columns);
        var rank = values.Count(value => value > noise);
        var entropy = 0.0;
        foreach (var value in values)
        {
            var share = value / largest / sum;
            entropy -= share > 0 ? share * Math.Log(share) : 0;
        }

        return new SpectrumStatistics(
            largest * Math.Sqrt(squares),
            largest,
            largest * sum,
            largest > 0 ? squares : double.NaN,
            sum > 0 ? Math.Exp(entropy) : double.NaN,
            largest > 0 ? squares * squares / fourths : double.NaN,
            largest > 0 ? largest / values[^1] : double.NaN,
            rank,
            PowerLawFit.Of(Array.ConvertAll(values[..rank], static value => value * value), seed: seed));
    }

    /// <summary>
    /// max(rows, columns) · 2⁻²³ · s₁: singular values up to here are the rounding of binary32 weights.
    /// </summary>
    internal static double Noise(ReadOnlySpan<double> values, int rows, int columns) =>
        values.IsEmpty ? 0 : Math.Max(rows, columns) * Math.ScaleB(1, -23) * values[0];
}
