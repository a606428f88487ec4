using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolkit.Analysis.Charts.Json;

/// <summary>
/// Numbers of which some may be missing: NaN is written as null, infinities as "Infinity" and "-Infinity".
/// </summary>
internal sealed class GapNumberConverter : JsonConverter<IReadOnlyList<double>>
{
    public override IReadOnlyList<double> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("Expected a list of numbers.");
        }

        var numbers = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(reader.TokenType switch
            {
                JsonTokenType.Null => double.NaN,
                JsonTokenType.Number => reader.GetDouble(),
                JsonTokenType.String when reader.ValueTextEquals("Infinity") => double.PositiveInfinity,
                JsonTokenType.String when reader.ValueTextEquals("-Infinity") => double.NegativeInfinity,
                _ => throw new JsonException("Expected a number, null for a gap, \"Infinity\" or \"-Infinity\"."),
            });
        }

        return numbers;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var number in value)
        {
            if (double.IsNaN(number))
            {
                writer.WriteNullValue();
            }
            else if (double.IsInfinity(number))
            {
                writer.WriteStringValue(number > 0 ? "Infinity" : "-Infinity");
            }
            else
            {
                writer.WriteNumberValue(number);
            }
        }

        writer.WriteEndArray();
    }
}
