using System.Buffers;
using System.Runtime.InteropServices;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tensors;

namespace Toolkit.Charts.Runs;

/// <summary>Elements of tensors as float32, the type that charts draw.</summary>
internal static class Float32Values
{
    /// <summary>All elements, row-major; without a copy where they are float32.</summary>
    /// <exception cref="Formats.BadInputException">The elements are no numbers.</exception>
    public static ReadOnlyMemory<float> Of(HostTensor tensor, string name)
    {
        if (tensor.Type == ElementType.Float32)
        {
            return new CastMemory(tensor.Bytes).Memory;
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

    /// <summary>Bytes seen as float32: a value of many samples is too large to hold twice.</summary>
    private sealed class CastMemory(ReadOnlyMemory<byte> bytes) : MemoryManager<float>
    {
        public override Span<float> GetSpan() => MemoryMarshal.Cast<byte, float>(MemoryMarshal.AsMemory(bytes).Span);

        public override MemoryHandle Pin(int elementIndex = 0) =>
            throw new NotSupportedException("Charts do not pin what they draw.");

        public override void Unpin()
        {
        }

#pragma warning disable IDISP010 // The base method is abstract.
        protected override void Dispose(bool disposing)
#pragma warning restore IDISP010
        {
        }
    }
}
