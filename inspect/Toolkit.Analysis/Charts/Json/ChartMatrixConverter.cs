using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolkit.Analysis.Charts.Json;

/// <summary>
/// A matrix as <c>{"rows", "columns", "float32": base64}</c>, or with <c>"reference"</c> in place of the values.
/// </summary>
internal sealed class ChartMatrixConverter : JsonConverter<ChartMatrix>
{
    public override ChartMatrix Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        int rows = -1, columns = -1;
        float[]? values = null;
        string? reference = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A matrix is an object with rows, columns, and float32 or reference.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "rows": rows = reader.GetInt32(); break;
                case "columns": columns = reader.GetInt32(); break;
                case "reference": reference = reader.GetString(); break;
                case "float32":
                    values = reader.TokenType == JsonTokenType.String
                        && reader.TryGetBytesFromBase64(out var bytes)
                        && bytes.Length % 4 == 0
                        ? MemoryMarshal.Cast<byte, float>(bytes).ToArray()
                        : throw new JsonException("The values of a matrix are base64 of little-endian float32.");
                    break;
                default: throw new JsonException(
                    $"A matrix has no '{name}'; it has rows, columns, and float32 or reference.");
            }
        }

        if (rows < 0 || columns < 0 || (values is null) == (reference is null))
        {
            throw new JsonException("A matrix needs rows and columns, at least 0, and either float32 or reference.");
        }

        if (values is not null && values.LongLength != (long)rows * columns)
        {
            throw new JsonException(
                $"A matrix of {rows} × {columns} has {values.Length} values; it needs {(long)rows * columns}.");
        }

        return values is not null
            ? new ChartMatrix(rows, columns, values)
            : ChartMatrix.ByReference(rows, columns, reference!);
    }

    public override void Write(Utf8JsonWriter writer, ChartMatrix value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("rows", value.Rows);
        writer.WriteNumber("columns", value.Columns);
        if (value.Reference is not null)
        {
            writer.WriteString("reference", value.Reference);
        }
        else
        {
            writer.WriteBase64String("float32", MemoryMarshal.AsBytes(value.Values.Span));
        }

        writer.WriteEndObject();
    }
}
