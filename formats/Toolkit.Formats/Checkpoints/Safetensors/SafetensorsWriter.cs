using System.Buffers.Binary;
using System.Text.Json;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Safetensors;

/// <summary>
/// Writes safetensors files: the header padded so that the elements start at a multiple of 64, tensors ordered by
/// alignment, then by name.
/// </summary>
public static class SafetensorsWriter
{
    // The format asks for 8. Copies out of the page cache took twice the time where source and target lie differently
    // in a cache line.
    private const int Alignment = 64;

    /// <summary>Writes a file, whole or not at all. Tensors are streamed one after the other.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors, names unique.</param>
    /// <param name="metadata">Text for the header's <c>__metadata__</c>; none when null.</param>
    /// <exception cref="BadInputException">safetensors has no such element type; the message names the
    /// tensor.</exception>
    public static void Write(
        string path, IReadOnlyList<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var ordered = tensors
            .OrderByDescending(tensor => tensor.Type.SizeBits())
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal)
            .ToList();
        var header = Header(Path.GetFileName(path), ordered, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in ordered)
            {
                var start = stream.Position;
                tensor.WriteBytes(stream);
                if (stream.Position - start != tensor.SizeBytes)
                {
                    throw new InvalidOperationException(
                        $"'{tensor.Name}' wrote {stream.Position - start} bytes instead of {tensor.SizeBytes}.");
                }
            }
        });
    }

    /// <summary>Writes a file of tensors in memory, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name and tensor.</param>
    /// <param name="metadata">Text for the header's <c>__metadata__</c>; none when null.</param>
    /// <exception cref="BadInputException">safetensors has no such element type; the message names the
    /// tensor.</exception>
    public static void Write(
        string path,
        IEnumerable<KeyValuePair<string, HostTensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(path, [.. tensors.Select(pair => TensorToWrite.From(pair.Key, pair.Value))], metadata);

    private static byte[] Header(
        string file, List<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(
            json,
            new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(key, value);
                }

                writer.WriteEndObject();
            }

            var at = 0L;
            foreach (var tensor in tensors)
            {
                if (tensor.Name == "__metadata__")
                {
                    throw new BadInputException(
                        $"{file}: a tensor is called '__metadata__', a name that safetensors keeps for itself. Convert "
                            + "to npz or Parquet, or name the tensors to take with --tensors.");
                }

                if (!names.Add(tensor.Name))
                {
                    throw new ArgumentException($"The name '{tensor.Name}' occurs twice.", nameof(tensors));
                }

                var type = SafetensorsType.Describe(tensor.Type) ?? throw new BadInputException(
                    $"{file}: '{tensor.Name}' is {tensor.Type.DisplayName()}, which safetensors does not have. "
                        + "Convert to npz or Parquet, or cast it first.");
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", type);
                writer.WriteStartArray("shape");
                foreach (var extent in tensor.Shape.Dimensions)
                {
                    writer.WriteNumberValue(extent);
                }

                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(at);
                writer.WriteNumberValue(at += tensor.SizeBytes);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        while ((8 + json.Length) % Alignment != 0)
        {
            json.WriteByte((byte)' ');
        }

        return json.Length <= SafetensorsFormat.MaxHeaderBytes
            ? json.ToArray()
            : throw new BadInputException(
                $"{file}: {tensors.Count} tensors make a header of {json.Length} bytes; the format allows "
                    + $"{SafetensorsFormat.MaxHeaderBytes}.");
    }
}
