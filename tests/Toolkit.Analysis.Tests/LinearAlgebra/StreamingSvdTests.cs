using CsCheck;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats;

namespace Toolkit.Analysis.Tests.LinearAlgebra;

public sealed class StreamingSvdTests
{
    private const double Tolerance = 1e-11;

    [Fact]
    public void Values_and_vectors_equal_those_of_the_whole_matrix_whatever_the_blocks() =>
        Gen.Select(Gen.Int[1, 2500], Gen.Int[1, 12], Gen.Int[1, 300], Gen.Bool, Gen.Int[0, 1000]).Sample(
            (rows, columns, block, centred, seed) =>
            {
                var matrix = Shift(SomeMatrix.Normal(rows, columns, seed), 3);
                var streaming = new StreamingSvd(columns);
                for (var start = 0; start < rows; start += block)
                {
                    streaming.Add(matrix.RowRange(start, Math.Min(block, rows - start)).Values);
                }

                var expected = Svd.Of(centred ? Centre(matrix) : matrix);
                var (values, right) = streaming.Result(centred);
                var scale = Math.Sqrt(rows) * 10;
                values.ShouldBeClose(expected.Values[..values.Length], Tolerance * scale);
                expected.Values[values.Length..].ShouldAllBe(value => value < Tolerance * scale);
                streaming.Means().ShouldBeClose(Means(matrix), Tolerance);
                streaming.Rows.ShouldBe(rows);
                for (var index = 0; index < Math.Min(1, values.Length); index++)
                {
                    Math.Abs(BlockedSum.Dot(right.Row(index), expected.Right.Row(index)))
                        .ShouldBe(values[index] < 1e-6
                            ? Math.Abs(BlockedSum.Dot(right.Row(index), expected.Right.Row(index)))
                            : 1, 1e-6);
                }
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void Small_values_survive_where_a_Gram_matrix_would_lose_them()
    {
        var matrix = SomeMatrix.WithSpectrum(2000, 4, [1, 1e-4, 1e-8, 1e-12], seed: 7);
        var streaming = new StreamingSvd(4);

        streaming.Add(matrix.Values);

        var values = streaming.Result().Values;
        values[2].ShouldBe(1e-8, 1e-14);
        values[3].ShouldBe(1e-12, 1e-14);
    }

    [Fact]
    public void Wide_features_go_through_torch_with_the_same_values()
    {
        var matrix = SomeMatrix.Normal(5000, 150, seed: 3);
        var streaming = new StreamingSvd(150);

        streaming.Add(matrix.Values);

        streaming.Result().Values.ShouldBeClose(SingularValues.Of(matrix), Tolerance * 100);
    }

    [Fact]
    public void A_NaN_is_refused_with_its_rows()
    {
        var streaming = new StreamingSvd(2);
        streaming.Add([1f, 2f, float.NaN, 4f]);

        Should.Throw<BadInputException>(() => streaming.Result()).Message.ShouldStartWith("rows 0 to 1 of the matrix");
    }

    [Fact]
    public void No_rows_give_no_values() => new StreamingSvd(3).Result().Values.ShouldBeEmpty();

    [Fact]
    public void Randomized_values_approach_the_true_ones_and_repeat_with_the_seed()
    {
        double[] spectrum = [.. Enumerable.Range(0, 60).Select(index => Math.Pow(0.8, index))];
        var matrix = SomeMatrix.WithSpectrum(300, 200, spectrum, seed: 11);

        var (values, right) = RandomizedSvd.Of(200, 10, () => Blocks(matrix, 64), seed: 5);
        var again = RandomizedSvd.Of(200, 10, () => Blocks(matrix, 64), seed: 5);

        values.ShouldBeClose(spectrum[..10], 1e-4);
        Math.Abs(BlockedSum.Dot(right.Row(0), Svd.Of(matrix).Right.Row(0))).ShouldBe(1, 1e-6);
        again.Values.ShouldBe(values);
    }

    private static IEnumerable<HostMatrix> Blocks(HostMatrix matrix, int rows)
    {
        for (var start = 0; start < matrix.Rows; start += rows)
        {
            yield return matrix.RowRange(start, Math.Min(rows, matrix.Rows - start));
        }
    }

    private static HostMatrix Shift(HostMatrix matrix, double by) =>
        new(matrix.Rows, matrix.Columns, [.. matrix.Values.Select(value => value + by)]);

    private static double[] Means(HostMatrix matrix) =>
        [.. Enumerable.Range(0, matrix.Columns)
            .Select(c => Enumerable.Range(0, matrix.Rows).Average(r => matrix[r, c]))];

    private static HostMatrix Centre(HostMatrix matrix)
    {
        var means = Means(matrix);
        return new HostMatrix(
            matrix.Rows, matrix.Columns, [.. matrix.Values.Select((value, at) => value - means[at % matrix.Columns])]);
    }
}
