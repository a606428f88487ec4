using CsCheck;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Similarity;
using Toolkit.Analysis.Tests.LinearAlgebra;
using Toolkit.Formats;

namespace Toolkit.Analysis.Tests.Similarity;

public sealed class SimilarityTests
{
    private const double Tolerance = 1e-8;

    private static readonly Gen<(HostMatrix X, HostMatrix Y, int Seed)> Pairs =
        Gen.Select(Gen.Int[20, 60], Gen.Int[2, 8], Gen.Int[2, 8], Gen.Int[0, 1 << 20]).Select((samples, dx, dy, seed) =>
            (SomeMatrix.Normal(samples, dx, seed), Mixed(samples, dx, dy, seed), seed));

    [Fact]
    public void Every_measure_is_one_for_the_same_features() =>
        Pairs.Sample(
            pair =>
            {
                var scores = RepresentationComparison.Run(pair.X, pair.X);
                scores.Cka.ShouldBe(1, Tolerance);
                scores.CkaDebiased.ShouldBe(1, Tolerance);
                scores.Svcca.ShouldBe(1, Tolerance);
                scores.Pwcca.ShouldBe(1, Tolerance);
                scores.Procrustes.ShouldBe(1, Tolerance);
                scores.Rsa.ShouldBe(1, Tolerance);
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void No_measure_changes_when_features_are_rotated_permuted_scaled_or_moved() =>
        Gen.Select(Pairs, Gen.Double[0.1, 10], Gen.Double[-5, 5]).Sample(
            (pair, scale, shift) =>
            {
                var before = RepresentationComparison.Run(pair.X, pair.Y);
                var rotated = MatrixProduct.Of(pair.Y, SomeMatrix.Orthogonal(pair.Y.Columns, pair.Seed));
                ShouldAgree(RepresentationComparison.Run(pair.X, rotated), before);
                ShouldAgree(RepresentationComparison.Run(pair.X, Map(pair.Y, v => (scale * v) + shift)), before);
                ShouldAgree(RepresentationComparison.Run(pair.X, Reverse(pair.Y)), before);
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void All_but_the_weighted_measure_are_symmetric() =>
        Pairs.Sample(
            pair =>
            {
                var one = RepresentationComparison.Run(pair.X, pair.Y);
                var other = RepresentationComparison.Run(pair.Y, pair.X);
                (other with { CkaChance = one.CkaChance, Pwcca = one.Pwcca }).ShouldSatisfyAllConditions(
                    scores => scores.Cka.ShouldBe(one.Cka, Tolerance),
                    scores => scores.CkaDebiased.ShouldBe(one.CkaDebiased, Tolerance),
                    scores => scores.Svcca.ShouldBe(one.Svcca, Tolerance),
                    scores => scores.Procrustes.ShouldBe(one.Procrustes, Tolerance),
                    scores => scores.Rsa.ShouldBe(one.Rsa, Tolerance));
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void Canonical_correlations_ignore_any_invertible_map_where_every_direction_is_kept()
    {
        // Spectra so flat that 99 % of the variance needs every direction, before and after the map.
        var x = SomeMatrix.Normal(200, 4, 1);
        var map = new HostMatrix(4, 4, [1, 0.3, 0, 0, 0, 1, 0.3, 0, 0, 0, 1.2, 0.1, 0.2, 0, 0, 0.9]);

        CanonicalCorrelation.Of(x, MatrixProduct.Of(x, map)).Svcca.ShouldBe(1, Tolerance);
        ProcrustesSimilarity.Of(x, MatrixProduct.Of(x, map)).ShouldBeLessThan(0.999);
    }

    /// <summary>
    /// Independent features: the biased measure is far from 0 where features are many, the debiased one is not.
    /// </summary>
    [Fact]
    public void Debiased_alignment_of_independent_features_is_near_zero_where_the_biased_one_is_not()
    {
        var biased = new List<double>();
        var debiased = new List<double>();
        for (var seed = 0; seed < 20; seed++)
        {
            var x = SomeMatrix.Normal(40, 60, seed);
            var y = SomeMatrix.Normal(40, 60, seed + 1000);
            biased.Add(LinearCka.Of(x, y));
            debiased.Add(LinearCka.Debiased(x, y));
        }

        biased.Average().ShouldBeGreaterThan(0.5);
        debiased.Average().ShouldBe(0, 0.02);
        RepresentationComparison.Run(SomeMatrix.Normal(40, 60, 1), SomeMatrix.Normal(40, 60, 2)).CkaChance.ShouldBe(
            biased.Average(), 0.05);
    }

    /// <summary>
    /// From numpy 1.24.2 on x[i, j] = ((7i + 3j) mod 11) − 5, y[i, j] = ((5i + 2j) mod 7) − 3, 12 samples, 3 and 2
    /// features, by the formulas with full n × n kernels: tests/Toolkit.Analysis.Tests/Similarity/reference.py.
    /// </summary>
    [Fact]
    public void Scores_are_those_of_an_independent_computation_with_whole_kernels()
    {
        var x = new HostMatrix(
            12, 3, [.. Enumerable.Range(0, 36).Select(at => (double)((((7 * (at / 3)) + (3 * (at % 3))) % 11) - 5))]);
        var y = new HostMatrix(
            12, 2, [.. Enumerable.Range(0, 24).Select(at => (double)((((5 * (at / 2)) + (2 * (at % 2))) % 7) - 3))]);

        var scores = RepresentationComparison.Run(x, y);

        scores.Cka.ShouldBe(0.1375260332314391, Tolerance);
        scores.CkaDebiased.ShouldBe(-0.060111309851584804, Tolerance);
        scores.Svcca.ShouldBe(0.37030889012703966, Tolerance);
        scores.Pwcca.ShouldBe(0.35216753423094216, Tolerance);
        scores.Procrustes.ShouldBe(0.3052221335064542, Tolerance);
        scores.Rsa.ShouldBe(-0.20036019284863962, Tolerance);
    }

    [Fact]
    public void Different_numbers_of_samples_are_a_wrong_call() =>
        Should.Throw<ArgumentException>(() => RepresentationComparison.Run(new HostMatrix(3, 1), new HostMatrix(4, 1)));

    [Fact]
    public void A_NaN_is_refused_with_its_side() =>
        Should.Throw<BadInputException>(() => RepresentationComparison.Run(
            SomeMatrix.Normal(5, 1, 0), new HostMatrix(5, 1, [0, 1, double.NaN, 3, 4]))).Message.ShouldStartWith(
                "the second side: the value at row 2");

    private static void ShouldAgree(SimilarityScores actual, SimilarityScores expected)
    {
        actual.Cka.ShouldBe(expected.Cka, Tolerance);
        actual.CkaDebiased.ShouldBe(expected.CkaDebiased, 1e-6);
        actual.Svcca.ShouldBe(expected.Svcca, Tolerance);
        actual.Pwcca.ShouldBe(expected.Pwcca, Tolerance);
        actual.Procrustes.ShouldBe(expected.Procrustes, Tolerance);
        actual.Rsa.ShouldBe(expected.Rsa, Tolerance);
    }

    private static HostMatrix Mixed(int samples, int dx, int dy, int seed)
    {
        var shared = MatrixProduct.Of(SomeMatrix.Normal(samples, dx, seed), SomeMatrix.Normal(dx, dy, seed + 1));
        var own = SomeMatrix.Normal(samples, dy, seed + 2);
        return new HostMatrix(samples, dy, [.. shared.Values.Zip(own.Values, (a, b) => a + b)]);
    }

    private static HostMatrix Map(HostMatrix matrix, Func<double, double> map) =>
        new(matrix.Rows, matrix.Columns, [.. matrix.Values.Select(map)]);

    private static HostMatrix Reverse(HostMatrix matrix) => new(
        matrix.Rows,
        matrix.Columns,
        [.. Enumerable.Range(0, matrix.Rows).SelectMany(row => matrix.Row(row).ToArray().Reverse())]);
}
