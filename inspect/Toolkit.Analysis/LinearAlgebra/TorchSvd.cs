using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Decompositions by torch.linalg in binary64. Tensors live in a scope of each call.</summary>
internal static class TorchSvd
{
    public static double[] Values(HostMatrix matrix)
    {
        using var scope = NewDisposeScope();
        return ToArray(linalg.svdvals(ToTorch(matrix)));
    }

    public static Svd Decompose(HostMatrix matrix)
    {
        using var scope = NewDisposeScope();
        var (left, values, right) = linalg.svd(ToTorch(matrix), fullMatrices: false);
        return new Svd(ToHost(left), ToArray(values), ToHost(right));
    }

    /// <summary>
    /// The upper triangular factor R of A = Q · R, [columns, columns], for a matrix with at least as many rows as
    /// columns.
    /// </summary>
    public static HostMatrix UpperFactor(HostMatrix tall)
    {
        using var scope = NewDisposeScope();
        return ToHost(linalg.qr(ToTorch(tall), linalg.QRMode.R).R);
    }

    public static HostMatrix Orthonormalize(HostMatrix tall)
    {
        using var scope = NewDisposeScope();
        return ToHost(linalg.qr(ToTorch(tall), linalg.QRMode.Reduced).Q);
    }

    public static HostMatrix Multiply(HostMatrix left, HostMatrix right)
    {
        using var scope = NewDisposeScope();
        return ToHost(matmul(ToTorch(left), ToTorch(right)));
    }

    public static HostMatrix TransposedMultiply(HostMatrix left, HostMatrix right)
    {
        using var scope = NewDisposeScope();
        return ToHost(matmul(ToTorch(left).t(), ToTorch(right)));
    }

    private static Tensor ToTorch(HostMatrix matrix) =>
        tensor(matrix.Values, [matrix.Rows, matrix.Columns], ScalarType.Float64);

    private static HostMatrix ToHost(Tensor tensor) =>
        new((int)tensor.shape[0], (int)tensor.shape[1], ToArray(tensor));

    private static double[] ToArray(Tensor tensor)
    {
        var values = new double[tensor.numel()];
        using var contiguous = tensor.contiguous();
        contiguous.data<double>().CopyTo(values);
        return values;
    }
}
