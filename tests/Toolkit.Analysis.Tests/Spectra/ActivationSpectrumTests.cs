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
        foreach (var (column, value) in new[] { "pc1", "pc2", "pc3" }.Zip(activation.ComponentValues))
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

    [Fact]
    public void A_NaN_is_refused_with_the_name_of_the_value() =>
        Should.Throw<BadInputException>(() => ActivationSpectrum.Of("hidden", 2, () => [new HostMatrix(1, 2, [1, double.NaN])]))
            .Message.ShouldStartWith("'hidden': the value at row 0, column 1 is NaN");

    private static IEnumerable<HostMatrix> Blocks(HostMatrix matrix, int rows)
    {
        for (var start = 0; start < matrix.Rows; start += rows)
        {
            yield return matrix.RowRange(start, Math.Min(rows, matrix.Rows - start));
        }
    }
}
