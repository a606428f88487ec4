using CsCheck;
using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Tests.LinearAlgebra;

/// <summary>Valid matrices for tests.</summary>
internal static class SomeMatrix
{
    public static HostMatrix Normal(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new double[rows * columns];
        for (var index = 0; index < matrix.Length; index++)
        {
            matrix[index] =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return new HostMatrix(rows, columns, matrix);
    }

    /// <summary>A matrix with given singular values and random vectors.</summary>
    public static HostMatrix WithSpectrum(int rows, int columns, double[] values, int seed)
    {
        var left = Svd.Of(Normal(rows, values.Length, seed)).Left;
        var right = Svd.Of(Normal(values.Length, columns, seed + 1)).Right;
        return new Svd(left, values, right).Approximate(values.Length);
    }

    public static HostMatrix Orthogonal(int size, int seed) => Svd.Of(Normal(size, size, seed)).Left;

    public static Gen<HostMatrix> Gen(int largest) =>
        CsCheck.Gen.Select(CsCheck.Gen.Int[1, largest], CsCheck.Gen.Int[1, largest], CsCheck.Gen.Int[0, 1 << 20])
            .Select((rows, columns, seed) => Normal(rows, columns, seed));

    public static void ShouldBeClose(this HostMatrix actual, HostMatrix expected, double tolerance)
    {
        (actual.Rows, actual.Columns).ShouldBe((expected.Rows, expected.Columns));
        for (var index = 0; index < actual.Values.Length; index++)
        {
            actual.Values[index].ShouldBe(expected.Values[index], tolerance);
        }
    }

    public static void ShouldBeClose(this double[] actual, double[] expected, double tolerance)
    {
        actual.Length.ShouldBe(expected.Length);
        for (var index = 0; index < actual.Length; index++)
        {
            actual[index].ShouldBe(expected[index], tolerance);
        }
    }
}
