using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Representations;

/// <summary>Reads numbers out of tensors through their memory.</summary>
/// <remarks>
/// Not through torch's scalars: TorchSharp's Scalar has a finaliser that may run while the native call still reads it,
/// which shows as a rare "toDouble" failure under memory pressure. For the same reason loops here pass tensors or kept
/// scalars, never fresh numbers.
/// </remarks>
internal static class TensorReading
{
    public static double Number(this Tensor tensor)
    {
        var value = MemoryMarshal.Cast<byte, double>(tensor.bytes)[0];
        GC.KeepAlive(tensor);
        return value;
    }

    public static long WholeNumber(this Tensor tensor)
    {
        var value = MemoryMarshal.Cast<byte, long>(tensor.bytes)[0];
        GC.KeepAlive(tensor);
        return value;
    }

    /// <summary>All numbers of a float64 tensor, row-major.</summary>
    public static double[] Numbers(this Tensor tensor)
    {
        using var contiguous = tensor.contiguous();
        var values = MemoryMarshal.Cast<byte, double>(contiguous.bytes).ToArray();
        GC.KeepAlive(contiguous);
        return values;
    }

    /// <summary>log(1 + eˣ), accurate for x of any size and sign.</summary>
    public static Tensor Softplus(this Tensor x) => x.relu().PlusInPlace(x.abs().neg_().exp_().log1p_());
}
