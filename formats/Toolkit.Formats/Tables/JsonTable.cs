using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolkit.Formats.Tables;

/// <summary>
/// Tables as a JSON array with one object per row, the column names as they are. JSON has no NaN and no infinities:
/// they are written as the strings "NaN", "Infinity", "-Infinity". A missing value is null, a list an array.
/// </summary>
public static class JsonTable
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The final path; its folder is created where missing.</param>
    /// <param name="table">The table.</param>
    public static void Write(string path, Table table) => AtomicFile.Write(path, stream => Write(stream, table));

    /// <summary>Writes a table as one JSON array.</summary>
    /// <param name="stream">Takes UTF-8 text; stays open.</param>
    /// <param name="table">The table.</param>
    public static void Write(Stream stream, Table table)
    {
        using var writer = new Utf8JsonWriter(stream, Options);
        WriteRows(writer, table);
    }

    /// <summary>Writes a table as one JSON array into a larger document.</summary>
    /// <param name="writer">Where a value is expected.</param>
    /// <param name="table">The table.</param>
    public static void WriteRows(Utf8JsonWriter writer, Table table)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(table);
        writer.WriteStartArray();
        for (var row = 0; row < table.RowCount; row++)
        {
            writer.WriteStartObject();
            foreach (var column in table.Columns)
            {
                writer.WritePropertyName(column.Name);
                WriteValue(writer, column.ValueAt(row));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                WriteNumber(writer, number);
                break;
            case float number:
                WriteNumber(writer, number);
                break;
            case double[] list:
                WriteList(writer, list, WriteNumber);
                break;
            case float[] list:
                WriteList(writer, list, WriteNumber);
                break;
            case long[] list:
                WriteList(writer, list, static (json, number) => json.WriteNumberValue(number));
                break;
            case ulong[] list:
                WriteList(writer, list, static (json, number) => json.WriteNumberValue(number));
                break;
            default:
                throw new NotSupportedException($"A value of type {value.GetType().Name} has no JSON form here.");
        }
    }

    private static void WriteList<T>(Utf8JsonWriter writer, T[] list, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (var number in list)
        {
            write(writer, number);
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, double number)
    {
        if (double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(CsvTable.Text(number));
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, float number)
    {
        if (float.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(CsvTable.Text(number));
        }
    }
}
