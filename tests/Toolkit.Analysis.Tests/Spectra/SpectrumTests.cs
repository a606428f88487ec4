using CsCheck;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.Tests.LinearAlgebra;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Tests.Spectra;

public sealed class SpectrumTests
{
    /// <summary>The numbers that the notebook prints.</summary>
    [Fact]
    public void The_natural_representation_of_S4_has_one_value_4_899_and_nine_of_2_828()
    {
        var spectrum = Spectrum.Of(NaturalMatrix.Of(FiniteGroup.Parse("S4")));

        spectrum.Name.ShouldBe("natural(S4)");
        spectrum.Values.Length.ShouldBe(16);
        spectrum.Values[0].ShouldBe(4.899, 5e-4);
        spectrum.Values[1..10].ShouldAllBe(value => Math.Abs(value - 2.828) < 5e-4);
        spectrum.Values[10..].ShouldAllBe(value => value <= 1e-6);
        spectrum.NumericalRank.ShouldBe(10);
        spectrum.StableRank.ShouldBe(4, 1e-12);
    }

    /// <summary>
    /// √(|G|/d), d² times for every irrep in the natural representation, which is 2-transitive for S_n and A_n.
    /// </summary>
    [Theory]
    [InlineData("S5", 120, 4)]
    [InlineData("A5", 60, 4)]
    [InlineData("S6", 720, 5)]
    public void Values_of_natural_representations_follow_from_the_dimensions_of_their_irreps(
        string name, int order, int dimension)
    {
        var values = Spectrum.Of(NaturalMatrix.Of(FiniteGroup.Parse(name))).Values;

        values[0].ShouldBe(Math.Sqrt(order), 1e-10);
        var standard = dimension * dimension;
        values[1..(standard + 1)].ShouldAllBe(value => Math.Abs(value - Math.Sqrt((double)order / dimension)) < 1e-10);
        values[(standard + 1)..].ShouldAllBe(value => value < 1e-10);
    }

    [Fact]
    public void A_group_without_an_action_shows_its_regular_representation() =>
        Spectrum.Of(NaturalMatrix.Of(FiniteGroup.Parse("Q8"))).ShouldSatisfyAllConditions(
            spectrum => spectrum.Name.ShouldBe("regular(Q8)"),
            spectrum => spectrum.Values.ShouldAllBe(value => Math.Abs(value - Math.Sqrt(8)) < 1e-12));

    [Fact]
    public void Equal_values_have_every_kind_of_rank_equal_to_their_number()
    {
        var spectrum = Some([3, 3, 3, 0]);

        spectrum.EffectiveRank.ShouldBe(3, 1e-12);
        spectrum.StableRank.ShouldBe(3, 1e-12);
        spectrum.ParticipationRatio.ShouldBe(3, 1e-12);
        spectrum.NumericalRank.ShouldBe(3);
        spectrum.CumulativeVariance().ShouldBeClose([1 / 3.0, 2 / 3.0, 1, 1], 1e-12);
        spectrum.RankKeeping(0.6).ShouldBe(2);
    }

    /// <summary>
    /// From numpy 1.24.2 with s = [4, 2, 1]: p = s/s.sum(); exp(-(p*log p).sum()); (s**2).sum()/16;
    /// (s**2).sum()**2/(s**4).sum().
    /// </summary>
    [Fact]
    public void Ranks_of_unequal_values_are_those_of_their_formulas()
    {
        var spectrum = Some([4, 2, 1]);

        spectrum.EffectiveRank.ShouldBe(2.6004900059896596, 1e-12);
        spectrum.StableRank.ShouldBe(1.3125, 1e-12);
        spectrum.ParticipationRatio.ShouldBe(1.6153846153846154, 1e-12);
        spectrum.ExplainedVariance().ShouldBeClose([16 / 21.0, 4 / 21.0, 1 / 21.0], 1e-15);
    }

    [Fact]
    public void No_kind_of_rank_depends_on_the_scale_and_none_exceeds_the_number_of_values() =>
        Gen.Select(SomeMatrix.Gen(15), Gen.Double[1e-6, 1e6]).Sample(
            (matrix, scale) =>
            {
                var one = Spectrum.Of(new NamedMatrix("m", MatrixKind.Weight, null, matrix));
                var other = Spectrum.Of(new NamedMatrix(
                    "m", MatrixKind.Weight, null, new HostMatrix(
                        matrix.Rows, matrix.Columns, [.. matrix.Values.Select(v => v * scale)])));

                other.EffectiveRank.ShouldBe(one.EffectiveRank, 1e-9);
                other.StableRank.ShouldBe(one.StableRank, 1e-9);
                other.ParticipationRatio.ShouldBe(one.ParticipationRatio, 1e-9);
                one.StableRank.ShouldBeInRange(1 - 1e-9, one.Values.Length + 1e-9);
                one.EffectiveRank.ShouldBeInRange(1 - 1e-9, one.Values.Length + 1e-9);
                one.ParticipationRatio.ShouldBeInRange(1 - 1e-9, one.Values.Length + 1e-9);
            },
            iter: 50,
            threads: 1);

    [Fact]
    public void A_matrix_of_zeros_has_rank_zero_of_every_kind()
    {
        var spectrum = Spectrum.Of(new NamedMatrix("zero", MatrixKind.Weight, null, new HostMatrix(3, 2)));

        spectrum.NumericalRank.ShouldBe(0);
        spectrum.EffectiveRank.ShouldBe(0);
        spectrum.StableRank.ShouldBe(0);
        spectrum.ParticipationRatio.ShouldBe(0);
        spectrum.RankKeeping(0.9).ShouldBe(0);
    }

    [Fact]
    public void The_rank_of_half_precision_is_what_the_rounding_of_the_entries_leaves()
    {
        // 2000 · 2⁻¹⁰ is over 1: by numpy's rule not even the largest value would count.
        var values = new double[2000 * 4];
        for (var row = 0; row < 2000; row++)
        {
            values[(row * 4) + (row % 3)] = 1 + (row % 3);
        }

        var matrix = new NamedMatrix(
            "half", MatrixKind.Weight, null, new HostMatrix(2000, 4, values), WeightMatrices.PrecisionOf(
                ElementType.Float16));

        Spectrum.Of(matrix).NumericalRank.ShouldBe(3);
    }

    [Fact]
    public void A_NaN_is_refused_with_the_name_of_the_matrix() =>
        Should.Throw<BadInputException>(
            () => Spectrum.Of(new NamedMatrix("W_x", MatrixKind.Weight, null, new HostMatrix(1, 1, [double.NaN]))))
            .Message.ShouldStartWith("'W_x': the value at row 0, column 0 is NaN");

    [Fact]
    public void Tables_have_a_row_per_value_and_a_row_per_matrix()
    {
        var outputs = SpectraTables.OutputsOf([Some([2, 1]), Some([5])]);

        outputs.Select(output => output.Name).ShouldBe(["svd", "spectra"]);
        outputs[0].Table.Values<double>("singular_value").ToArray().ShouldBe([2, 1, 5]);
        outputs[0].Table.Values<int>("index").ToArray().ShouldBe([1, 2, 1]);
        outputs[1].Table.RowCount.ShouldBe(2);
    }

    private static Spectrum Some(double[] values) =>
        new(
            "m",
            MatrixKind.Weight,
            null,
            values.Length,
            values.Length,
            values,
            values.Sum(v => v * v),
            NamedMatrix.Float64);
}
