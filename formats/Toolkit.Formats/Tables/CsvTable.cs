using System.Globalization;

namespace Toolkit.Formats.Tables;

/// <summary>
/// Tables as comma-separated text after RFC 4180, with a header line, lines ending in LF, invariant numbers that read
/// back to the same value, <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>, <c>true</c>/<c>false</c>; a missing value is
/// an empty field and an empty text a quoted one. A list is one field: <c>[1,2.5]</c>.
/// </summary>
public static class CsvTable
{
    /// <summary>Writes a file whole or not at all (UTF-8, no byte order mark).</summary>
    /// <param name="path">The final path; its folder is created where missing.</param>
    /// <param name="table">The table.</param>
    public static void Write(string path, Table table) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        Write(writer, table);
    });

    /// <summary>Writes a table as text.</summary>
    /// <param name="writer">Takes the text; stays open.</param>
    /// <param name="table">The table.</param>
    public static void Write(TextWriter writer, Table table)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(table);
        writer.Write(string.Join(',', table.Columns.Select(column => Quote(column.Name))));
        writer.Write('\n');
        for (var row = 0; row < table.RowCount; row++)
        {
            for (var column = 0; column < table.Columns.Count; column++)
            {
                if (column > 0)
                {
                    writer.Write(',');
                }

                writer.Write(Quote(Text(table.Columns[column].ValueAt(row))));
            }

            writer.Write('\n');
        }
    }

    internal static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        bool truth => truth ? "true" : "false",
        double[] list => $"[{string.Join(',', list.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}]",
        long[] list => $"[{string.Join(',', list)}]",
        ulong[] list => $"[{string.Join(',', list)}]",
        float[] list => $"[{string.Join(',', list.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static string? Quote(string? field)
    {
        if (field is null)
        {
            return null;
        }

        return field.Length == 0 || field.AsSpan().IndexOfAny("\",\r\n") >= 0
            || char.IsWhiteSpace(field[0]) || char.IsWhiteSpace(field[^1])
            ? $"\"{field.Replace("\"", "\"\"")}\""
            : field;
    }
}
