using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Toolkit.Analysis.Charts;
using Toolkit.Charts;

namespace Toolkit.Viewer.Charts;

/// <summary>
/// A chart as the page's script reads it: a JSON header in which every list of numbers is a reference, then the numbers
/// as raw little-endian floats, which the browser maps without parsing and in which NaN stays a gap.
/// </summary>
/// <remarks>
/// Layout: int32 length of the header, the header (UTF-8, padded with spaces so that the numbers start at a multiple of
/// 8), the numbers. A reference is <c>{"f4": [offset, count]}</c> (float32) or <c>{"f8": [offset, count]}</c>
/// (float64), offset in bytes from the start of the numbers; a matrix is <c>{"rows", "columns", "f4"}</c>.
/// </remarks>
internal sealed class ChartPayload
{
    private readonly ConditionalWeakTable<Utf8JsonWriter, Numbers> _numbers = [];
    private readonly JsonSerializerOptions _json;

    /// <summary>Creates the writer; it is used for any number of charts, from any thread.</summary>
    public ChartPayload() => _json = new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        Converters =
            { new JsonStringEnumConverter(
                JsonNamingPolicy.KebabCaseLower), new MatrixConverter(_numbers), new DoublesConverter(_numbers),
                new TextConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes a chart.</summary>
    public byte[] Write(ChartSpec chart)
    {
        using var header = new MemoryStream();
        var numbers = new Numbers();
        using (var writer = new Utf8JsonWriter(header))
        {
            _numbers.Add(writer, numbers);
            JsonSerializer.Serialize(
                writer, new { Chart = chart, Caption = chart.FullCaption, Palette = Palette.Instance }, _json);
        }

        while ((header.Length + sizeof(int)) % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        var payload = new byte[checked(sizeof(int) + header.Length + numbers.Length)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(payload, (int)header.Length);
        header.GetBuffer().AsSpan(0, (int)header.Length).CopyTo(payload.AsSpan(sizeof(int)));
        numbers.CopyTo(payload.AsSpan(sizeof(int) + (int)header.Length));
        return payload;
    }

    private sealed class Numbers
    {
        private readonly List<ReadOnlyMemory<byte>> _parts = [];

        public int Length { get; private set; }

        public int Add(ReadOnlyMemory<byte> bytes)
        {
            var offset = Length;
            _parts.Add(bytes);
            Length = checked((Length + bytes.Length + 7) / 8 * 8);
            return offset;
        }

        public void CopyTo(Span<byte> target)
        {
            var offset = 0;
            foreach (var part in _parts)
            {
                part.Span.CopyTo(target[offset..]);
                offset = (offset + part.Length + 7) / 8 * 8;
            }
        }
    }

    private sealed record Palette(string[] Diverging, string[] Sequential, string[] Categorical)
    {
        public static readonly Palette Instance = new(
            [.. ChartPalette.Diverging.Select(color => color.Hex)],
            [.. ChartPalette.Sequential.Select(color => color.Hex)],
            [.. ChartPalette.Categorical.Select(color => color.Hex)]);
    }

    private sealed class MatrixConverter(ConditionalWeakTable<Utf8JsonWriter, Numbers> numbers)
        : JsonConverter<ChartMatrix>
    {
        public override ChartMatrix Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A payload is only written.");

        public override void Write(Utf8JsonWriter writer, ChartMatrix value, JsonSerializerOptions options)
        {
            var bytes = MemoryMarshal.AsBytes(value.Values.Span).ToArray();
            writer.WriteStartObject();
            writer.WriteNumber("rows", value.Rows);
            writer.WriteNumber("columns", value.Columns);
            WriteReference(writer, "f4", numbers, bytes, value.Values.Length);
            writer.WriteEndObject();
        }
    }

    private sealed class DoublesConverter(ConditionalWeakTable<Utf8JsonWriter, Numbers> numbers)
        : JsonConverter<IReadOnlyList<double>>
    {
        public override IReadOnlyList<double> Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A payload is only written.");

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options)
        {
            double[] values = [.. value];
            writer.WriteStartObject();
            WriteReference(writer, "f8", numbers, MemoryMarshal.AsBytes<double>(values).ToArray(), values.Length);
            writer.WriteEndObject();
        }
    }

    /// <summary>
    /// Texts of a chart are made of names and words, and a name that turns the order of writing would turn the words
    /// behind it too: they are drawn here as in pictures.
    /// </summary>
    private sealed class TextConverter : JsonConverter<string>
    {
        public override string Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A payload is only written.");

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(SafeText.Clean(value));
    }

    private static void WriteReference(
        Utf8JsonWriter writer,
        string type,
        ConditionalWeakTable<Utf8JsonWriter, Numbers> numbers,
        byte[] bytes,
        int count)
    {
        numbers.TryGetValue(writer, out var target);
        writer.WriteStartArray(type);
        writer.WriteNumberValue(target!.Add(bytes));
        writer.WriteNumberValue(count);
        writer.WriteEndArray();
    }
}
