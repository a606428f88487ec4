namespace Toolkit.Analysis.WeightSpectra;

/// <summary>
/// Draws the singular values of a matrix of independent normal entries without making the matrix: O(k²) instead of O(n
/// k²) for k = min(rows, columns).
/// </summary>
/// <remarks>
/// Householder reflections turn such a matrix into a bidiagonal one whose entries are independent chi variables (A.
/// Edelman, thesis, MIT 1989; I. Dumitriu, A. Edelman, J. Math. Phys. 43 (2002)): diagonal χ_n, χ_(n−1) …, above it
/// χ_(k−1), χ_(k−2) …. The singular values are the roots of the eigenvalues of a tridiagonal matrix, found by implicit
/// QL without vectors (Golub, Van Loan, section 8.3).
/// </remarks>
public static class GaussianSpectrum
{
    /// <summary>Draws one spectrum.</summary>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="columns">Columns, at least 1.</param>
    /// <param name="variance">Variance of the entries.</param>
    /// <param name="seed">Seeds the draw.</param>
    /// <returns>min(rows, columns) singular values, descending.</returns>
    public static double[] Draw(int rows, int columns, double variance, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        var random = new Random(seed);
        var n = Math.Max(rows, columns);
        var k = Math.Min(rows, columns);
        var diagonal = new double[k];
        var above = new double[k];
        var previous = 0.0;
        for (var i = 0; i < k; i++)
        {
            // BᵀB of the bidiagonal B: d_i² + e_(i−1)² on the diagonal, d_i e_i beside it.
            var square = ChiSquare(n - i, random);
            var next = i < k - 1 ? ChiSquare(k - 1 - i, random) : 0;
            diagonal[i] = square + previous;
            above[i] = Math.Sqrt(square * next);
            previous = next;
        }

        Eigenvalues(diagonal, above);
        Array.Sort(diagonal);
        Array.Reverse(diagonal);
        return Array.ConvertAll(diagonal, value => Math.Sqrt(Math.Max(0, value) * variance));
    }

    /// <summary>Chi-square by the gamma sampler of Marsaglia and Tsang, ACM TOMS 26 (2000).</summary>
    private static double ChiSquare(int freedom, Random random)
    {
        var shape = freedom / 2.0;
        var boost = 1.0;
        if (shape < 1)
        {
            boost = Math.Pow(1 - random.NextDouble(), 1 / shape);
            shape += 1;
        }

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
            {
                return 2 * d * v * boost;
            }
        }
    }

    /// <summary>Replaces the diagonal by the eigenvalues; the other array is used up.</summary>
    private static void Eigenvalues(double[] d, double[] e)
    {
        for (var l = 0; l < d.Length; l++)
        {
            while (true)
            {
                var m = l;
                while (m < d.Length - 1 && Math.Abs(e[m]) > 1.2e-16 * (Math.Abs(d[m]) + Math.Abs(d[m + 1])))
                {
                    m++;
                }

                if (m == l)
                {
                    break;
                }

                Sweep(d, e, l, m);
            }
        }
    }

    private static void Sweep(double[] d, double[] e, int l, int m)
    {
        var g = (d[l + 1] - d[l]) / (2 * e[l]);
        var r = Hypotenuse(g, 1);
        g = d[m] - d[l] + (e[l] / (g + Math.CopySign(r, g)));
        double s = 1, c = 1, p = 0;
        for (var i = m - 1; i >= l; i--)
        {
            var f = s * e[i];
            var b = c * e[i];
            r = Hypotenuse(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }

            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            r = ((d[i] - g) * s) + (2 * c * b);
            p = s * r;
            d[i + 1] = g + p;
            g = (c * r) - b;
        }

        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }

    private static double Hypotenuse(double a, double b) => Math.Sqrt((a * a) + (b * b));
}
