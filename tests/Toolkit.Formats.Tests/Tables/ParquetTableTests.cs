using CsCheck;
using ParquetSharp;
using Toolkit.Formats.Tables;

namespace Toolkit.Formats.Tests.Tables;

public sealed class ParquetTableTests
{
    private static readonly int Fuzz =
        int.TryParse(Environment.GetEnvironmentVariable("TOOLKIT_FUZZ"), out var count) ? count : 40;

    private static readonly Gen<Table> Tables = Gen.Int[0, 40].SelectMany(rows => Gen.Select(
        Gen.Double.Array[rows],
        Gen.Float.Nullable(0.3).Array[rows],
        Gen.Long.Array[rows],
        Gen.Int.Nullable(0.3).Array[rows],
        Gen.Bool.Array[rows],
        Gen.OneOf(Gen.String, Gen.Const((string)null!)).Array[rows],
        Gen.OneOf(Gen.Double.Array[0, 5], Gen.Const((double[])null!)).Array[rows],
        Gen.Float.Array[0, 5].Array[rows])
        .Select((a, b, c, d, e, f, g, h) => new Table(
            TableColumn.Create("doubles", a),
            TableColumn.Create("floats or null", b),
            TableColumn.Create("longs", c),
            TableColumn.Create("ints_or_null", d),
            TableColumn.Create("truth", e),
            TableColumn.Create("täxt", f),
            TableColumn.Create("lists", g),
            TableColumn.Create("float.lists", h))));

