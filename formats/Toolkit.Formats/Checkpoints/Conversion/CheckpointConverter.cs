using System.Runtime.InteropServices;
using System.Text.Json;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Conversion;

/// <summary>Writes the tensors of a checkpoint in another format: every bit as it was, or an error that names the tensor.</summary>
public static class CheckpointConverter
{
    /// <summary>Converts.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="path">The file; its extension says the format: .safetensors, .npz, .npy, .parquet.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left then.</param>
    /// <exception cref="BadInputException">The extension is not known, a tensor cannot be read, or the format lacks an element type.</exception>
    public static void Convert(Checkpoint checkpoint, string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!checkpoint.Unreadable.IsEmpty)
        {
            var first = checkpoint.Unreadable[0];
            throw new BadInputException($"{checkpoint.Name}: '{first.Name}' cannot be converted: {first.Reason}");
        }

        var tensors = checkpoint.Tensors.Select(tensor => TensorToWrite.From(checkpoint, tensor) with
        {
            WriteBytes = stream =>
            {
                cancellation.ThrowIfCancellationRequested();
                checkpoint.CopyTo(tensor, stream);
            },
        }).ToList();
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".safetensors":
                SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["source"] = checkpoint.Name, ["source_format"] = checkpoint.Format });
                break;
            case ".npz":
                NpzWriter.Write(path, tensors);
                break;
            case ".npy" when checkpoint.Tensors.Length == 1:
                NpyWriter.Write(path, checkpoint.Read(checkpoint.Tensors[0]));
                break;
            case ".npy":
                throw new BadInputException($"{checkpoint.Name} has {checkpoint.Tensors.Length} tensors; a .npy file holds one. Convert to .npz.");
            case ".parquet":
                ParquetTable.Write(path, ToTable(checkpoint, cancellation));
                break;
            case var other:
                throw new BadInputException($"{path}: '{other}' is not a format that can be written. Known: .safetensors, .npz, .npy, .parquet.");
        }
    }

    /// <summary>
    /// One row per tensor: name, type, shape as JSON, sha256, and the elements, bit-exact: <c>values</c> for floating-point numbers (float64 where one
    /// of them is), <c>integers</c> for integers and truth values; the other one is null.
    /// </summary>
    private static Table ToTable(Checkpoint checkpoint, CancellationToken cancellation)
    {
        foreach (var tensor in checkpoint.Tensors)
        {
            if (!IsFloat(tensor.Type) && !IsInteger(tensor.Type))
            {
                throw new BadInputException(
                    $"{checkpoint.Name}: '{tensor.Name}' is {tensor.Type.DisplayName()}, which no Parquet column written here holds exactly. Convert to safetensors or npz.");
            }
        }

        var tensors = checkpoint.Tensors;
        var isWide = tensors.Any(static tensor => tensor.Type == ElementType.Float64);
        return new Table(
            TableColumn.Create("name", (string?[])[.. tensors.Select(static tensor => tensor.Name)]),
            TableColumn.Create("type", (string?[])[.. tensors.Select(static tensor => tensor.Type.DisplayName())]),
            TableColumn.Create("shape", (string?[])[.. tensors.Select(static tensor => JsonSerializer.Serialize(tensor.Shape.Dimensions.ToArray()))]),
            TableColumn.Create("sha256", (string?[])[.. tensors.Select(tensor => checkpoint.Lineage(tensor).Sha256)]),
            isWide
                ? TableColumn.Create("values", (double[]?[])[.. tensors.Select(tensor => IsFloat(tensor.Type) ? Widen(Read(tensor)) : null)])
                : TableColumn.Create("values", (float[]?[])[.. tensors.Select(tensor => IsFloat(tensor.Type) ? Floats(Read(tensor)) : null)]),
            TableColumn.Create("integers", (long[]?[])[.. tensors.Select(tensor => IsInteger(tensor.Type) ? Integers(Read(tensor)) : null)]));

        HostTensor Read(CheckpointTensor tensor)
        {
            cancellation.ThrowIfCancellationRequested();
            return checkpoint.Read(tensor);
        }
    }

    private static bool IsFloat(ElementType type) => type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16;

    private static bool IsInteger(ElementType type) => type is ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16
        or ElementType.Int32 or ElementType.UInt32 or ElementType.Int64 or ElementType.Boolean;

    private static float[] Floats(HostTensor tensor) => tensor.Type switch
    {
        ElementType.Float16 => Cast<Half, float>(tensor, static value => (float)value),
        ElementType.BFloat16 => Cast<ushort, float>(tensor, static value => BitConverter.UInt32BitsToSingle((uint)value << 16)),
        _ => tensor.AsSpan<float>().ToArray(),
    };

    private static double[] Widen(HostTensor tensor) => tensor.Type == ElementType.Float64
        ? tensor.AsSpan<double>().ToArray()
        : Array.ConvertAll(Floats(tensor), static value => (double)value);

    private static long[] Integers(HostTensor tensor) => tensor.Type switch
    {
        ElementType.Int8 => Cast<sbyte, long>(tensor, static value => value),
        ElementType.Int16 => Cast<short, long>(tensor, static value => value),
        ElementType.UInt16 => Cast<ushort, long>(tensor, static value => value),
        ElementType.Int32 => Cast<int, long>(tensor, static value => value),
        ElementType.UInt32 => Cast<uint, long>(tensor, static value => value),
        ElementType.Int64 => tensor.AsSpan<long>().ToArray(),
        _ => Cast<byte, long>(tensor, static value => value),
    };

    private static TTo[] Cast<TFrom, TTo>(HostTensor tensor, Func<TFrom, TTo> convert)
        where TFrom : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, TFrom>(tensor.Bytes.Span);
        var result = new TTo[source.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = convert(source[i]);
        }

        return result;
    }
}
