using System.IO.Compression;
using System.Runtime.InteropServices;
using ParquetSharp;
using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Inputs;

/// <summary>Samples of a file are read part by part: any range, at any time, and never the whole.</summary>
public sealed class PartedInputsTests
{
    private static readonly ValueDescription[] Vectors =
    [
        new("x", ValueKind.Tensor, ElementType.Float32, [new Dimension(null, "batch"), new Dimension(3, null)]),
    ];

    [Fact]
    public void An_array_of_more_than_2_GiB_is_read_by_samples()
    {
        // No array in memory holds it. The file is sparse: its zeros take no space on the disk.
        using var folder = new TemporaryFolder();
        const int Rows = 530_000;
        using (var file = File.Create(folder["x.npy"]))
        {
            file.Write(Header("<f4", $"{Rows}, 1024"));
            file.SetLength(128 + (Rows * 4096L));
            file.Seek(-4096, SeekOrigin.End);
            file.Write(MemoryMarshal.AsBytes<float>([1.5f]));
        }

        using var source = InputSources.Open(
            new InputOptions { Source = folder["x.npy"] },
            [Vectors[0] with { Dimensions = [new Dimension(null, "batch"), new Dimension(1024, null)] }]);

        source.Samples.ShouldBe(Rows);
        var last = Read(source, Rows - 2, 2);
        last.Shape.ShouldBe(new TensorShape(2, 1024));
        last.AsSpan<float>()[1024].ShouldBe(1.5f);
        last.AsSpan<float>()[0].ShouldBe(0);
    }

    [Fact]
    public void Compressed_doubles_become_the_inputs_floats_in_any_order()
    {
        using var folder = new TemporaryFolder();
        const int Rows = 50_000;
        using (var zip = ZipFile.Open(folder["x.npz"], ZipArchiveMode.Create))
        using (var entry = zip.CreateEntry("x.npy", CompressionLevel.Fastest).Open())
        {
            entry.Write(Header("<f8", $"{Rows}, 3"));
            entry.Write(MemoryMarshal.AsBytes<double>([.. Enumerable.Range(0, Rows * 3).Select(static i => i / 4.0)]));
        }

        using var source = InputSources.Open(new InputOptions { Source = folder["x.npz"] }, Vectors);

        source.Samples.ShouldBe(Rows);
        foreach (var (first, count) in new[] { (0, 20_000), (20_000, 30_000), (17, 2), (49_999, 1), (0, 1) })
        {
            Read(source, first, count).AsSpan<float>().ToArray().ShouldBe(
                Enumerable.Range(first * 3, count * 3).Select(static i => i / 4f));
        }
    }

