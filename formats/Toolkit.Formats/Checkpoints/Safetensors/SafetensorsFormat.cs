using System.Buffers.Binary;
using System.Text.Json;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Safetensors;

/// <summary>safetensors: eight bytes of length, a JSON header, the elements without a hole.</summary>
/// <remarks>Source: the README of huggingface/safetensors, whose rules are all enforced.</remarks>
internal sealed class SafetensorsFormat : ICheckpointFormat
{
    /// <summary>The format's own limit.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    public bool Recognises(ByteSource source)
    {
        if (source.Length < 10)
        {
            return false;
        }

        // A header that starts with a brace is one, whatever its length says: Read explains what is wrong with the
        // length.
        Span<byte> first = stackalloc byte[10];
        source.Read(0, first);
        return first[8] == (byte)'{' && first[9] is (byte)'"' or (byte)'}' or (byte)' ' or (byte)'\n';
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "safetensors";
        var content = new CheckpointContent(source.Name, limits);
        ReadInto(content, source, limits);
        return content;
    }

    /// <summary>Adds the tensors of one file.</summary>
    public static void ReadInto(CheckpointContent content, ByteSource source, CheckpointLimits limits)
    {
        Span<byte> prefix = stackalloc byte[8];
        source.Read(0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)Math.Min(MaxHeaderBytes, limits.MaxTableBytes))
        {
            throw new BadInputException(
                $"{source.Name}: a header of {length} bytes; at most {MaxHeaderBytes} are allowed.");
        }

        if ((long)length > source.Length - 8)
        {
            throw new BadInputException(
                $"{source.Name}: a header of {length} bytes, but the file has {source.Length}: it is truncated.");
        }

        var header = source.ReadBytes(8, (long)length);
        if (header.Length == 0 || header[0] != (byte)'{')
        {
            throw new BadInputException($"{source.Name}: the header does not start with '{{'.");
        }

        var entries = Parse(header, source.Name, content);
        var dataStart = 8 + (long)length;
        entries.Sort(static (a, b) => (a.Start, a.End).CompareTo((b.Start, b.End)));
        var at = 0L;
        foreach (var entry in entries)
        {
            if (entry.Start != at || entry.End < entry.Start)
            {
                throw new BadInputException(
                    $"{source.Name}: '{entry.Name}' lies at {entry.Start} to {entry.End}; it should start at {at}, "
                        + "where the one before ends: no holes, no overlaps.");
            }

            at = entry.End;
        }

        if (at != source.Length - dataStart)
        {
            throw new BadInputException(
                $"{source.Name}: the tensors end at byte {at} of the data, the file has {source.Length - dataStart}: "
                    + "it is truncated or has bytes that belong to nothing.");
        }

        foreach (var entry in entries)
        {
            Add(content, source, dataStart, entry);
        }
    }

    private static void Add(CheckpointContent content, ByteSource source, long dataStart, Entry entry)
    {
        var type = SafetensorsType.Parse(entry.Type);
        if (type == ElementType.Undefined)
        {
            content.AddUnreadable(entry.Name, $"the element type '{entry.Type}' is not known.");
            return;
        }

        var shape = CheckedShape.Create($"{source.Name}: '{entry.Name}'", entry.Shape);
        long size;
        try
        {
            size = type.SizeBytes(shape.Count);
        }
        catch (OverflowException overflow)
        {
            throw new BadInputException(
                $"{source.Name}: '{entry.Name}' {shape} has a size that no file can have.", overflow);
        }

        if (size != entry.End - entry.Start)
        {
            throw new BadInputException(
                $"{source.Name}: '{entry.Name}' {entry.Type} {shape} takes {size} bytes, its offsets give "
                    + $"{entry.End - entry.Start}.");
        }

        var name = $"{source.Name}@{entry.Start}";
        content.Add(new CheckpointTensor(
            entry.Name, type, shape, new SourceStorage(name, source, dataStart + entry.Start, size))
        {
            SourceType = entry.Type,
        });
    }

    private static List<Entry> Parse(byte[] header, string where, CheckpointContent content)
    {
        var entries = new List<Entry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 8 });
            Expect(ref reader, JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!names.Add(name))
                {
                    throw new BadInputException($"{where}: the name '{name}' occurs twice in the header.");
                }

                if (name == "__metadata__")
                {
                    ReadMetadata(ref reader, content);
                }
                else
                {
                    entries.Add(ReadEntry(ref reader, name));
                }
            }

            // Writers pad the header with spaces; anything else behind it is refused by the reader itself.
            while (reader.Read())
            {
            }
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or FormatException)
        {
            throw new BadInputException(
                $"{where}: the header is not the JSON of safetensors ({damaged.Message}).", damaged);
        }

        return entries;
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "dtype" when type is null:
                    reader.Read();
                    type = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader);
                    break;
                default:
                    throw new JsonException($"'{name}' has a field that is unknown or there twice");
            }
        }

        return type is not null && shape is not null && offsets is { Length: 2 }
            ? new Entry(name, type, shape, offsets[0], offsets[1])
            : throw new JsonException($"'{name}' needs dtype, shape and two data_offsets");
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader)
    {
        var numbers = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var number = reader.GetInt64();
            numbers.Add(number >= 0 ? number : throw new JsonException("a negative number"));
        }

        return [.. numbers];
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, CheckpointContent content)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            content.Metadata[key] = reader.GetString() ?? throw new JsonException("metadata that is no text");
        }
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw new JsonException($"{type} was expected at byte {reader.TokenStartIndex}");
        }
    }

    private sealed record Entry(string Name, string Type, long[] Shape, long Start, long End);
}
