using System.Runtime.InteropServices;
using ParquetSharp;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Runs;

public class ChannelBlockTests
{
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.UInt64)]
    [InlineData(ElementType.Boolean)]
    public void Channels_of_every_type_come_back_by_channel_and_by_row(ElementType type)
    {
        using var folder = new TemporaryFolder();
        var tensor = Random(type, 90, 3, 300);
        var run = new RunBuilder().Tensor("x", tensor).ByChannel(64).Write(folder["run"]);
        var entry = run.Find("x");
        run.IsByChannel(entry).ShouldBeTrue();
        int[] channels = [299, 0, 255, 256];
        var size = type.SizeBits() / 8;
        var expected = Pick(tensor, channels, 10, 70, size);
        var found = run.ReadByChannel(entry, channels, 10, 70);
        found.Shape.ShouldBe(new TensorShape(4, 70, 3));
        found.Bytes.ToArray().ShouldBe(expected);

        // One position is a third of these rows, from either kind of file.
        var position = found.Bytes.ToArray().Chunk(size).Where((_, row) => row % 3 == 1).SelectMany(v => v).ToArray();
        run.ReadByChannel(entry, channels, 1, 10, 70).Shape.ShouldBe(new TensorShape(4, 70));
        run.ReadByChannel(entry, channels, 1, 10, 70).Bytes.ToArray().ShouldBe(position);
        Should.Throw<ArgumentOutOfRangeException>(() => run.ReadByChannel(entry, channels, 3, 10, 70));

        // The same without files by channels, and in the order of rows.
        var rows = new RunBuilder().Tensor("x", tensor).Write(folder["rows"]);
        rows.IsByChannel(rows.Find("x")).ShouldBeFalse();
        rows.ReadByChannel(rows.Find("x"), channels, 10, 70).Bytes.ToArray().ShouldBe(expected);
        rows.ReadByChannel(rows.Find("x"), channels, 1, 10, 70).Bytes.ToArray().ShouldBe(position);
        run.ReadChannels(entry, channels, 10, 70).Bytes.ToArray().ShouldBe(
            rows.ReadChannels(rows.Find("x"), channels, 10, 70).Bytes.ToArray());
        run.ReadByChannel(entry, [], 0, 90).Bytes.ToArray().ShouldBe(
            Pick(tensor, [.. Enumerable.Range(0, 300)], 0, 90, size));
        RunVerification.Verify(folder["run"]).Faults.ShouldBeEmpty();
    }

    [Fact]
    public void One_channel_is_read_without_rows_and_without_other_channels()
    {
        using var folder = new TemporaryFolder();
        var tensor = Random(ElementType.Float32, 500, 600);
        var run = new RunBuilder().Tensor("x", tensor).ByChannel(128).Write(folder["run"]);
        File.Delete(folder["run", "activations", "tensor=0", "part-0-0.parquet"]);
        File.Delete(folder["run", "by-channel", "tensor=0", "block=0", "part-0-0.parquet"]);

        // Only the pages of channel 300 are left whole in its block.
        var path = folder["run", "by-channel", "tensor=0", "block=1", "part-0-0.parquet"];
        using (var reader = new ParquetFileReader(path))
        {
            var bytes = File.ReadAllBytes(path);
            for (var group = 0; group < reader.FileMetaData.NumRowGroups; group++)
            {
                using var rows = reader.RowGroup(group);
                var metadata = rows.MetaData;
                for (var column = 0; column < metadata.NumColumns; column++)
                {
                    var chunk = metadata.GetColumnChunkMetaData(column);
                    if (reader.FileMetaData.Schema.Column(column).Name != "c300")
                    {
                        bytes.AsSpan((int)chunk.FileOffset, (int)chunk.TotalCompressedSize).Fill(0xFF);
                    }
                }
            }

            File.WriteAllBytes(path, bytes);
        }

        run.ReadByChannel(run.Find("x"), [300], 0, 500).Bytes.ToArray().ShouldBe(Pick(tensor, [300], 0, 500, 4));
        Should.Throw<BadInputException>(() => run.ReadByChannel(run.Find("x"), [301], 0, 500)).Message.ShouldContain(
            "inspect verify");
        RunVerification.Verify(folder["run"]).Faults.Count.ShouldBe(3);
    }

    [Fact]
    public void Channel_whose_values_were_overwritten_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var run = new RunBuilder().Tensor("x", Random(ElementType.Float32, 5_000, 2)).ByChannel(5_000)
            .Write(folder["run"]);
        using (var file = File.OpenWrite(folder["run", "by-channel", "tensor=0", "block=0", "part-0-0.parquet"]))
        {
            file.Position = file.Length / 4;
            file.Write(new byte[3_000]);
        }

        run.ReadByChannel(run.Find("x"), [1], 0, 5_000).Shape.Count.ShouldBe(5_000);
        Should.Throw<BadInputException>(() => run.ReadByChannel(run.Find("x"), [0], 0, 5_000)).Message
            .ShouldContain("checksum");
    }

    [Fact]
    public void Other_programs_read_one_column_per_channel()
    {
        using var folder = new TemporaryFolder();
        var tensor = Random(ElementType.Float32, 100, 2, 5);
        new RunBuilder().Tensor("x", tensor).ByChannel(64).Write(folder["run"]);
        using var reader = new ParquetFileReader(
            folder["run", "by-channel", "tensor=0", "block=0", "part-0-0.parquet"]);
        reader.FileMetaData.NumRows.ShouldBe(200);
        reader.FileMetaData.NumRowGroups.ShouldBe(4);
        Enumerable.Range(0, 7).Select(c => reader.FileMetaData.Schema.Column(c).Name)
            .ShouldBe(["sample_id", "position", "c0", "c1", "c2", "c3", "c4"]);
        var (ids, positions, values) = (new List<long>(), new List<int>(), new List<float>());
        for (var group = 0; group < 4; group++)
        {
            using var rows = reader.RowGroup(group);
            var count = (int)rows.MetaData.NumRows;
            ids.AddRange(rows.Column(0).LogicalReader<long>().ReadAll(count));
            positions.AddRange(rows.Column(1).LogicalReader<int>().ReadAll(count));
            values.AddRange(rows.Column(2 + 3).LogicalReader<float>().ReadAll(count));
        }

        ids.ShouldBe(Enumerable.Range(0, 200).Select(row => (long)(row / 2)));
        positions.ShouldBe(Enumerable.Range(0, 200).Select(row => row % 2));
        MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray().ShouldBe(Pick(tensor, [3], 0, 100, 4));
    }

    [Fact]
    public void Damaged_files_by_channels_meet_an_error_that_names_them()
    {
        using var folder = new TemporaryFolder();
        var run = new RunBuilder().Tensor("x", Random(ElementType.Float32, 60, 6)).ByChannel(32).Write(folder["run"]);
        var path = folder["run", "by-channel", "tensor=0", "block=0", "part-0-0.parquet"];
        var whole = File.ReadAllBytes(path);
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = i % 2 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (i % 2 == 1)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(path, bytes);
            try
            {
                run.ReadByChannel(run.Find("x"), [2], 0, 60);
            }
            catch (BadInputException e)
            {
                e.Message.ShouldContain("by-channel");
            }
        }
    }

    private static HostTensor Random(ElementType type, params long[] shape)
    {
        var random = new Random(3);
        var tensor = new TensorShape(shape);
        var bytes = new byte[tensor.Count * type.SizeBits() / 8];
        random.NextBytes(bytes);
        if (type == ElementType.Boolean)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] &= 1;
            }
        }

        return new HostTensor(type, tensor, bytes);
    }

    /// <summary>[channels, samples, positions], by the definition.</summary>
    private static byte[] Pick(HostTensor tensor, int[] channels, int first, int samples, int size)
    {
        var width = (int)tensor.Shape[tensor.Shape.Rank - 1];
        var perSample = (int)(tensor.Shape.Count / tensor.Shape[0] / width);
        var bytes = tensor.Bytes.ToArray();
        return
        [
            .. channels.SelectMany(channel => Enumerable.Range(first * perSample, samples * perSample)
                .SelectMany(row => bytes.AsSpan(((row * width) + channel) * size, size).ToArray())),
        ];
    }
}
