using Toolkit.Analysis.Charts;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.WeightSpectra;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.Tests.WeightSpectra;

public sealed class WeightSpectraTests
{
    // Sums of a few hundred binary64 numbers.
    private const double Rounding = 1e-10;

    [Theory]
    [InlineData(2.5)]
    [InlineData(3.5)]
    public void Power_law_finds_the_exponent_and_the_start_of_the_tail_it_was_drawn_from(double alpha)
    {
        // 2,000 values below 1 in a flat heap, 2,000 above from the law: σ of α is (α − 1) / √2000.
        var random = new Random(1);
        var sample = Enumerable.Range(0, 4_000)
            .Select(i => i % 2 == 0
                ? 0.05 + (0.95 * random.NextDouble())
                : Math.Pow(1 - random.NextDouble(), -1 / (alpha - 1)))
            .ToArray();

        var fit = PowerLawFit.Of(sample, samples: 0);

        fit.Alpha.ShouldBe(alpha, 4 * (alpha - 1) / Math.Sqrt(2_000));
        fit.XMin.ShouldBe(1.0, 0.25);
        fit.TailCount.ShouldBeInRange(1_250, 2_300);
    }

    [Fact]
    public void Power_law_of_the_exact_quantiles_is_the_law_itself()
    {
        // The quantiles at (k + ½) / n of α = 3, x_min = 2: the maximum-likelihood estimate tends to α as 1 / n.
        const int Count = 2_000;
        var sample = Enumerable.Range(0, Count).Select(k => 2 * Math.Pow(1 - ((k + 0.5) / Count), -0.5)).ToArray();

        var fit = PowerLawFit.Of(sample, samples: 0);

        fit.Alpha.ShouldBe(3.0, 0.01);
        fit.XMin.ShouldBe(2.0, 0.01);
        fit.KolmogorovSmirnov.ShouldBeLessThan(1.01 / Count);
    }

    [Fact]
    public void Numbers_that_follow_no_power_law_get_a_small_p_value()
    {
        var random = new Random(2);
        var sample = Enumerable.Range(0, 3_000).Select(_ => 10 + random.NextDouble()).ToArray();
        sample[0] = 30;

        PowerLawFit.Of(sample, samples: 20).PValue.ShouldBeLessThan(0.1);
    }

    [Fact]
    public void P_values_of_samples_of_the_law_itself_are_uniform()
    {
        // Mean of 40 uniform numbers: ½ ± 0.046; four times that.
        var p = Enumerable.Range(0, 40).Select(seed =>
        {
            var random = new Random(seed);
            var sample = Enumerable.Range(0, 400)
                .Select(i => i % 2 == 0 ? 0.05 + (0.95 * random.NextDouble()) : Math.Pow(1 - random.NextDouble(), -0.5))
                .ToArray();
            return PowerLawFit.Of(sample, samples: 25, seed: seed + 100).PValue;
        }).ToList();

        p.Average().ShouldBe(0.5, 0.19);
    }

    [Fact]
    public void Fewer_values_than_the_shortest_tail_give_no_fit()
    {
        var fit = PowerLawFit.Of([1, 2, 3, 0, -1]);

        fit.TailCount.ShouldBe(0);
        fit.Alpha.ShouldBe(double.NaN);
    }

    [Fact]
    public void Ranks_of_equal_and_of_single_singular_values_are_known()
    {
        var equal = SpectrumStatistics.Of([3, 3, 3, 3], 4, 4);
        equal.StableRank.ShouldBe(4, Rounding);
        equal.EffectiveRank.ShouldBe(4, Rounding);
        equal.ParticipationRatio.ShouldBe(4, Rounding);
        equal.ConditionNumber.ShouldBe(1);
        equal.FrobeniusNorm.ShouldBe(6, Rounding);
        equal.NuclearNorm.ShouldBe(12, Rounding);

        var single = SpectrumStatistics.Of([5, 0, 0], 3, 3);
        single.StableRank.ShouldBe(1, Rounding);
        single.EffectiveRank.ShouldBe(1, Rounding);
        single.ParticipationRatio.ShouldBe(1, Rounding);
        single.ConditionNumber.ShouldBe(double.PositiveInfinity);
        single.NumericalRank.ShouldBe(1);
    }

    [Fact]
    public void Random_matrix_has_no_spikes_and_a_planted_direction_is_one()
    {
        var matrix = Normal(120, 80, seed: 3);
        var plain = WeightSpectrum.Of(new WeightMatrix("w", new TensorShape(120, 80), string.Empty, matrix));
        plain.MarchenkoPastur.Spikes.ShouldBe(0);
        plain.MarchenkoPastur.UpperEdge.ShouldBe(Math.Sqrt(120) + Math.Sqrt(80), 0.5);
        plain.Values[^1].ShouldBeGreaterThan(plain.MarchenkoPastur.LowerEdge * 0.8);

        for (var row = 0; row < 120; row++)
        {
            for (var column = 0; column < 80; column++)
            {
                matrix[row, column] += (row % 2 == 0 ? 1 : -1) * (column % 3 == 0 ? 1 : -1) * 0.5;
            }
        }

        WeightSpectrum.Of(
            new WeightMatrix("w", new TensorShape(120, 80), string.Empty, matrix)).MarchenkoPastur.Spikes.ShouldBe(1);
    }

    [Fact]
    public void Matrix_of_one_constant_has_one_spike_and_a_matrix_of_zeros_none_and_no_negative_zero()
    {
        var constant = new HostMatrix(6, 9);
        constant.Values.AsSpan().Fill(1);
        var zero = WeightSpectrum.Of(new WeightMatrix("w", new TensorShape(5, 7), string.Empty, new HostMatrix(5, 7)));

        WeightSpectrum.Of(
            new WeightMatrix("w", new TensorShape(6, 9), string.Empty, constant)).MarchenkoPastur.Spikes.ShouldBe(1);
        zero.MarchenkoPastur.Spikes.ShouldBe(0);
        zero.Values.ShouldAllBe(value => value == 0 && !double.IsNegative(value));
    }

