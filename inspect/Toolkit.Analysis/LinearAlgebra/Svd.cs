namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// A thin singular value decomposition <c>A = U · diag(s) · Vᵀ</c>, k = min(rows, columns), in binary64. The sign of
/// every pair of vectors is fixed: the entry of largest magnitude of each right vector is positive (the first of
/// several).
/// </summary>
/// <remarks>
/// O(rows · columns · k). Values that are equal leave their vectors undetermined within their common space.
/// </remarks>
/// <param name="Left">U, [rows, k], orthonormal columns.</param>
/// <param name="Values">s, [k], descending, at least 0.</param>
/// <param name="Right">Vᵀ, [k, columns], orthonormal rows.</param>
public sealed record Svd(HostMatrix Left, double[] Values, HostMatrix Right)
{
    /// <summary>
    /// Up to this many rows and columns MathNet is used: 0.5 ms at 24 × 24, 31 ms at 128 × 128 on a busy machine, and
    /// libtorch need not be loaded. At 512 × 512 MathNet took 13 times as long as torch.linalg.
    /// </summary>
    public const int ManagedLimit = 128;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">[rows, columns], finite; either may be 0.</param>
    /// <param name="backend">What computes it.</param>
    /// <returns>The thin decomposition.</returns>
    /// <exception cref="Toolkit.Formats.BadInputException">The matrix holds NaN or infinity.</exception>
    public static Svd Of(HostMatrix matrix, SvdBackend backend = SvdBackend.Automatic)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.RequireFinite("a matrix to decompose");
        if (matrix.Rows == 0 || matrix.Columns == 0)
        {
            return new Svd(new HostMatrix(matrix.Rows, 0), [], new HostMatrix(0, matrix.Columns));
        }

        var svd = Resolve(matrix, backend) == SvdBackend.Managed
            ? ManagedSvd.Decompose(matrix)
            : TorchSvd.Decompose(matrix);
        FixSigns(svd);
        return svd;
    }

    /// <summary>
    /// The best approximation of rank k in the least-squares sense: <c>U_k · diag(s_k) · V_kᵀ</c> (Eckart–Young).
    /// </summary>
    /// <param name="rank">k, 0 to the number of singular values.</param>
    /// <returns>[rows, columns].</returns>
    public HostMatrix Approximate(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rank, Values.Length);
        var scaled = new HostMatrix(Left.Rows, rank);
        for (var row = 0; row < scaled.Rows; row++)
        {
            for (var index = 0; index < rank; index++)
            {
                scaled[row, index] = Left[row, index] * Values[index];
            }
        }

        return MatrixProduct.Of(scaled, Right.RowRange(0, rank));
    }

    internal static SvdBackend Resolve(HostMatrix matrix, SvdBackend backend) =>
        backend != SvdBackend.Automatic ? backend
            : Math.Max(matrix.Rows, matrix.Columns) <= ManagedLimit ? SvdBackend.Managed
            : SvdBackend.Torch;

    /// <summary>Turns every pair of vectors so that the largest entry of the right one is positive.</summary>
    internal static void FixSigns(Svd svd)
    {
        for (var index = 0; index < svd.Values.Length; index++)
        {
            var right = svd.Right.Values.AsSpan(index * svd.Right.Columns, svd.Right.Columns);
            var largest = 0.0;
            foreach (var value in right)
            {
                // A tie within rounding must not let the last bits decide: a later entry wins only clearly.
                largest = Math.Abs(value) > Math.Abs(largest) * (1 + 1e-9) ? value : largest;
            }

            if (largest >= 0)
            {
                continue;
            }

            foreach (ref var value in right)
            {
                value = -value;
            }

            for (var row = 0; row < svd.Left.Rows; row++)
            {
                svd.Left[row, index] = -svd.Left[row, index];
            }
        }
    }
}
