using System.Runtime.InteropServices;
using System.Text.Json;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Conversion;

/// <summary>
/// The tensors of a checkpoint as parts of a table, every element exact, a part as large as its largest tensor or 64
/// MiB. One row per tensor: name, type, shape as JSON, sha256, and its elements, row-major, in one of three columns,
/// the others null: <c>values</c> for floating-point numbers (float64 where one tensor is; complex numbers as real
/// part, imaginary part, real part …), <c>integers</c> for signed integers, unsigned ones of up to 32 bits and truth
/// values, <c>unsigned</c> for uint64.
/// </summary>
internal static class TensorTable
{
    private const long PartBytes = 64 << 20;

    // One column of one part may not pass 2 GiB; every element takes up to 8 bytes there.
    private const long MaximumElements = int.MaxValue / sizeof(double);

    /// <summary>The parts, made one after the other.</summary>
    /// <exception cref="BadInputException">A tensor is too large for a Parquet file, or cannot be read; raised while
    /// enumerating.</exception>
    public static IEnumerable<Table> Of(
        Checkpoint checkpoint, IReadOnlyList<CheckpointTensor> tensors, Action<CheckpointTensor> starting)
    {
        var isWide = tensors.Any(static tensor => tensor.Type is ElementType.Float64 or ElementType.Complex128);
        var part = new List<CheckpointTensor>();
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            if (tensor.Shape.Count > MaximumElements)
            {
                throw new BadInputException(
                    $"{checkpoint.Name}: '{tensor.Name}' has {tensor.Shape.Count} elements; a column chunk of a "
                        + $"Parquet file takes {MaximumElements}. Convert to safetensors.");
            }

            if (bytes + tensor.SizeBytes > PartBytes && part.Count > 0)
            {
                yield return Part(checkpoint, part, isWide, starting);
                part.Clear();
                bytes = 0;
            }

            part.Add(tensor);
            bytes += tensor.SizeBytes;
        }

        yield return Part(checkpoint, part, isWide, starting);
    }

    private static Table Part(
        Checkpoint checkpoint, List<CheckpointTensor> tensors, bool isWide, Action<CheckpointTensor> starting)
    {
        return new Table(
            TableColumn.Create("name", (string?[])[.. tensors.Select(static tensor => tensor.Name)]),
            TableColumn.Create("type", (string?[])[.. tensors.Select(static tensor => tensor.Type.DisplayName())]),
            TableColumn.Create("shape", (string?[])[.. tensors.Select(
                static tensor => JsonSerializer.Serialize(tensor.Shape.Dimensions.ToArray()))]),
            TableColumn.Create("sha256", (string?[])[.. tensors.Select(tensor => checkpoint.Lineage(tensor).Sha256)]),
            isWide
                ? TableColumn.Create(
                    "values",
                    (double[]?[])[.. tensors.Select(tensor => IsReal(tensor.Type) ? Widen(Read(tensor)) : null)])
                : TableColumn.Create(
                    "values",
                    (float[]?[])[.. tensors.Select(tensor => IsReal(tensor.Type) ? Floats(Read(tensor)) : null)]),
            TableColumn.Create("integers", (long[]?[])[.. tensors.Select(
                tensor => !IsReal(tensor.Type) && tensor.Type != ElementType.UInt64 ? Integers(Read(tensor)) : null)]),
            TableColumn.Create("unsigned", (ulong[]?[])[.. tensors.Select(
                tensor => tensor.Type == ElementType.UInt64 ? Read(tensor).AsSpan<ulong>().ToArray() : null)]));

        HostTensor Read(CheckpointTensor tensor)
        {
            starting(tensor);
            return checkpoint.Read(tensor);
        }
    }

    private static bool IsReal(ElementType type) => SmallFloats.Has(type)
        || type is ElementType.Float32 or ElementType.Float64 or ElementType.Complex64 or ElementType.Complex128;

    private static float[] Floats(HostTensor tensor) => tensor.Type is ElementType.Float32 or ElementType.Complex64
        ? MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span).ToArray()
        : Elements(tensor, bits => SmallFloats.ToSingle(tensor.Type, bits));

    private static double[] Widen(HostTensor tensor) => tensor.Type is ElementType.Float64 or ElementType.Complex128
        ? MemoryMarshal.Cast<byte, double>(tensor.Bytes.Span).ToArray()
        : Array.ConvertAll(Floats(tensor), Widen);

    /// <summary>A conversion by the processor would make signalling NaNs quiet.</summary>
    private static double Widen(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? BitConverter.UInt64BitsToDouble(
                ((ulong)(bits & 0x80000000) << 32) | 0x7ff0000000000000 | ((ulong)(bits & 0x7fffff) << 29))
            : value;
    }

    private static long[] Integers(HostTensor tensor) => tensor.Type switch
    {
        ElementType.Int64 => tensor.AsSpan<long>().ToArray(),
        ElementType.Int32 => Array.ConvertAll(tensor.AsSpan<int>().ToArray(), static value => (long)value),
        ElementType.UInt32 => Array.ConvertAll(tensor.AsSpan<uint>().ToArray(), static value => (long)value),
        ElementType.Int16 => Elements(tensor, static bits => (long)(short)bits),
        ElementType.Int8 => Elements(tensor, static bits => (long)(sbyte)bits),
        ElementType.Int4 => Elements(tensor, static bits => (long)((bits ^ 8) - 8)),
        ElementType.Int2 => Elements(tensor, static bits => (long)((bits ^ 2) - 2)),
        _ => Elements(tensor, static bits => (long)bits),
    };

    /// <summary>Elements of 2 to 16 bits, packed ones unpacked from the lowest bits up.</summary>
    private static T[] Elements<T>(HostTensor tensor, Func<int, T> convert)
    {
        var bytes = tensor.Bytes.Span;
        var bits = tensor.Type.SizeBits();
        var result = new T[tensor.Shape.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var at = (long)i * bits;
            int word = bits == 16
                ? MemoryMarshal.Read<ushort>(bytes[(2 * i)..])
                : bytes[(int)(at / 8)] >> (int)(at % 8);
            result[i] = convert(word & ((1 << bits) - 1));
        }

        return result;
    }
}
