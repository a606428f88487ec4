using System.Collections;
using System.Globalization;
using System.Numerics;
using DuckDB.NET.Data;
using Toolkit.Formats.Tables;

namespace Toolkit.Query;

/// <summary>Rows of DuckDB as columns of ours.</summary>
internal static class QueryRows
{
    public static QueryResult Read(DuckDBDataReader reader, int maximumRows, CancellationToken cancellation)
    {
        var names = UniqueNames(reader);
        var columns = names.Select(_ => new List<object?>()).ToArray();
        var rows = 0;
        var isTruncated = false;
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (rows == maximumRows)
            {
                isTruncated = true;
                break;
            }

            for (var index = 0; index < columns.Length; index++)
            {
                columns[index].Add(reader.IsDBNull(index) ? null : reader.GetValue(index));
            }

            rows++;
        }

        return new QueryResult(
            new Table([.. names.Select((name, index) => Column(name, reader.GetFieldType(index), columns[index]))]),
            isTruncated);
    }

    private static string[] UniqueNames(DuckDBDataReader reader)
    {
        var names = new string[reader.FieldCount];
        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < names.Length; index++)
        {
            var name = reader.GetName(index) is { Length: > 0 } given ? given : $"column{index}";
            names[index] = name;
            for (var copy = 1; !used.Add(names[index]); copy++)
            {
                names[index] = $"{name}_{copy}";
            }
        }

        return names;
    }

    private static TableColumn Column(string name, Type type, List<object?> values)
    {
        if (type == typeof(bool))
        {
            return TableColumn.Create(name, values.Select(value => (bool?)value).ToArray());
        }

        if (type == typeof(float))
        {
            return TableColumn.Create(name, values.Select(value => (float?)value).ToArray());
        }

        if (type == typeof(double) || type == typeof(decimal))
        {
            return TableColumn.Create(name, values
                .Select(value => value is null ? (double?)null : Convert.ToDouble(value, CultureInfo.InvariantCulture))
                .ToArray());
        }

        if (IsInteger(type) && values.TrueForAll(FitsInt64))
        {
            return TableColumn.Create(name, values.Select(ToInt64).ToArray());
        }

        return values.Exists(value => value is not null)
            && values.TrueForAll(value => value is null || IsNumberList(value))
            ? TableColumn.Create(name, values.Select(ToNumbers).ToArray())
            : TableColumn.Create(name, values.Select(ToText).ToArray());
    }

    private static bool IsInteger(Type type) =>
        type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(sbyte)
            || type == typeof(ulong)
            || type == typeof(uint) || type == typeof(ushort) || type == typeof(byte) || type == typeof(BigInteger);

    private static bool FitsInt64(object? value) => value switch
    {
        ulong number => number <= long.MaxValue,
        BigInteger number => number >= long.MinValue && number <= long.MaxValue,
        _ => true,
    };

    private static long? ToInt64(object? value) => value switch
    {
        null => null,
        BigInteger number => (long)number,
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture),
    };

    private static bool IsNumberList(object value) => value is IList list and not byte[]
        && list.Cast<object?>().All(item => item is null
            or float or double or decimal or long or int or short or sbyte or ulong or uint or ushort or byte);

    private static double[]? ToNumbers(object? value) => value is not IList list
        ? null
        : [.. list.Cast<object?>().Select(
            item => item is null ? double.NaN : Convert.ToDouble(item, CultureInfo.InvariantCulture))];

    private static string? ToText(object? value) => value switch
    {
        null => null,
        string text => text,
        byte[] bytes => Convert.ToHexStringLower(bytes),
        Stream stream => Hex(stream),
        IDictionary map =>
            $"{{{string.Join(", ", map.Keys.Cast<object>().Select(key => $"{ToText(key)}: {ToText(map[key]) ?? "NULL"}"))}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(item => ToText(item) ?? "NULL"))}]",
        DateTime or DateOnly or TimeOnly or DateTimeOffset =>
            ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static string Hex(Stream stream)
    {
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return Convert.ToHexStringLower(memory.ToArray());
    }
}
