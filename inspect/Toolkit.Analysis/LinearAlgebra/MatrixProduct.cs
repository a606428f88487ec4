using System.Numerics.Tensors;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Products of matrices in binary64: a plain loop for small ones, torch for large ones.</summary>
public static class MatrixProduct
{
    /// <summary>Multiplications below which the plain loop is used; libtorch then need not be loaded.</summary>
    private const long ManagedLimit = 1L << 22;

    /// <summary><c>A · B</c>.</summary>
    /// <param name="left">A, [m, n].</param>
    /// <param name="right">B, [n, p].</param>
    /// <returns>[m, p].</returns>
    /// <exception cref="ArgumentException">The inner extents differ.</exception>
    public static HostMatrix Of(HostMatrix left, HostMatrix right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.Columns != right.Rows)
        {
            throw new ArgumentException(
                $"[{left.Rows}, {left.Columns}] · [{right.Rows}, {right.Columns}]: the inner extents differ.",
                nameof(right));
        }

        if ((long)left.Rows * left.Columns * right.Columns > ManagedLimit)
        {
            return TorchSvd.Multiply(left, right);
        }

        var product = new HostMatrix(left.Rows, right.Columns);
        for (var row = 0; row < left.Rows; row++)
        {
            var target = product.Values.AsSpan(row * product.Columns, product.Columns);
            for (var inner = 0; inner < left.Columns; inner++)
            {
                TensorPrimitives.MultiplyAdd(right.Row(inner), left[row, inner], target, target);
            }
        }

        return product;
    }

    /// <summary><c>Aᵀ · B</c>, without transposing A in memory.</summary>
    /// <param name="left">A, [n, m].</param>
    /// <param name="right">B, [n, p].</param>
    /// <returns>[m, p].</returns>
    /// <exception cref="ArgumentException">The numbers of rows differ.</exception>
    public static HostMatrix OfTransposed(HostMatrix left, HostMatrix right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.Rows != right.Rows)
        {
            throw new ArgumentException(
                $"[{left.Rows}, {left.Columns}]ᵀ · [{right.Rows}, {right.Columns}]: the numbers of rows differ.",
                nameof(right));
        }

        if ((long)left.Rows * left.Columns * right.Columns > ManagedLimit)
        {
            return TorchSvd.TransposedMultiply(left, right);
        }

        var product = new HostMatrix(left.Columns, right.Columns);
        for (var inner = 0; inner < left.Rows; inner++)
        {
            for (var row = 0; row < left.Columns; row++)
            {
                var target = product.Values.AsSpan(row * product.Columns, product.Columns);
                TensorPrimitives.MultiplyAdd(right.Row(inner), left[inner, row], target, target);
            }
        }

        return product;
    }
}
