using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// Decompositions by MathNet.Numerics. Its SVD makes square factors, so a tall matrix goes through its R factor first;
/// and it takes numbers below about 1e-15 for zero, so every matrix is first brought to magnitude 1 by a power of two,
/// which rounds nothing.
/// </summary>
internal static class ManagedSvd
{
    public static double[] Values(HostMatrix matrix)
    {
        var exponent = Exponent(matrix);
        return Scale(Square(Scale(matrix, -exponent), out _).Svd(computeVectors: false).S, exponent);
    }

    public static Svd Decompose(HostMatrix matrix)
    {
        if (matrix.Rows < matrix.Columns)
        {
            var transposed = Decompose(matrix.Transpose());
            return new Svd(transposed.Right.Transpose(), transposed.Values, transposed.Left.Transpose());
        }

        var exponent = Exponent(matrix);
        var square = Square(Scale(matrix, -exponent), out var orthogonal);
        var svd = square.Svd(computeVectors: true);
        var left = orthogonal is null ? svd.U : orthogonal * svd.U;
        return new Svd(ToHost(left), Scale(svd.S, exponent), ToHost(svd.VT));
    }

    /// <summary>
    /// The upper triangular factor R of A = Q · R, [columns, columns], for a matrix with at least as many rows as
    /// columns.
    /// </summary>
    public static HostMatrix UpperFactor(HostMatrix tall) => ToHost(ToMathNet(tall).QR(QRMethod.Thin).R);

    public static HostMatrix Orthonormalize(HostMatrix tall) => ToHost(ToMathNet(tall).QR(QRMethod.Thin).Q);

    /// <summary>The power of two of the largest magnitude; 0 for a matrix of zeros.</summary>
    private static int Exponent(HostMatrix matrix)
    {
        var largest = 0.0;
        foreach (var value in matrix.Values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest > 0 ? Math.ILogB(largest) : 0;
    }

    private static HostMatrix Scale(HostMatrix matrix, int exponent) =>
        new(matrix.Rows, matrix.Columns, Array.ConvertAll(matrix.Values, value => Math.ScaleB(value, exponent)));

    /// <summary>Singular values at the matrix's own magnitude; what MathNet gives as -0 is 0.</summary>
    private static double[] Scale(IEnumerable<double> values, int exponent) =>
        [.. values.Select(value => Math.ScaleB(Math.Abs(value), exponent))];

    private static Matrix<double> Square(HostMatrix matrix, out Matrix<double>? orthogonal)
    {
        orthogonal = null;
        if (matrix.Rows < matrix.Columns)
        {
            matrix = matrix.Transpose();
        }

        if (matrix.Rows == matrix.Columns)
        {
            return ToMathNet(matrix);
        }

        var qr = ToMathNet(matrix).QR(QRMethod.Thin);
        orthogonal = qr.Q;
        return qr.R;
    }

    private static Matrix<double> ToMathNet(HostMatrix matrix) =>
        Matrix<double>.Build.DenseOfRowMajor(matrix.Rows, matrix.Columns, matrix.Values);

    private static HostMatrix ToHost(Matrix<double> matrix) =>
        new(matrix.RowCount, matrix.ColumnCount, matrix.ToRowMajorArray());
}
