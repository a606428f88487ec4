using System.Runtime.InteropServices;
using CsCheck;
using ParquetSharp;
using ParquetSharp.Arrow;
using Toolkit.Formats.Runs.Activations;

namespace Toolkit.Formats.Tests.Runs.Activations;

public class ActivationFileTests
{
    public static TheoryData<EncodingPolicy, int, int> Shapes { get; } = new()
    {
        { EncodingPolicy.Size, 1, 1 },
        { EncodingPolicy.Size, 300_000, 1 },
        { EncodingPolicy.Size, 5_000, 120 },
        { EncodingPolicy.Size, 1_000, 7 },
        { EncodingPolicy.Speed, 9_000, 720 },
        { EncodingPolicy.Speed, 3, 400_000 },
        { EncodingPolicy.Size, 2_000, 33 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Floats_come_back_bit_for_bit_by_us_and_by_an_independent_reader(
        EncodingPolicy policy, int rows, int length)
    {
        using var folder = new TemporaryFolder();
        var path = folder["a.parquet"];
        var values = Normals(rows * length);
        values[0] = float.NaN;
        values[^1] = -0f;
        Write(path, StoredType.Float32, length, policy, MemoryMarshal.AsBytes<float>(values), rows);

        var ours = new float[values.Length];
        using (var reader = ActivationFileReader.Open(path))
        {
            reader.Rows.ShouldBe(rows);
            reader.ReadRows(0, rows, (first, count, bytes) =>
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(ours.AsSpan((int)first * length)));
            reader.ReadIds().Samples.ShouldBe([.. Enumerable.Range(0, rows).Select(i => (long)i)]);
        }

        Bits(ours).ShouldBe(Bits(values));
        using var parquet = new ParquetFileReader(path);
        var theirs = new List<float>();
        var samples = new List<long>();
        for (var group = 0; group < parquet.FileMetaData.NumRowGroups; group++)
        {
            using var part = parquet.RowGroup(group);
            using var ids = part.Column(0).LogicalReader<long>();
            samples.AddRange(ids.ReadAll((int)part.MetaData.NumRows));
            using var lists = part.Column(2).LogicalReader<float[]>();
            theirs.AddRange(lists.ReadAll((int)part.MetaData.NumRows).SelectMany(list => list));
        }

        Bits([.. theirs]).ShouldBe(Bits(values));
        samples.ShouldBe([.. Enumerable.Range(0, rows).Select(i => (long)i)]);
    }

    [Fact]
    public void Every_stored_type_comes_back_through_an_independent_reader()
    {
        using var folder = new TemporaryFolder();
        const int Rows = 700;
        var longs = Enumerable.Range(0, Rows * 3).Select(i => (i * 7_919L) - (1L << 40)).ToArray();
        Write(folder["i"], StoredType.Int64, 3, EncodingPolicy.Size, MemoryMarshal.AsBytes<long>(longs), Rows);
        Lists<long>(folder["i"]).ShouldBe(longs);
        var unsigned = longs.Select(v => unchecked((ulong)v)).ToArray();
        Write(folder["u"], StoredType.UInt64, 3, EncodingPolicy.Size, MemoryMarshal.AsBytes<ulong>(unsigned), Rows);
        Lists<ulong>(folder["u"]).ShouldBe(unsigned);
        var doubles = longs.Select(v => v / 3.0).ToArray();
        Write(folder["d"], StoredType.Float64, 3, EncodingPolicy.Size, MemoryMarshal.AsBytes<double>(doubles), Rows);
        Lists<double>(folder["d"]).ShouldBe(doubles);
        var truths = longs.Select(v => v % 3 == 0).ToArray();
        Write(folder["b"], StoredType.Boolean, 3, EncodingPolicy.Size, MemoryMarshal.AsBytes<bool>(truths), Rows);
        Lists<bool>(folder["b"]).ShouldBe(truths);
        string[] texts = ["", "Ä\n", "name with \"quotes\"", new('x', 10_000)];
        using (var stream = File.Create(folder["t"]))
        using (var writer = new ActivationFileWriter(stream, StoredType.Text, 2, EncodingPolicy.Size))
        {
            writer.AppendText(0, 0, texts.AsSpan(0, 2), []);
            writer.AppendText(1, 0, texts.AsSpan(2, 2), []);
            writer.Complete();
        }

        Lists<string>(folder["t"]).ShouldBe(texts);
        using var reader = ActivationFileReader.Open(folder["t"]);
        reader.ReadRagged().SelectMany(row => row.Texts!).ShouldBe(texts);
    }

    [Fact]
    public void Ragged_lists_keep_their_shape_beside_them()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(3);
        var rows = Enumerable.Range(0, 500)
            .Select(i => (Sample: (long)i, Values: Normals(random.Next(0, 40) * (i % 7 == 0 ? 0 : 1)))).ToArray();
        using (var stream = File.Create(folder["r"]))
        using (var writer = new ActivationFileWriter(stream, StoredType.Float32, null, EncodingPolicy.Size))
        {
            foreach (var (sample, values) in rows)
            {
                writer.AppendRagged(sample, 0, MemoryMarshal.AsBytes<float>(values), [values.Length, 1]);
            }

            writer.Complete();
        }

        using var reader = ActivationFileReader.Open(folder["r"]);
        var back = reader.ReadRagged();
        back.Select(row => row.Sample).ShouldBe(rows.Select(row => row.Sample));
        back.Select(row => row.Shape[0]).ShouldBe(rows.Select(row => (long)row.Values.Length));
        for (var i = 0; i < rows.Length; i++)
        {
            MemoryMarshal.Cast<byte, float>(back[i].Bytes).ToArray().ShouldBe(rows[i].Values);
        }

        using var parquet = new ParquetFileReader(folder["r"]);
        using var part = parquet.RowGroup(0);
        using var lists = part.Column(2).LogicalReader<float[]>();
        lists.ReadAll(rows.Length).Select(list => list.Length).ShouldBe(rows.Select(row => row.Values.Length));
        using var shapes = part.Column(3).LogicalReader<long[]>();
        shapes.ReadAll(rows.Length).Select(list => list[0]).ShouldBe(rows.Select(row => (long)row.Values.Length));
    }

    [Fact]
    public void Arrow_reads_lists_of_one_length_as_fixed_size_lists()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a"], StoredType.Float32, 16, EncodingPolicy.Size, MemoryMarshal.AsBytes<float>(Normals(160)), 10);
        using var reader = new FileReader(folder["a"]);
        reader.Schema
            .GetFieldByName("values").DataType
            .ShouldBeOfType<Apache.Arrow.Types.FixedSizeListType>().ListSize
            .ShouldBe(16);
        using var batches = reader.GetRecordBatchReader();
    }

