using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>Sums of tensors for code that runs on several threads.</summary>
/// <remarks>
/// TorchSharp's <c>a + b</c> and <c>a.add_(b)</c> pass a fresh <see cref="Scalar"/> (the factor 1) to native code,
/// whose finaliser frees it during the call where another thread makes the garbage collector run: one analysis in some
/// hundred failed with "toDouble". Here the scalar is kept. Differences and products of tensors pass none.
/// </remarks>
internal static class TensorSums
{
    private static readonly Scalar One = 1;

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>left := left + right.</summary>
    public static Tensor PlusInPlace(this Tensor left, Tensor right) => left.add_(right, One);
}