    [Fact]
    public void A_value_far_down_that_the_input_cannot_hold_is_named_before_the_capture_begins()
    {
        using var folder = new TemporaryFolder();
        var values = new double[1 << 20];
        values[^2] = 0.5;
        NpyWriter.Write(folder["x.npy"], HostTensor.Create<double>(
            ElementType.Float64, new TensorShape(values.Length), values));

        Should.Throw<BadInputException>(() => InputSources.Open(
            new InputOptions { Source = folder["x.npy"] },
            [new("ids", ValueKind.Tensor, ElementType.Int64, [new Dimension(null, "batch")])])).Message.ShouldContain(
                "array 'tensor' is float64");
        File.Delete(folder["x.npy"]); // It was closed.
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void Rows_of_a_parquet_file_are_read_across_its_row_groups(int axis)
    {
        using var folder = new TemporaryFolder();
        Write(folder["x.parquet"], static row => [row, row + 0.25f, row + 0.5f]);
        var dimensions = axis == 0 ? Vectors[0].Dimensions! : [new Dimension(3, null), new Dimension(null, "batch")];
        using var source = InputSources.Open(
            new InputOptions { Source = folder["x.parquet"] }, [Vectors[0] with { Dimensions = dimensions }]);

        source.Samples.ShouldBe(2500);
        foreach (var (first, count) in new[] { (0, 10), (990, 20), (1999, 501), (5, 2400), (1000, 1000) })
        {
            var part = Read(source, first, count);
            part.Shape[axis].ShouldBe(count);
            for (var row = 0; row < count; row++)
            {
                for (var column = 0; column < 3; column++)
                {
                    part.AsSpan<float>()[axis == 0 ? (row * 3) + column : (column * count) + row].ShouldBe(
                        first + row + (column * 0.25f));
                }
            }

            var beside = source.Describe(first, count).ShouldHaveSingleItem();
            beside.Name.ShouldBe("label");
            beside.ValueAt(count - 1).ShouldBe(first + count - 1 == 7 ? null : (long)(first + count - 1) * 10);
        }
    }

    [Fact]
    public void Inputs_and_what_rides_along_are_captured_from_the_same_row_groups_at_the_same_time()
    {
        using var fixture = new CaptureFixture(Of(Graph(["x:batch,3"], ["y:batch,3"], Node("Neg", "x", "y"))));
        Write(fixture["x.parquet"], static row => [row, row + 0.25f, row + 0.5f]);

        var run = fixture.Capture("run", o => o with
        {
            Batch = 50,
            SegmentSamples = 150,
            Inputs = inputs => InputSources.Open(new InputOptions { Source = fixture["x.parquet"] }, inputs),
        });

        run.Read(run.Find("y")).AsSpan<float>().ToArray().ShouldBe(
            Enumerable.Range(0, 7500).Select(static i => -((i / 3) + (i % 3 * 0.25f))));
        run.ReadSamples().Values<long?>("label").ToArray().ShouldBe(Labels(0, 2500));
    }

    [Fact]
    public void A_list_of_another_length_in_a_later_row_group_is_refused_with_its_row()
    {
        using var folder = new TemporaryFolder();
        Write(folder["x.parquet"], static row => row == 2004 ? [1, 2] : [1, 2, 3]);

        Should.Throw<BadInputException>(() => InputSources.Open(
            new InputOptions { Source = folder["x.parquet"] }, Vectors)).Message.ShouldContain(
                "column 'x' holds 2 values in row 2004 and 3 in row 0");
    }

    [Fact]
    public void Labels_that_may_be_missing_ride_along_in_every_segment()
    {
        // Every column of pandas is one that may be missing.
        using var fixture = new CaptureFixture(
            Of(Graph(["x:batch,3"], ["y:batch,3"], Node("Neg", "x", "y"))), ("x", CaptureFixture.Normals(2500, 3)));
        Write(fixture["labels.parquet"], static _ => []);

        var samples = fixture.Capture("run", o => o with
        {
            Batch = 100,
            SegmentSamples = 500,
            Inputs = inputs => InputSources.Open(
                new InputOptions { Source = fixture.InputsPath, Labels = fixture["labels.parquet"] }, inputs),
        }).ReadSamples();

        samples.Values<long?>("label").ToArray().ShouldBe(Labels(0, 2500));
    }

    /// <summary>2,500 rows in row groups of 1,000, as another program writes them.</summary>
    private static void Write(string path, Func<int, float[]> list)
    {
        using var writer = new ParquetFileWriter(path, [new Column<float[]>("x"), new Column<long?>("label")]);
        for (var first = 0; first < 2500; first += 1000)
        {
            var rows = Enumerable.Range(first, Math.Min(1000, 2500 - first));
            using var group = writer.AppendRowGroup();
            using (var lists = group.NextColumn().LogicalWriter<float[]>())
            {
                lists.WriteBatch([.. rows.Select(list)]);
            }

            using var labels = group.NextColumn().LogicalWriter<long?>();
            labels.WriteBatch([.. Labels(first, rows.Count())]);
        }

        writer.Close();
    }

    private static IEnumerable<long?> Labels(int first, int count) =>
        Enumerable.Range(first, count).Select(static row => row == 7 ? null : (long?)row * 10);

    private static HostTensor Read(IInputSource source, long first, int count) =>
        ((TensorInput)source.Read(first, count)["x"]).Tensor;

    private static byte[] Header(string type, string shape) => System.Text.Encoding.Latin1.GetBytes(
        "\u0093NUMPY\u0001\0v\0"
            + $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}".PadRight(117) + "\n");
}