    [Fact]
    public void The_bytes_do_not_depend_on_how_rows_are_handed_over()
    {
        using var folder = new TemporaryFolder();
        var values = Normals(20_000 * 48);
        Write(folder["one"], StoredType.Float32, 48, EncodingPolicy.Size, MemoryMarshal.AsBytes<float>(values), 20_000);
        Write(
            folder["many"],
            StoredType.Float32,
            48,
            EncodingPolicy.Size,
            MemoryMarshal.AsBytes<float>(values),
            20_000,
            step: 17);
        File.ReadAllBytes(folder["many"]).ShouldBe(File.ReadAllBytes(folder["one"]));
    }

    [Fact]
    public void The_smaller_encoding_is_chosen()
    {
        using var folder = new TemporaryFolder();
        var normal = Normals(1 << 18);
        var sparse = normal.Select(v => v < 0.6f ? 0f : v).ToArray();
        Write(folder["n"], StoredType.Float32, 256, EncodingPolicy.Size, MemoryMarshal.AsBytes<float>(
            normal), 1 << 10).ShouldBe(
            "split+zstd");
        Write(folder["s"], StoredType.Float32, 256, EncodingPolicy.Size, MemoryMarshal.AsBytes<float>(
            sparse), 1 << 10).ShouldBe(
            "plain+zstd");
        Write(folder["r"], StoredType.Float32, 256, EncodingPolicy.Speed, MemoryMarshal.AsBytes<float>(
            normal), 1 << 10).ShouldBe(
            "plain");
    }

