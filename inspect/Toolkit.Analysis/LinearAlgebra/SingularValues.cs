namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Singular values without vectors: about a third of the work of a whole decomposition.</summary>
public static class SingularValues
{
    /// <summary>The singular values of a matrix.</summary>
    /// <param name="matrix">[rows, columns], finite; either may be 0.</param>
    /// <param name="backend">What computes them.</param>
    /// <returns>min(rows, columns) values, descending, at least 0.</returns>
    /// <exception cref="Toolkit.Formats.BadInputException">The matrix holds NaN or infinity.</exception>
    public static double[] Of(HostMatrix matrix, SvdBackend backend = SvdBackend.Automatic)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        matrix.RequireFinite("a matrix to decompose");
        return matrix.Rows == 0 || matrix.Columns == 0 ? []
            : Svd.Resolve(matrix, backend) == SvdBackend.Managed ? ManagedSvd.Values(matrix)
            : TorchSvd.Values(matrix);
    }
}
