using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Onnx;

/// <summary>Constant tensors of a model, to and from memory.</summary>
public static class OnnxTensor
{
    /// <summary>Reads a tensor of numbers, wherever its data lies.</summary>
    /// <param name="tensor">The tensor; not of text.</param>
    /// <param name="folder">The model's folder, for external data.</param>
    /// <param name="where">What messages call the tensor: file and name.</param>
    /// <returns>The tensor; the data is copied only where the file keeps it unpacked.</returns>
    /// <exception cref="BadInputException">Type, shape and data do not fit, or the external data cannot be
    /// read.</exception>
    public static HostTensor Read(TensorProto tensor, string folder, string where)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var type = ElementTypeOf(tensor, where);
        if (type == ElementType.Text)
        {
            throw new BadInputException($"{where}: holds text; a tensor of numbers was expected.");
        }

        var shape = ShapeOf(tensor, where);
        long expected;
        try
        {
            expected = type.SizeBytes(shape.Count);
        }
        catch (OverflowException overflow)
        {
            throw new BadInputException(
                $"{where}: {type.DisplayName()} {shape} is larger than any memory. The model is damaged; export "
                    + "it again.", overflow);
        }

        if (expected > Array.MaxLength)
        {
            throw new BadInputException(
                $"{where}: {type.DisplayName()} {shape} takes {expected} bytes; one tensor in memory ends at 2 GiB.");
        }

        var data = tensor.DataLocation == TensorProto.Types.DataLocation.External
            ? ReadExternal(tensor, folder, where, expected)
            : tensor.HasRawData ? tensor.RawData.Memory : Pack(tensor, type, shape.Count, where);
        return data.Length == expected
            ? new HostTensor(type, shape, data)
            : throw new BadInputException(
                $"{where}: {type.DisplayName()} {shape} takes {expected} bytes, {data.Length} are there. The model "
                    + "is damaged; export it again.");
    }

    /// <summary>Reads a tensor of text.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="where">What messages call the tensor: file and name.</param>
    /// <returns>The elements, row-major.</returns>
    /// <exception cref="BadInputException">It holds numbers, or more or fewer elements than its shape says.</exception>
    public static string[] ReadText(TensorProto tensor, string where)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var shape = ShapeOf(tensor, where);
        return ElementTypeOf(tensor, where) != ElementType.Text || tensor.StringData.Count != shape.Count
            ? throw new BadInputException(
                $"{where}: {shape.Count} elements of text were expected, {tensor.StringData.Count} are there.")
            : [.. tensor.StringData.Select(static bytes => Encoding.UTF8.GetString(bytes.Span))];
    }

    /// <summary>Makes a constant of a model from a tensor; the bytes are shared, not copied.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="tensor">The elements.</param>
    /// <returns>The constant, with raw data.</returns>
    public static TensorProto Write(string name, HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var result = new TensorProto
        {
            Name = name,
            DataType = (int)tensor.Type,
            RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes),
        };
        result.Dims.AddRange(tensor.Shape.Dimensions.ToArray());
        return result;
    }

    /// <summary>The element type of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="where">What messages call the tensor: file and name.</param>
    /// <returns>The type; never <see cref="ElementType.Undefined"/>.</returns>
    /// <exception cref="BadInputException">The number is none of ONNX's types.</exception>
    public static ElementType ElementTypeOf(TensorProto tensor, string where)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var type = (ElementType)tensor.DataType;
        return type == ElementType.Undefined || !Enum.IsDefined(type)
            ? throw new BadInputException(
                $"{where}: element type {tensor.DataType} is unknown; 1 to {(int)ElementType.Int2} are ONNX's.")
            : type;
    }

    /// <summary>The shape of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="where">What messages call the tensor: file and name.</param>
    /// <returns>The shape.</returns>
    /// <exception cref="BadInputException">An extent is negative, or the number of elements does not fit 63
    /// bits.</exception>
    public static TensorShape ShapeOf(TensorProto tensor, string where)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        try
        {
            return new TensorShape([.. tensor.Dims]);
        }
        catch (Exception fault) when (fault is OverflowException or ArgumentOutOfRangeException)
        {
            throw new BadInputException(
                $"{where}: shape [{string.Join(", ", tensor.Dims)}] is impossible. The model is damaged; export "
                    + "it again.",
                fault);
        }
    }

    private static ReadOnlyMemory<byte> ReadExternal(TensorProto tensor, string folder, string where, long expected)
    {
        var reference = ExternalDataReference.Resolve(tensor, folder, where);
        if (reference.Length != expected)
        {
            throw new BadInputException(
                $"{where}: takes {expected} bytes, its external data has {reference.Length}. Get both files again.");
        }

        var bytes = new byte[expected];
        using var file = File.OpenHandle(reference.Path);
        for (var done = 0L; done < expected;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan((int)done), reference.Offset + done);
            done += read > 0
                ? read
                : throw new BadInputException($"{where}: its external data ended early. Get the file again.");
        }

        return bytes;
    }

    /// <summary>Packs the elements that a file keeps as one number each.</summary>
    private static byte[] Pack(TensorProto tensor, ElementType type, long count, string where)
    {
        var bits = type.SizeBits();
        return type switch
        {
            ElementType.Float32 or ElementType.Complex64 => Copy<float>(Checked(tensor.FloatData)),
            ElementType.Float64 or ElementType.Complex128 => Copy<double>(Checked(tensor.DoubleData)),
            ElementType.Int64 => Copy<long>(Checked(tensor.Int64Data)),
            ElementType.UInt64 => Copy<ulong>(Checked(tensor.Uint64Data)),
            ElementType.UInt32 =>
                Copy<uint>([.. Checked(tensor.Uint64Data).Select(static value => unchecked((uint)value))]),
            ElementType.Int32 => Copy<int>(Checked(tensor.Int32Data)),
            _ when bits == 16 =>
                Copy<ushort>([.. Checked(tensor.Int32Data).Select(static value => unchecked((ushort)value))]),

            // From 4 bits down, a number of the file holds one byte of packed elements.
            _ => Copy<byte>(
                [.. Checked(tensor.Int32Data, type.SizeBytes(count)).Select(static value => unchecked((byte)value))]),
        };

        IReadOnlyCollection<T> Checked<T>(IReadOnlyCollection<T> values, long? wanted = null)
        {
            var expected = wanted
                ?? checked(type is ElementType.Complex64 or ElementType.Complex128 ? 2 * count : count);
            return values.Count == expected
                ? values
                : throw new BadInputException(
                    $"{where}: {expected} elements of {type.DisplayName()} were expected, {values.Count} are there. "
                        + "The model is damaged; export it again.");
        }
    }

    private static byte[] Copy<T>(IReadOnlyCollection<T> values)
        where T : unmanaged
    {
        var array = values as T[] ?? [.. values];
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Tensors are read on little-endian machines only.");
        }

        return MemoryMarshal.AsBytes(array.AsSpan()).ToArray();
    }
}
