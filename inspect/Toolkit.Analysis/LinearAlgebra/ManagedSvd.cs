using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Decompositions by MathNet.Numerics. Its SVD makes square factors, so a tall matrix goes through its R factor first.</summary>
internal static class ManagedSvd
{
    public static double[] Values(HostMatrix matrix) =>
        [.. Square(matrix, out _).Svd(computeVectors: false).S];

    public static Svd Decompose(HostMatrix matrix)
    {
        if (matrix.Rows < matrix.Columns)
        {
            var transposed = Decompose(matrix.Transpose());
            return new Svd(transposed.Right.Transpose(), transposed.Values, transposed.Left.Transpose());
        }

        var square = Square(matrix, out var orthogonal);
        var svd = square.Svd(computeVectors: true);
        var left = orthogonal is null ? svd.U : orthogonal * svd.U;
        return new Svd(ToHost(left), [.. svd.S], ToHost(svd.VT));
    }

    /// <summary>The upper triangular factor R of A = Q · R, [columns, columns], for a matrix with at least as many rows as columns.</summary>
    public static HostMatrix UpperFactor(HostMatrix tall) => ToHost(ToMathNet(tall).QR(QRMethod.Thin).R);

    public static HostMatrix Orthonormalize(HostMatrix tall) => ToHost(ToMathNet(tall).QR(QRMethod.Thin).Q);

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
