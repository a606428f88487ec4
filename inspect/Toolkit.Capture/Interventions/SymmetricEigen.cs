namespace Toolkit.Capture.Interventions;

/// <summary>
/// Eigenvectors of a symmetric matrix by cyclic Jacobi rotations; for the few hundred channels of a value.
/// </summary>
/// <remarks>Source: Golub, Van Loan, "Matrix Computations", 8.5. O(d³) per sweep, about 8 sweeps.</remarks>
internal static class SymmetricEigen
{
    private const int MaximumSweeps = 60;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">[d, d], row-major, symmetric; destroyed.</param>
    /// <param name="d">Its extent.</param>
    /// <returns>Eigenvalues, descending, and eigenvectors, one per row in the same order.</returns>
    public static (double[] Values, double[] Vectors) Decompose(double[] matrix, int d)
    {
        var vectors = new double[d * d];
        for (var i = 0; i < d; i++)
        {
            vectors[(i * d) + i] = 1;
        }

        var scale = Math.Sqrt(matrix.Sum(v => v * v));
        for (var sweep = 0; sweep < MaximumSweeps && OffDiagonal(matrix, d) > 1e-14 * scale; sweep++)
        {
            for (var p = 0; p < d - 1; p++)
            {
                for (var q = p + 1; q < d; q++)
                {
                    Rotate(matrix, vectors, d, p, q);
                }
            }
        }

        var order = Enumerable.Range(0, d).OrderByDescending(i => matrix[(i * d) + i]).ToArray();
        return (
            Array.ConvertAll(order, i => matrix[(i * d) + i]),
            [.. order.SelectMany(i => vectors.AsSpan(i * d, d).ToArray())]);
    }

    private static double OffDiagonal(double[] matrix, int d)
    {
        var sum = 0.0;
        for (var i = 0; i < d; i++)
        {
            for (var j = i + 1; j < d; j++)
            {
                sum += 2 * matrix[(i * d) + j] * matrix[(i * d) + j];
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Makes element (p, q) zero; the rows of <paramref name="v"/> are the eigenvectors in the making.
    /// </summary>
    private static void Rotate(double[] a, double[] v, int d, int p, int q)
    {
        var apq = a[(p * d) + q];
        if (apq == 0)
        {
            return;
        }

        var theta = (a[(q * d) + q] - a[(p * d) + p]) / (2 * apq);
        var t = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var c = 1 / Math.Sqrt((t * t) + 1);
        var s = t * c;
        for (var k = 0; k < d; k++)
        {
            var (akp, akq) = (a[(k * d) + p], a[(k * d) + q]);
            a[(k * d) + p] = (c * akp) - (s * akq);
            a[(k * d) + q] = (s * akp) + (c * akq);
        }

        RotateRows(a, d, p, q, c, s);
        RotateRows(v, d, p, q, c, s);
    }

    private static void RotateRows(double[] m, int d, int p, int q, double c, double s)
    {
        var first = m.AsSpan(p * d, d);
        var second = m.AsSpan(q * d, d);
        for (var k = 0; k < d; k++)
        {
            var (x, y) = (first[k], second[k]);
            first[k] = (c * x) - (s * y);
            second[k] = (s * x) + (c * y);
        }
    }
}