    [Fact]
    public void Ranges_of_rows_are_the_same_as_parts_of_the_whole()
    {
        using var folder = new TemporaryFolder();
        const int Rows = 30_000;
        const int Length = 21;
        var values = Normals(Rows * Length);
        Write(folder["a"], StoredType.Float32, Length, EncodingPolicy.Size, MemoryMarshal.AsBytes<float>(values), Rows);
        using var reader = ActivationFileReader.Open(folder["a"]);
        Gen.Int[0, Rows].SelectMany(first => Gen.Int[0, Rows - first].Select(count => (first, count))).Sample(
            range =>
            {
                var part = new float[range.count * Length];
                reader.ReadRows(range.first, range.count, (first, count, bytes) =>
                    MemoryMarshal.Cast<byte, float>(bytes).CopyTo(part.AsSpan((int)first * Length)));
                return part.AsSpan().SequenceEqual(values.AsSpan(range.first * Length, range.count * Length));
            },
            iter: 50,
            threads: 1);
    }

    [Theory]
    [InlineData(StoredType.Float32, EncodingPolicy.Size, 21)]
    [InlineData(StoredType.Float32, EncodingPolicy.Size, 64)]
    [InlineData(StoredType.Float32, EncodingPolicy.Speed, 21)]
    [InlineData(StoredType.Float64, EncodingPolicy.Size, 17)]
    [InlineData(StoredType.Boolean, EncodingPolicy.Size, 19)]
    public void Every_so_manyth_row_is_the_same_as_in_the_whole(StoredType type, EncodingPolicy policy, int length)
    {
        using var folder = new TemporaryFolder();
        const int Rows = 20_000;
        var rowBytes = length * type.SizeBytes();
        byte[] values = type switch
        {
            StoredType.Float32 => MemoryMarshal.AsBytes<float>(Normals(Rows * length)).ToArray(),
            StoredType.Float64 =>
                MemoryMarshal.AsBytes<double>(Array.ConvertAll(Normals(Rows * length), value => Math.Sin(value)))
                    .ToArray(),
            _ => Array.ConvertAll(Normals(Rows * length), value => (byte)(value > 0 ? 1 : 0)),
        };
        Write(folder["a"], type, length, policy, values, Rows);
        using var reader = ActivationFileReader.Open(folder["a"]);
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, Rows - 1])
            .SelectMany(
                (step, first) => Gen.Int[0, ((Rows - 1 - first) / step) + 1].Select(count => (step, first, count)))
            .Sample(
                range =>
                {
                    var some = new byte[range.count * rowBytes];
                    reader.ReadEvery(range.first, range.step, range.count, some);
                    return Enumerable.Range(0, range.count).All(k =>
                        some.AsSpan(k * rowBytes, rowBytes).SequenceEqual(
                            values.AsSpan((range.first + (k * range.step)) * rowBytes, rowBytes)));
                },
                iter: 20,
                threads: 1);
    }

    [Fact]
    public void Ids_of_any_size_survive_delta_packing() =>
        Gen.OneOf(Gen.Long, Gen.Long[-5, 5]).Array[0, 400].Sample(ids =>
        {
            using var bytes = new MemoryStream();
            DeltaBinaryPacking.Encode(ids, bytes);
            var back = new long[ids.Length];
            DeltaBinaryPacking.Decode(bytes.ToArray(), back);
            return back.AsSpan().SequenceEqual(ids);
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Damaged_files_meet_only_our_exception(bool ragged)
    {
        using var folder = new TemporaryFolder();
        if (ragged)
        {
            using var stream = File.Create(folder["a"]);
            using var writer = new ActivationFileWriter(stream, StoredType.Float32, null, EncodingPolicy.Size);
            for (var i = 0; i < 50; i++)
            {
                writer.AppendRagged(i, 0, MemoryMarshal.AsBytes<float>(Normals(i)), [i]);
            }

            writer.Complete();
        }
        else
        {
            Write(
                folder["a"],
                StoredType.Float32,
                8,
                EncodingPolicy.Size,
                MemoryMarshal.AsBytes<float>(Normals(8_000)),
                1_000);
        }

        var whole = File.ReadAllBytes(folder["a"]);
        var random = new Random(5);
        for (var trial = 0; trial < Fuzz(400); trial++)
        {
            var bytes = trial % 4 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (var flips = 0; flips < 3 && bytes.Length > 0 && trial % 4 != 0; flips++)
            {
                // Most damage belongs where the structure is: into the footer.
                var at = random.Next(2) == 0
                    ? random.Next(bytes.Length)
                    : bytes.Length - 1 - random.Next(Math.Min(900, bytes.Length));
                bytes[at] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(folder["b"], bytes);
            try
            {
                using var reader = ActivationFileReader.Open(folder["b"]);
                reader.ReadIds();
                reader.ReadRagged();
                if (reader.Length is not null)
                {
                    reader.ReadRows(0, reader.Rows, (_, _, _) => { });
                }
            }
            catch (BadInputException)
            {
                // The one exception that damage may cause.
            }
        }
    }

    [Theory]
    [InlineData(EncodingPolicy.Speed)]
    [InlineData(EncodingPolicy.Size)]
    public void Values_that_were_overwritten_are_an_error_and_those_of_other_pages_are_not(EncodingPolicy policy)
    {
        using var folder = new TemporaryFolder();
        const int Rows = 30_000;
        Write(
            folder["a"], StoredType.Float32, 21, policy, MemoryMarshal.AsBytes<float>(Normals(Rows * 21)), Rows);
        using (var file = File.OpenWrite(folder["a"]))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[3_000]);
        }

        using var reader = ActivationFileReader.Open(folder["a"]);
        reader.ReadRows(0, 1_000, (_, _, _) => { });
        Should.Throw<BadInputException>(() => reader.ReadRows(0, Rows, (_, _, _) => { })).Message
            .ShouldContain("do not match their checksum. Check the run with `inspect verify`.");
    }

    [Fact]
    public void Checksums_of_pages_are_those_of_an_independent_reader()
    {
        using var folder = new TemporaryFolder();
        Write(
            folder["a"],
            StoredType.Float32,
            8,
            EncodingPolicy.Speed,
            MemoryMarshal.AsBytes<float>(Normals(8_000)),
            1_000);
        Verified(folder["a"]).ShouldBe(8_000);
        using (var file = File.OpenWrite(folder["a"]))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[3_000]);
        }

        Should.Throw<ParquetException>(() => Verified(folder["a"])).Message.ShouldContain("CRC");

        static int Verified(string path)
        {
            using var properties = ReaderProperties.GetDefaultReaderProperties();
            properties.EnablePageChecksumVerification();
            using var parquet = new ParquetFileReader(path, properties);
            using var part = parquet.RowGroup(0);
            using var ids = part.Column(0).LogicalReader<long>();
            using var lists = part.Column(2).LogicalReader<float[]>();
            ids.ReadAll(1_000);
            return lists.ReadAll(1_000).Sum(list => list.Length);
        }
    }

    private static int Fuzz(int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable("TOOLKIT_FUZZ"), out var count) ? count : otherwise;

    private static string Write(
        string path,
        StoredType type,
        int length,
        EncodingPolicy policy,
        ReadOnlySpan<byte> values,
        int rows,
        int step = int.MaxValue)
    {
        using var stream = File.Create(path);
        using var writer = new ActivationFileWriter(stream, type, length, policy);
        var rowBytes = length * type.SizeBytes();
        for (var row = 0; row < rows;)
        {
            var take = Math.Min(step, rows - row);
            var samples = Enumerable.Range(row, take).Select(i => (long)i).ToArray();
            writer.Append(samples, new int[take], values.Slice(row * rowBytes, take * rowBytes));
            row += take;
        }

        writer.Complete().Bytes.ShouldBe(stream.Length);
        return writer.Encoding!.Name;
    }

    private static T[] Lists<T>(string path)
    {
        using var parquet = new ParquetFileReader(path);
        using var part = parquet.RowGroup(0);
        using var lists = part.Column(2).LogicalReader<T[]>();
        return [.. lists.ReadAll((int)part.MetaData.NumRows).SelectMany(list => list)];
    }

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    private static float[] Normals(int count)
    {
        var random = new Random(7);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(
                2 * Math.PI * random.NextDouble()));
        }

        return values;
    }
}
