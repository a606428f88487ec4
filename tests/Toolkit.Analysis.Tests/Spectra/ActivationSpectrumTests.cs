using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.Tests.LinearAlgebra;
using Toolkit.Formats;

namespace Toolkit.Analysis.Tests.Spectra;

public sealed class ActivationSpectrumTests
{
    [Fact]
    public void Blocks_give_the_spectrum_of_the_whole_matrix_and_projections_of_its_centred_rows()
    {
        var matrix = SomeMatrix.WithSpectrum(300, 8, [40, 20, 10, 5, 1, 0.5, 0.2, 0.1], seed: 3);

        var activation = ActivationSpectrum.Of("hidden", 8, () => Blocks(matrix, 70));

        activation.Spectrum.Values.ShouldBeClose([40, 20, 10, 5, 1, 0.5, 0.2, 0.1], 1e-9);
        activation.Spectrum.FrobeniusNorm.ShouldBe(Math.Sqrt(BlockedSum.SumOfSquares(matrix.Values)), 1e-9);
        var table = activation.Project(Blocks(matrix, 70), rowsPerSample: 3);
        table.RowCount.ShouldBe(300);
        table.Values<long>("sample_id")[4].ShouldBe(1);
        table.Values<int>("position")[4].ShouldBe(1);
        foreach (var (column, value) in new[] { "pc1", "pc2", "pc3" }.Zip(activation.Centred.Values))
        {
            var scores = table.Numbers(column);
            scores.Average().ShouldBe(0, 1e-5);
            Math.Sqrt(scores.Sum(score => score * score)).ShouldBe(value, 1e-3);
        }
    }

    [Fact]
    public void Values_wider_than_the_limit_give_their_leading_spectrum()
    {
        double[] spectrum = [.. Enumerable.Range(0, 30).Select(index => 100 * Math.Pow(0.7, index))];
        var columns = ActivationSpectrum.DirectColumns + 1;
        var matrix = SomeMatrix.WithSpectrum(60, columns, spectrum, seed: 5);

        var activation = ActivationSpectrum.Of("wide", columns, () => Blocks(matrix, 25), rank: 5);

        activation.Spectrum.Values.ShouldBeClose(spectrum[..5], 1e-3);
        activation.Spectrum.CumulativeVariance()[^1].ShouldBeLessThan(1);
        activation.Components.Rows.ShouldBe(5);
    }

    [Theory]
    [InlineData(300, 0, 1e-9)]
    [InlineData(300, 50, 1e-9)]
    [InlineData(5, 1, 1e-9)]
    public void Mean_and_covariance_give_the_spectra_of_the_rows(int rows, double mean, double tolerance)
    {
        const int columns = 8;
        var matrix = SomeMatrix.WithSpectrum(
            rows, columns, [.. new[] { 40.0, 20, 10, 5, 1, 0.5, 0.2, 0.1 }.Take(Math.Min(rows, columns))], seed: 3);
        var means = new double[columns];
        for (var i = 0; i < matrix.Values.Length; i++)
        {
            matrix.Values[i] += mean;
            means[i % columns] += matrix.Values[i] / rows;
        }

        var covariance = new HostMatrix(columns, columns);
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < columns; i++)
            {
                for (var j = 0; j < columns; j++)
                {
                    covariance[i, j] += (matrix[row, i] - means[i]) * (matrix[row, j] - means[j]) / rows;
                }
            }
        }

        var expected = ActivationSpectrum.Of("hidden", columns, () => Blocks(matrix, 70));
        var found = ActivationSpectrum.OfCovariance("hidden", rows, means, covariance);

        // σ² is right to some 1e-15 of σ₁², so σ to the tolerance where σ² is not below that.
        foreach (var (one, other) in new[] { (expected.Spectrum, found.Spectrum), (expected.Centred, found.Centred) })
        {
            other.Values.Length.ShouldBe(one.Values.Length);
            other.SumOfSquares.ShouldBe(one.SumOfSquares, one.SumOfSquares * tolerance);
            for (var i = 0; i < one.Values.Length; i++)
            {
                (other.Values[i] * other.Values[i]).ShouldBe(
                    one.Values[i] * one.Values[i], one.Values[0] * one.Values[0] * 1e-13);
            }
        }

        found.Centred.Name.ShouldBe("centred(hidden)");
        for (var i = 0; i < Math.Min(3, rows - 1); i++)
        {
            found.Components.Row(i).ToArray().ShouldBeClose(expected.Components.Row(i).ToArray(), 1e-6);
        }
    }

    [Fact]
    public void A_NaN_is_refused_with_the_name_of_the_value() =>
        Should.Throw<BadInputException>(
            () => ActivationSpectrum.Of("hidden", 2, () => [new HostMatrix(1, 2, [1, double.NaN])]))
            .Message.ShouldStartWith("'hidden': the value at row 0, column 1 is NaN");

    private static IEnumerable<HostMatrix> Blocks(HostMatrix matrix, int rows)
    {
        for (var start = 0; start < matrix.Rows; start += rows)
        {
            yield return matrix.RowRange(start, Math.Min(rows, matrix.Rows - start));
        }
    }
}