    [Theory]
    [InlineData(-100)]
    [InlineData(90)]
    public void Spectrum_of_a_tiny_or_a_huge_matrix_is_that_of_the_plain_one_scaled(int exponent)
    {
        var plain = Normal(5, 7, seed: 9);
        var scaled = new HostMatrix(5, 7, Array.ConvertAll(plain.Values, value => Math.ScaleB(value, exponent)));

        SingularValues.Of(scaled).ShouldBe(
            SingularValues.Of(plain).Select(value => Math.ScaleB(value, exponent)), Math.ScaleB(Rounding, exponent));

        // The fourth powers in the participation ratio leave the range of binary64 at 2^±300 only if nobody looks after
        // them.
        double[] values = [3, 2, 1];
        var far = SpectrumStatistics.Of(Array.ConvertAll(values, value => Math.ScaleB(value, 3 * exponent)), 3, 3);
        far.ParticipationRatio.ShouldBe(14.0 * 14 / (81 + 16 + 1), Rounding);
        far.FrobeniusNorm.ShouldBe(Math.ScaleB(Math.Sqrt(14), 3 * exponent), Math.ScaleB(Rounding, 3 * exponent));
    }

    [Theory]
    [InlineData(60, 40)]
    [InlineData(40, 60)]
    [InlineData(50, 50)]
    public void Drawn_spectra_have_the_distribution_of_decomposed_normal_matrices(int rows, int columns)
    {
        const int Draws = 60;
        var drawn = Mean(
            Enumerable.Range(0, Draws).Select(seed => GaussianSpectrum.Draw(rows, columns, variance: 4, seed)));
        var decomposed = Mean(Enumerable.Range(0, Draws).Select(
            seed => SingularValues.Of(Normal(rows, columns, seed + 1_000)).Select(value => 2 * value).ToArray()));

        // Singular values of such a matrix fluctuate by less than σ each, here 2: 2 / √60 = 0.26 for the mean of 60,
        // twice.
        for (var i = 0; i < drawn.Length; i++)
        {
            drawn[i].ShouldBe(decomposed[i], 4 * 2 * Math.Sqrt(2.0 / Draws));
        }

        drawn.Sum(value => value * value).ShouldBe(4.0 * rows * columns, 0.05 * 4 * rows * columns);
    }

    [Fact]
    public void Convolution_is_unfolded_to_output_channels_by_patch()
    {
        var weight = WeightMatrix.Unfold(
            "c", HostTensor.Float32(new TensorShape(2, 3, 1, 2), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));

        weight.Unfolding.ShouldBe("[2, 3, 1, 2] → [2, 6]");
        weight.Matrix[1, 0].ShouldBe(6);
        WeightMatrix.Has(ElementType.Float32, new TensorShape(5)).ShouldBeFalse();
        WeightMatrix.Has(ElementType.Int64, new TensorShape(5, 5)).ShouldBeFalse();
    }

    [Fact]
    public void Published_network_has_tables_and_charts_without_faults()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("group-networks", "S5_MLP_seed2", "model.pt"));
        var spectra = checkpoint.Tensors
            .Select(tensor => WeightSpectrum.Of(WeightMatrix.Unfold(tensor.Name, checkpoint.Read(tensor))))
            .ToList();

        // The published shares of the effective embedding in the irreps sign (1 direction) and standard (16) add up to
        // 1; W_x itself keeps a trace of its initial noise beside them.
        var embedding = spectra.Single(spectrum => spectrum.Name == "W_x");
        var norm = embedding.Values.Sum(value => value * value);
        embedding.Values.Take(17).Sum(value => value * value).ShouldBeGreaterThan(0.99 * norm);
        embedding.Statistics.EffectiveRank.ShouldBeLessThan(embedding.Control.EffectiveRank / 2);
        WeightSpectraTables.Summary(spectra).RowCount.ShouldBe(4);
        WeightSpectraTables.Values(spectra).RowCount.ShouldBe(spectra.Sum(spectrum => spectrum.Values.Length));
        foreach (var chart
            in new[] { WeightSpectraCharts.Spectra(spectra, checkpoint.Name), WeightSpectraCharts.Overview(
                spectra, checkpoint.Name) })
        {
            ChartFaults.Find(chart).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Weights_and_activations_stand_side_by_side_under_the_same_columns()
    {
        var weight = WeightSpectrum.Of(
            new WeightMatrix("w", new TensorShape(30, 20), string.Empty, Normal(30, 20, seed: 5)));
        var activation = new Spectrum("hidden", MatrixKind.Activation, null, 100, 3, [2, 1, 1], 6, 1e-7);

        var table = WeightSpectraTables.WithActivations([weight], [activation]);

        table.Values<string?>("kind").ToArray().ShouldBe(["weight", "activation"]);
        table.Numbers("stable_rank")[1].ShouldBe(1.5, Rounding);
        ChartFaults.Find(WeightSpectraCharts.WithActivations([weight], [activation], "model.onnx")).ShouldBeEmpty();
    }

    private static HostMatrix Normal(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new HostMatrix(rows, columns);
        foreach (ref var value in matrix.Values.AsSpan())
        {
            value = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return matrix;
    }

    private static double[] Mean(IEnumerable<double[]> rows)
    {
        var all = rows.ToList();
        return [.. Enumerable.Range(0, all[0].Length).Select(i => all.Average(row => row[i]))];
    }
}
