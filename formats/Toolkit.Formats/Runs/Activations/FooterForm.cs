using System.Collections.Frozen;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// The form of every structure in a Parquet footer (parquet.thrift, format 2.11), to refuse a damaged one before a
/// reader follows it that trusts it: Parquet.Net 6.1 takes fields for what they should be, and does not stop at the end.
/// </summary>
internal static class FooterForm
{
    private static readonly FrozenDictionary<string, FrozenSet<ThriftType>> Simple =
        new Dictionary<string, FrozenSet<ThriftType>>(StringComparer.Ordinal)
        {
            ["integer"] = FrozenSet.Create(ThriftType.Int16, ThriftType.Int32, ThriftType.Int64),
            ["byte"] = FrozenSet.Create(ThriftType.Byte),
            ["truth"] = FrozenSet.Create(ThriftType.True, ThriftType.False),
            ["double"] = FrozenSet.Create(ThriftType.Double),
            ["binary"] = FrozenSet.Create(ThriftType.Binary),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Field → what it is: simple, a structure of this table, or a list ("[…]") of either.</summary>
    private static readonly FrozenDictionary<string, FrozenDictionary<short, string>> Structures =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["file"] = "1 integer, 2 [element], 3 integer, 4 [group], 5 [pair], 6 binary, 7 [order], 8 encryption, 9 binary",
            ["element"] = "1 integer, 2 integer, 3 integer, 4 binary, 5 integer, 6 integer, 7 integer, 8 integer, "
                + "9 integer, 10 logical",
            ["logical"] = "1 empty, 2 empty, 3 empty, 4 empty, 5 decimal, 6 empty, 7 time, 8 time, 10 integer type, "
                + "11 empty, 12 empty, 13 empty, 14 empty, 15 empty, 16 variant, 17 shape, 18 shape",
            ["decimal"] = "1 integer, 2 integer",
            ["time"] = "1 truth, 2 unit",
            ["unit"] = "1 empty, 2 empty, 3 empty",
            ["integer type"] = "1 byte, 2 truth",
            ["variant"] = "1 byte",
            ["shape"] = "1 binary, 2 integer",
            ["group"] = "1 [chunk], 2 integer, 3 integer, 4 [sorting], 5 integer, 6 integer, 7 integer",
            ["sorting"] = "1 integer, 2 truth, 3 truth",
            ["chunk"] = "1 binary, 2 integer, 3 column, 4 integer, 5 integer, 6 integer, 7 integer, 8 crypto, 9 binary",
            ["column"] = "1 integer, 2 [integer], 3 [binary], 4 integer, 5 integer, 6 integer, 7 integer, 8 [pair], "
                + "9 integer, 10 integer, 11 integer, 12 statistics, 13 [pages], 14 integer, 15 integer, 16 sizes, "
                + "17 places",
            ["order"] = "1 empty",
            ["pages"] = "1 integer, 2 integer, 3 integer",
            ["pair"] = "1 binary, 2 binary",
            ["statistics"] = "1 binary, 2 binary, 3 integer, 4 integer, 5 binary, 6 binary, 7 truth, 8 truth",
            ["sizes"] = "1 integer, 2 [integer], 3 [integer]",
            ["places"] = "1 box, 2 [integer]",
            ["box"] = "1 double, 2 double, 3 double, 4 double, 5 double, 6 double, 7 double, 8 double",
            ["crypto"] = "1 empty, 2 key",
            ["key"] = "1 [binary], 2 binary",
            ["encryption"] = "1 cipher, 2 cipher",
            ["cipher"] = "1 binary, 2 binary, 3 truth",
            ["empty"] = "",
        }.ToFrozenDictionary(pair => pair.Key, pair => Fields(pair.Value), StringComparer.Ordinal);

    /// <summary>Walks a footer to its end.</summary>
    /// <param name="footer">The footer without its length and magic number, untrusted.</param>
    /// <exception cref="InvalidDataException">A field is not what it should be, or goes on behind the end.</exception>
    public static void Check(ReadOnlySpan<byte> footer)
    {
        var reader = new ThriftReader(footer);
        Walk(ref reader, "file");
    }

    private static FrozenDictionary<short, string> Fields(string text) =>
        text.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split(' ', 2)).ToFrozenDictionary(
            field => short.Parse(field[0], System.Globalization.CultureInfo.InvariantCulture), field => field[1]);

    private static void Walk(ref ThriftReader reader, string structure)
    {
        var outer = reader.Enter();
        while (reader.Next(out var field, out var type))
        {
            if (Structures[structure].TryGetValue(field, out var form))
            {
                Value(ref reader, form, type, structure, field);
            }
            else
            {
                reader.Skip(type);
            }
        }

        reader.Leave(outer);
    }

    private static void Value(ref ThriftReader reader, string form, ThriftType type, string structure, short field)
    {
        var isList = form[0] == '[';
        var isSimple = Simple.TryGetValue(form, out var types);
        if (isList ? type != ThriftType.List : isSimple ? !types!.Contains(type) : type != ThriftType.Struct)
        {
            throw new InvalidDataException($"field {field} of the footer's {structure} is of type {type}, not {form}");
        }

        if (isSimple)
        {
            reader.Skip(type);
        }
        else if (!isList)
        {
            Walk(ref reader, form);
        }
        else
        {
            var count = reader.List(out var item);
            for (var i = 0; i < count; i++)
            {
                Value(ref reader, form[1..^1], item, structure, field);
            }
        }
    }
}
