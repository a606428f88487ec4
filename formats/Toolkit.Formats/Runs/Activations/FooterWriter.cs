namespace Toolkit.Formats.Runs.Activations;

/// <summary>Writes Parquet's footer.</summary>
internal static class FooterWriter
{
    /// <summary>Ends a file.</summary>
    /// <param name="output">The file after its last page.</param>
    /// <param name="schema">Writes each element of the schema, the root first.</param>
    /// <param name="columns">Columns of values, the schema's leaves.</param>
    /// <param name="rows">Rows of the file.</param>
    /// <param name="groups">Row groups: the chunks of each column and the rows.</param>
    /// <param name="metadata">Pairs for the footer.</param>
    public static void Write(
        CountingStream output,
        IReadOnlyList<Action<ThriftWriter>> schema,
        int columns,
        long rows,
        IReadOnlyList<(IReadOnlyList<ColumnChunk> Columns, int Rows)> groups,
        IReadOnlyList<(string Key, string Value)> metadata)
    {
        var footer = new ThriftWriter();
        footer.Int32(1, 1);
        footer.Structs(2, schema, element => element(footer));
        footer.Int64(3, rows);
        footer.Structs(4, groups, group => WriteGroup(footer, group.Columns, group.Rows));
        footer.Structs(5, metadata, pair =>
        {
            footer.Text(1, pair.Key);
            footer.Text(2, pair.Value);
        });

        footer.Text(6, "Toolkit");
        footer.Structs(7, Enumerable.Range(0, columns).ToList(), _ => footer.Struct(1, () => { }));
        footer.Stop();
        output.Write(footer.Written);
        output.Write(BitConverter.GetBytes(footer.Written.Length));
        output.Write("PAR1"u8);
    }

    /// <summary>Describes a required column of the schema.</summary>
    /// <param name="e">Takes the description.</param>
    /// <param name="type">Its physical type.</param>
    /// <param name="name">Its name.</param>
    /// <param name="logical">What it stores, where the physical type does not say it.</param>
    public static void Leaf(ThriftWriter e, ParquetType type, string name, StoredType? logical)
    {
        e.Int32(1, (int)type);
        e.Int32(3, 0);
        e.Text(4, name);
        if (logical == StoredType.Text)
        {
            e.Int32(6, 0);
            e.Struct(10, () => e.Struct(1, () => { }));
        }
        else if (logical == StoredType.UInt64)
        {
            e.Int32(6, 14);
            e.Struct(10, () => e.Struct(10, () =>
            {
                e.Byte(1, 64);
                e.Bool(2, false);
            }));
        }
    }

    private static void WriteGroup(ThriftWriter footer, IReadOnlyList<ColumnChunk> columns, int rows)
    {
        footer.Structs(1, columns, column =>
        {
            footer.Int64(2, column.FirstPage);
            footer.Struct(3, () => WriteColumn(footer, column));
        });
        footer.Int64(2, columns.Sum(c => c.UncompressedBytes));
        footer.Int64(3, rows);
        footer.Int64(6, columns.Sum(c => c.CompressedBytes));
    }

    private static void WriteColumn(ThriftWriter footer, ColumnChunk column)
    {
        footer.Int32(1, (int)column.Type);
        footer.Int32s(2, [.. column.Encodings.Select(e => (int)e)]);
        footer.Texts(3, column.Path);
        footer.Int32(4, (int)column.Codec);
        footer.Int64(5, column.Entries);
        footer.Int64(6, column.UncompressedBytes);
        footer.Int64(7, column.CompressedBytes);
        footer.Int64(9, column.FirstPage);
        if (column is { Minimum: { } minimum, Maximum: { } maximum })
        {
            footer.Struct(12, () =>
            {
                footer.Int64(3, 0);
                footer.Binary(5, BitConverter.GetBytes(maximum));
                footer.Binary(6, BitConverter.GetBytes(minimum));
            });
        }
    }
}
