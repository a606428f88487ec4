using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.WeightSpectra;

/// <summary>The spectrum of one weight, and the same of a random matrix of equal shape and variance.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Shape">Its shape, as text.</param>
/// <param name="Unfolding">How it became a matrix; empty for matrices.</param>
/// <param name="Rows">Rows of the matrix.</param>
/// <param name="Columns">Columns of the matrix.</param>
/// <param name="Mean">Mean of the entries.</param>
/// <param name="Variance">Variance of the entries.</param>
/// <param name="Values">Singular values, descending.</param>
/// <param name="Statistics">What they say.</param>
/// <param name="MarchenkoPastur">What a random matrix would have.</param>
/// <param name="ControlValues">Singular values of a normal random matrix of the same shape and variance.</param>
/// <param name="Control">What those say.</param>
/// <param name="ControlSpikes">How many of those lie above the spike threshold: in 99 of 100 cases none.</param>
public sealed record WeightSpectrum(
    string Name,
    string Shape,
    string Unfolding,
    int Rows,
    int Columns,
    double Mean,
    double Variance,
    double[] Values,
    SpectrumStatistics Statistics,
    MarchenkoPastur MarchenkoPastur,
    double[] ControlValues,
    SpectrumStatistics Control,
    int ControlSpikes)
{
    /// <summary>Computes the spectrum of one weight.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="seed">Seeds the random matrix and the p-values.</param>
    /// <returns>The spectrum. O(rows · columns · min(rows, columns)), nearly all of it in the singular
    /// values.</returns>
    /// <exception cref="Toolkit.Formats.BadInputException">The weight holds NaN or infinity.</exception>
    public static WeightSpectrum Of(WeightMatrix weight, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var matrix = weight.Matrix;
        var (mean, variance) = Moments(matrix.Values);
        var values = SingularValues.Of(matrix);
        var control = GaussianSpectrum.Draw(matrix.Rows, matrix.Columns, variance, seed);
        return new WeightSpectrum(
            weight.Name,
            weight.Shape.ToString(),
            weight.Unfolding,
            matrix.Rows,
            matrix.Columns,
            mean,
            variance,
            values,
            SpectrumStatistics.Of(values, matrix.Rows, matrix.Columns, seed),
            MarchenkoPastur.Of(values, matrix.Rows, matrix.Columns, variance),
            control,
            SpectrumStatistics.Of(control, matrix.Rows, matrix.Columns, seed),
            MarchenkoPastur.Of(control, matrix.Rows, matrix.Columns, variance).Spikes);
    }

    /// <summary>Mean and variance in two passes.</summary>
    private static (double Mean, double Variance) Moments(double[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        var mean = sum / values.Length;
        var squares = 0.0;
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, squares / values.Length);
    }
}