    [Fact]
    public void A_table_reads_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        Tables.Sample(
            table =>
            {
                var path = folder["table.parquet"];
                ParquetTable.Write(path, table);
                ShouldBeEqual(ParquetTable.Read(path), table);
            },
            iter: Fuzz,
            threads: 1);
    }

    [Fact]
    public void Rows_of_one_text_share_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        string?[] texts = [.. Enumerable.Range(0, 5000).Select(row => row % 7 == 0 ? null : $"name {row % 3}")];
        string?[] different = [.. Enumerable.Range(0, 5000).Select(row => $"{row}")];
        ParquetTable.Write(path, new Table(
            TableColumn.Create("texts", texts), TableColumn.Create("different", different)));

        var table = ParquetTable.Read(path);

        var read = table.Values<string?>("texts").ToArray();
        read.ShouldBe(texts);
        read.Where(text => text is not null).Distinct(ReferenceEqualityComparer.Instance).Count().ShouldBe(3);
        table.Values<string?>("different").ToArray().ShouldBe(different);
    }

    [Fact]
    public void Names_of_columns_are_read_without_the_rows()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        ParquetTable.Write(path, new Table(TableColumn.Create("a", [1.0]), TableColumn.Create("b", [2])));

        ParquetTable.ReadColumnNames(path).ShouldBe(["a", "b"]);
        Should.Throw<BadInputException>(() => ParquetTable.ReadColumnNames(folder["none.parquet"])).Message
            .ShouldContain("there is no such file");
    }

    [Fact]
    public void An_independent_reader_sees_the_same_values()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        ParquetTable.Write(path, new Table(
            TableColumn.Create("epoch", new long[] { 0, 1, 2 }),
            TableColumn.Create("loss", new double?[] { 0.5, null, double.NaN }),
            TableColumn.Create("name", new string?[] { "a", null, string.Empty }),
            TableColumn.Create("values", new double[]?[] { [1, 2], null, [] }),
            TableColumn.Create("integers", new long[]?[] { [long.MinValue], null, [] }),
            TableColumn.Create("unsigned", new ulong[]?[] { [ulong.MaxValue, 0], null, [] })));

        using var reader = new ParquetFileReader(path);
        using var group = reader.RowGroup(0);
        group.Column(0).LogicalReader<long>().ReadAll(3).ShouldBe([0, 1, 2]);
        group.Column(1).LogicalReader<double?>().ReadAll(3).ShouldBe([0.5, null, double.NaN]);
        group.Column(2).LogicalReader<string?>().ReadAll(3).ShouldBe(["a", null, string.Empty]);
        group.Column(3).LogicalReader<double[]?>().ReadAll(3).ShouldBe([[1, 2], null, []]);
        group.Column(4).LogicalReader<long[]?>().ReadAll(3).ShouldBe([[long.MinValue], null, []]);
        group.Column(5).LogicalReader<ulong[]?>().ReadAll(3).ShouldBe([[ulong.MaxValue, 0], null, []]);
        ParquetTable.Read(path).Values<ulong[]?>("unsigned").ToArray().ShouldBe([[ulong.MaxValue, 0], null, []]);
        group.MetaData.GetColumnChunkMetaData(0).Compression.ShouldBe(Compression.Zstd);
    }

    [Fact]
    public void Files_of_an_independent_writer_are_read_with_narrow_integers_widened()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        using (var writer = new ParquetFileWriter(
            path,
            [
                new Column<short>("short"), new Column<uint>("uint"), new Column<double?[]>("list"),
                new Column<int?[]>("ints"), new Column<ushort[]>("shorts"),
            ]))
        {
            using var group = writer.AppendRowGroup();
            group.NextColumn().LogicalWriter<short>().WriteBatch([-3, 4]);
            group.NextColumn().LogicalWriter<uint>().WriteBatch([uint.MaxValue, 1]);
            group.NextColumn().LogicalWriter<double?[]>().WriteBatch([[1, double.NaN], []]);
            group.NextColumn().LogicalWriter<int?[]>().WriteBatch([[-5, int.MaxValue], []]);
            group.NextColumn().LogicalWriter<ushort[]>().WriteBatch([[200], [1, 2]]);
            writer.Close();
        }

        var table = ParquetTable.Read(path);

        table.Values<int>("short").ToArray().ShouldBe([-3, 4]);
        table.Values<long>("uint").ToArray().ShouldBe([uint.MaxValue, 1]);
        table.Values<double[]?>("list").ToArray().ShouldBe([[1, double.NaN], []]);
        table.Values<long[]?>("ints").ToArray().ShouldBe([[-5, int.MaxValue], []]);
        table.Values<long[]?>("shorts").ToArray().ShouldBe([[200], [1, 2]]);
    }

    [Fact]
    public void A_list_that_lacks_an_element_is_refused_by_the_name_of_its_column()
    {
        using var folder = new TemporaryFolder();
        Refusal(new Column<int?[]>("a"), new int?[][] { [1, 2], [1, null] }).ShouldBe(Text(folder["table.parquet"]));
        Refusal(new Column<float?[]>("a"), new float?[][] { [1, 2], [null, 1] }).ShouldBe(Text(folder["table.parquet"]));

        string Refusal<T>(Column column, T[] lists)
        {
            using (var writer = new ParquetFileWriter(folder["table.parquet"], [column]))
            {
                using var group = writer.AppendRowGroup();
                group.NextColumn().LogicalWriter<T>().WriteBatch(lists);
                writer.Close();
            }

            return Should.Throw<BadInputException>(() => ParquetTable.Read(folder["table.parquet"])).Message;
        }

        static string Text(string path) => $"{path}: column 'a' lacks an element in the list of row 1 of a row group. "
            + "Fill the lists, or write NaN where that is meant.";
    }

    [Fact]
    public void Rows_beyond_one_row_group_are_kept_in_order()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        var values = Enumerable.Range(0, ParquetTable.RowsPerGroup + 10).ToArray();

        ParquetTable.Write(path, new Table(TableColumn.Create("i", values)));

        ParquetTable.Read(path).Values<int>("i").SequenceEqual(values).ShouldBeTrue();
    }

    [Fact]
    public void Parts_are_made_one_after_the_other_and_become_row_groups()
    {
        using var folder = new TemporaryFolder();
        var made = 0;

        ParquetTable.WriteParts(folder["parts.parquet"], Enumerable.Range(0, 3).Select(part =>
        {
            made++;
            return new Table(TableColumn.Create("values", new float[]?[] { [part], null, [] }));
        }));

        made.ShouldBe(3);
        using var reader = new ParquetFileReader(folder["parts.parquet"]);
        reader.FileMetaData.NumRowGroups.ShouldBe(3);
        reader.RowGroup(2).Column(0).LogicalReader<float[]?>().ReadAll(3).ShouldBe([[2], null, []]);
    }

    [Fact]
    public void Wanted_columns_alone_are_read_in_the_wanted_order()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        ParquetTable.Write(path, new Table(
            TableColumn.Create("a", [1]), TableColumn.Create("b", [2]), TableColumn.Create("c", [3])));

        ParquetTable.Read(path, ["c", "a"]).Columns.Select(column => column.Name).ShouldBe(["c", "a"]);

        Should.Throw<BadInputException>(() => ParquetTable.Read(path, ["d"])).Message
            .ShouldBe($"{path}: there is no column 'd'. There are: a, b, c.");
    }

    [Fact]
    public void A_damaged_file_is_bad_input_or_a_table_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        ParquetTable.Write(path, Tables.Array[1].Single()[0]);
        var whole = File.ReadAllBytes(path);
        var damaged = folder["damaged.parquet"];

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 7], Gen.Bool).Sample(
            (at, bit, truncate) =>
            {
                var bytes = truncate ? whole[..at] : [.. whole];
                if (!truncate)
                {
                    bytes[at] ^= (byte)(1 << bit);
                }

                File.WriteAllBytes(damaged, bytes);
                try
                {
                    ParquetTable.Read(damaged);
                    truncate.ShouldBeFalse();
                }
                catch (BadInputException bad)
                {
                    bad.Message.ShouldStartWith(damaged);
                }
            },
            iter: 10 * Fuzz,
            threads: 1);
    }

    /// <summary>Parquet.Net follows some damaged footers without end.</summary>
    [Fact]
    public async Task No_flipped_bit_keeps_the_reader_busy()
    {
        using var folder = new TemporaryFolder();
        var path = folder["table.parquet"];
        ParquetTable.Write(path, new Table(
            TableColumn.Create("n", [1.5, 2.5]),
            TableColumn.Create("text", ["a", null]),
            TableColumn.Create("lists", [[1.0], null])));
        var whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        for (var at = 0; at < whole.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                byte[] bytes = [.. whole];
                bytes[at] ^= (byte)(1 << bit);
                await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
                var reading = Task.Run(
                    () => Record.Exception(() => ParquetTable.Read(path)), TestContext.Current.CancellationToken);

                var fault = await reading.WaitAsync(
                    TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
                (fault is null or BadInputException).ShouldBeTrue($"byte {at}, bit {bit}: {fault}");
            }
        }
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Should.Throw<BadInputException>(() => ParquetTable.Read("/nowhere/at.parquet")).Message
            .ShouldBe("/nowhere/at.parquet: there is no such file.");

    private static void ShouldBeEqual(Table actual, Table expected)
    {
        actual.Columns.Select(column => (column.Name, column.Type, column.IsNullable))
            .ShouldBe(expected.Columns.Select(column => (column.Name, column.Type, column.IsNullable)));
        actual.RowCount.ShouldBe(expected.RowCount);
        foreach (var column in expected.Columns)
        {
            for (var row = 0; row < expected.RowCount; row++)
            {
                actual[column.Name].ValueAt(row).ShouldBe(column.ValueAt(row), $"{column.Name}[{row}]");
            }
        }
    }
}
