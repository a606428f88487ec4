using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// The singular values of one matrix and what follows from them. No method subtracts means: a column's mean is part of
/// the matrix, but of <see cref="ActivationSpectrum.Centred"/>.
/// </summary>
/// <param name="Name">The matrix's name.</param>
/// <param name="Kind">What the matrix is.</param>
/// <param name="Formula">How it was made, where it is no tensor of the file.</param>
/// <param name="Rows">Rows of the matrix.</param>
/// <param name="Columns">Columns of the matrix.</param>
/// <param name="Values">σ, descending, at least 0; min(rows, columns) of them, or the leading ones.</param>
/// <param name="SumOfSquares">‖A‖²_F: Σσ² over all singular values, also those that <paramref name="Values"/> leaves
/// out.</param>
/// <param name="Precision">The relative rounding of the numbers that the matrix was made of.</param>
public sealed record Spectrum(
    string Name,
    MatrixKind Kind,
    string? Formula,
    long Rows,
    int Columns,
    double[] Values,
    double SumOfSquares,
    double Precision)
{
    /// <summary>σ₁, the largest stretch of a vector; 0 for a matrix of zeros.</summary>
    public double SpectralNorm => Values.Length > 0 ? Values[0] : 0;

    /// <summary>‖A‖_F = √Σσ².</summary>
    public double FrobeniusNorm => Math.Sqrt(SumOfSquares);

    /// <summary>
    /// How many values are above <c>σ₁ · max(rows, columns) · precision</c>: the rank as far as the numbers' rounding
    /// tells (the rule of numpy.linalg.matrix_rank). Of numbers of half precision, where that would be σ₁ itself from
    /// some thousand rows on, above <c>‖A‖_F · precision</c>: rounding its entries changes no σ by more.
    /// </summary>
    public int NumericalRank
    {
        get
        {
            var rounding = Precision
                * (Precision < NamedMatrix.Float16 ? SpectralNorm * Math.Max(Rows, Columns) : FrobeniusNorm);
            return Values.Count(value => value > rounding);
        }
    }

    /// <summary>
    /// <c>exp(−Σ p·ln p)</c>, <c>p = σ / Σσ</c>: 1 for rank 1, k for k equal values; 0 for a matrix of zeros. O. Roy,
    /// M. Vetterli, "The effective rank: a measure of effective dimensionality" (2007). Of a cut spectrum it is a lower
    /// bound.
    /// </summary>
    public double EffectiveRank
    {
        get
        {
            var sum = BlockedSum.Sum(Values);
            var entropy = 0.0;
            foreach (var value in Values)
            {
                var share = value / sum;
                entropy -= share > 0 ? share * Math.Log(share) : 0;
            }

            return sum > 0 ? Math.Exp(entropy) : 0;
        }
    }

    /// <summary>
    /// <c>‖A‖²_F / σ₁²</c>, at most the rank; 0 for a matrix of zeros. M. Rudelson, R. Vershynin, "Sampling from large
    /// matrices" (2007).
    /// </summary>
    public double StableRank => SpectralNorm > 0 ? SumOfSquares / (SpectralNorm * SpectralNorm) : 0;

    /// <summary>
    /// <c>(Σσ²)² / Σσ⁴</c>, the participation ratio of the eigenvalues σ² of AᵀA; 0 for a matrix of zeros. P. Gao et
    /// al., "A theory of multineuronal dimensionality, dynamics and measurement" (2017).
    /// </summary>
    public double ParticipationRatio
    {
        get
        {
            var scale = SpectralNorm;
            var fourth = BlockedSum.Sum([.. Values.Select(value => Math.Pow(value / scale, 4))]);
            var second = SumOfSquares / (scale * scale);
            return scale > 0 ? second * second / fourth : 0;
        }
    }

    /// <summary>The share of ‖A‖²_F in each direction: σ² / Σσ²; NaN for a matrix of zeros.</summary>
    /// <returns>One share per value, descending.</returns>
    public double[] ExplainedVariance() => [.. Values.Select(value => value * value / SumOfSquares)];

    /// <summary>The share of ‖A‖²_F that the best approximation of each rank keeps.</summary>
    /// <returns>Rank 1, 2, …: ascending, ending at 1 for a whole spectrum.</returns>
    public double[] CumulativeVariance()
    {
        var kept = default(CompensatedSum);
        return
        [
            .. Values.Select(value =>
            {
                kept.Add(value * value);
                return Math.Min(1, kept.Value / SumOfSquares);
            }),
        ];
    }

    /// <summary>The smallest rank whose best approximation keeps a share of ‖A‖²_F.</summary>
    /// <param name="share">The share, 0 to 1.</param>
    /// <returns>The rank, 0 for a matrix of zeros; the number of values where they do not reach the share.</returns>
    public int RankKeeping(double share)
    {
        if (SumOfSquares == 0)
        {
            return 0;
        }

        var index = Array.FindIndex(CumulativeVariance(), kept => kept >= share);
        return index < 0 ? Values.Length : index + 1;
    }

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="backend">What computes the singular values.</param>
    /// <returns>Its spectrum.</returns>
    /// <exception cref="Formats.BadInputException">It holds NaN or infinity; the message names matrix and
    /// place.</exception>
    public static Spectrum Of(NamedMatrix matrix, SvdBackend backend = SvdBackend.Automatic)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.Matrix.RequireFinite($"'{matrix.Name}'");
        return new Spectrum(
            matrix.Name,
            matrix.Kind,
            matrix.Formula,
            matrix.Matrix.Rows,
            matrix.Matrix.Columns,
            SingularValues.Of(matrix.Matrix, backend),
            BlockedSum.SumOfSquares(matrix.Matrix.Values),
            matrix.Precision);
    }
}
