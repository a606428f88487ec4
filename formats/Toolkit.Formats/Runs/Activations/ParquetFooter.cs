namespace Toolkit.Formats.Runs.Activations;

/// <summary>What the footer of a Parquet file of ours says, with every place checked against the file's size.</summary>
internal sealed record ParquetFooter(
    IReadOnlyList<ParquetFooter.Leaf> Leaves,
    long Rows,
    IReadOnlyList<ParquetFooter.RowGroup> Groups,
    IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>A column of values in the schema.</summary>
    internal sealed record Leaf(string Name, ParquetType Type, int? Converted)
    {
        /// <summary>The type in which its values are stored.</summary>
        /// <exception cref="InvalidDataException">None of ours.</exception>
        public StoredType Stored => (Type, Converted) switch
        {
            (ParquetType.Float, _) => StoredType.Float32,
            (ParquetType.Double, _) => StoredType.Float64,
            (ParquetType.Int64, 14) => StoredType.UInt64,
            (ParquetType.Int64, _) => StoredType.Int64,
            (ParquetType.Boolean, _) => StoredType.Boolean,
            (ParquetType.ByteArray, _) => StoredType.Text,
            _ => throw new InvalidDataException($"values of Parquet type {(int)Type}"),
        };
    }

    /// <summary>Rows of one group and where its columns are, in the order of the schema's leaves.</summary>
    internal sealed record RowGroup(long Rows, IReadOnlyList<ColumnChunk> Columns);

    /// <summary>Parses a footer.</summary>
    /// <param name="bytes">The footer without its length and magic number, untrusted.</param>
    /// <param name="dataEnd">Where the footer begins in the file: no page lies beyond.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetFooter Parse(ReadOnlySpan<byte> bytes, long dataEnd)
    {
        var reader = new ThriftReader(bytes);
        var leaves = new List<Leaf>();
        var groups = new List<RowGroup>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var rows = -1L;
        while (reader.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (2, ThriftType.List):
                    ReadSchema(ref reader, leaves);
                    break;
                case (3, ThriftType.Int64):
                    rows = reader.Number();
                    break;
                case (4, ThriftType.List):
                    ReadGroups(ref reader, groups);
                    break;
                case (5, ThriftType.List):
                    ReadMetadata(ref reader, metadata);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        var footer = new ParquetFooter(leaves, rows, groups, metadata);
        footer.Check(dataEnd);
        return footer;
    }

    private static void ReadSchema(ref ThriftReader reader, List<Leaf> leaves)
    {
        var count = reader.List(out _);
        for (var i = 0; i < count; i++)
        {
            var outer = reader.Enter();
            var (name, physical, converted) = (string.Empty, -1, (int?)null);
            while (reader.Next(out var field, out var type))
            {
                switch (field, type)
                {
                    case (1, ThriftType.Int32):
                        physical = (int)reader.Number();
                        break;
                    case (4, ThriftType.Binary):
                        name = reader.Text();
                        break;
                    case (6, ThriftType.Int32):
                        converted = (int)reader.Number();
                        break;
                    default:
                        reader.Skip(type);
                        break;
                }
            }

            reader.Leave(outer);
            if (physical >= 0)
            {
                leaves.Add(new Leaf(name, (ParquetType)physical, converted));
            }
        }
    }

    private static void ReadMetadata(ref ThriftReader reader, Dictionary<string, string> metadata)
    {
        var count = reader.List(out _);
        for (var i = 0; i < count; i++)
        {
            var outer = reader.Enter();
            var (key, value) = (string.Empty, string.Empty);
            while (reader.Next(out var field, out var type))
            {
                switch (field, type)
                {
                    case (1, ThriftType.Binary):
                        key = reader.Text();
                        break;
                    case (2, ThriftType.Binary):
                        value = reader.Text();
                        break;
                    default:
                        reader.Skip(type);
                        break;
                }
            }

            reader.Leave(outer);
            metadata[key] = value;
        }
    }

    private static void ReadGroups(ref ThriftReader reader, List<RowGroup> groups)
    {
        var count = reader.List(out _);
        for (var i = 0; i < count; i++)
        {
            var outer = reader.Enter();
            var columns = new List<ColumnChunk>();
            var rows = -1L;
            while (reader.Next(out var field, out var type))
            {
                switch (field, type)
                {
                    case (1, ThriftType.List):
                        var chunks = reader.List(out _);
                        for (var c = 0; c < chunks; c++)
                        {
                            columns.Add(ReadChunk(ref reader));
                        }

                        break;
                    case (3, ThriftType.Int64):
                        rows = reader.Number();
                        break;
                    default:
                        reader.Skip(type);
                        break;
                }
            }

            reader.Leave(outer);
            groups.Add(new RowGroup(rows, columns));
        }
    }

    private static ColumnChunk ReadChunk(ref ThriftReader reader)
    {
        var chunk = new ColumnChunk(ParquetType.Boolean, [], [], PageCodec.None, -1, -1, -1, -1);
        var outer = reader.Enter();
        while (reader.Next(out var field, out var type))
        {
            if (field != 3 || type != ThriftType.Struct)
            {
                reader.Skip(type);
                continue;
            }

            var inner = reader.Enter();
            while (reader.Next(out var item, out var itemType))
            {
                switch (item, itemType)
                {
                    case (1, ThriftType.Int32):
                        chunk = chunk with { Type = (ParquetType)reader.Number() };
                        break;
                    case (4, ThriftType.Int32):
                        chunk = chunk with { Codec = (PageCodec)reader.Number() };
                        break;
                    case (5, ThriftType.Int64):
                        chunk = chunk with { Entries = reader.Number() };
                        break;
                    case (6, ThriftType.Int64):
                        chunk = chunk with { UncompressedBytes = reader.Number() };
                        break;
                    case (7, ThriftType.Int64):
                        chunk = chunk with { CompressedBytes = reader.Number() };
                        break;
                    case (9, ThriftType.Int64):
                        chunk = chunk with { FirstPage = reader.Number() };
                        break;
                    default:
                        reader.Skip(itemType);
                        break;
                }
            }

            reader.Leave(inner);
        }

        reader.Leave(outer);
        return chunk;
    }

    private void Check(long dataEnd)
    {
        var total = 0L;
        foreach (var group in Groups)
        {
            if (group.Rows < 0 || group.Columns.Count != Leaves.Count)
            {
                throw new InvalidDataException($"a row group of {group.Rows} rows and {group.Columns.Count} columns");
            }

            foreach (var column in group.Columns)
            {
                if (column.Entries < 0 || column.FirstPage < 4 || column.CompressedBytes < 0
                    || column.CompressedBytes > dataEnd - column.FirstPage
                    || column.Codec is not (PageCodec.None or PageCodec.Zstd or PageCodec.Lz4))
                {
                    throw new InvalidDataException(
                        $"a column of {column.CompressedBytes} bytes at {column.FirstPage}, codec {(int)column.Codec}");
                }
            }

            total += group.Rows;
        }

        if (total != Rows)
        {
            throw new InvalidDataException($"{Rows} rows in all, {total} in the row groups");
        }
    }
}
