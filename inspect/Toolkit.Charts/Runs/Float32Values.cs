using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tensors;

namespace Toolkit.Charts.Runs;

/// <summary>Elements of tensors as float32, the type that charts draw.</summary>
internal static class Float32Values
{
    /// <summary>All elements, row-major; without a copy where they are float32 in managed memory.</summary>
    /// <exception cref="Formats.BadInputException">The elements are no numbers.</exception>
    public static float[] Of(HostTensor tensor, string name)
    {
        if (tensor.Type == ElementType.Float32)
        {
            return MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span).ToArray();
        }

        try
        {
            return Array.ConvertAll(TensorNumbers.ToFloat64(tensor), value => (float)value);
        }
        catch (Formats.BadInputException bad)
        {
            throw new Formats.BadInputException($"'{name}': {bad.Message}", bad);
        }
    }
}
