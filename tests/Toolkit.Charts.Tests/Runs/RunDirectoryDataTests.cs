using System.Runtime.InteropServices;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Charts.Tests.Runs;

public sealed class RunDirectoryDataTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Channels_of_a_value_with_positions_are_rows_of_all_samples()
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);

        var matrix = await run.ChannelsAsync("hook", [4, 1, 9], Cancellation);

        // 6 samples of [2 positions, 5 features]: feature 4 and 1 of position 0, feature 4 of position 1.
        (matrix.Rows, matrix.Columns).ShouldBe((3, 6));
        matrix[0, 2].ShouldBe((2 * 10) + 4);
        matrix[1, 5].ShouldBe((5 * 10) + 1);
        matrix[2, 0].ShouldBe(9);
    }

    [Fact]
    public async Task Channels_of_one_position_are_those_of_that_position()
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);

        foreach (var features in new int[][] { [6, 9], [9, 6], [0, 3], [5, 5] })
        {
            var matrix = await run.ChannelsAsync("hook", features, Cancellation);
            for (var sample = 0; sample < 6; sample++)
            {
                features.Select((_, i) => matrix[i, sample]).ShouldBe(features.Select(f => (sample * 10f) + f));
            }
        }
    }

    [Fact]
    public void Axes_of_an_image_are_those_of_the_model_with_the_features_last()
    {
        using var folder = new TemporaryFolder();
        Write(folder);
        var path = folder["run", "tensors.parquet"];
        var table = ParquetTable.Read(path);
        var at = table.Values<string>("name").ToArray().IndexOf("hook");
        var features = Enumerable.Range(0, table.RowCount).Select(row => (int?)table["feature_axis"].ValueAt(row));
        ParquetTable.Write(path, new Table([.. table.Columns.Select(column => column.Name == "feature_axis"
            ? TableColumn.Create(column.Name, [.. features.Select((axis, row) => row == at ? 1 : axis)])
            : column)]));

        RunDirectoryData.Open(folder["run"]).Activations.First(value => value.Name == "hook").ModelAxes
            .ShouldBe([2, 1]);
    }

    [Fact]
    public async Task Activations_are_samples_by_flattened_features()
    {
        using var folder = new TemporaryFolder();

        var matrix = await Write(folder).ActivationAsync("hook", 3, 2, Cancellation);

        (matrix.Rows, matrix.Columns).ShouldBe((2, 10));
        matrix[1, 7].ShouldBe((4 * 10) + 7);
    }

    [Fact]
    public async Task Integers_arrive_as_numbers_that_can_be_drawn()
    {
        using var folder = new TemporaryFolder();

        (await Write(folder).ActivationAsync("ids", 0, 6, Cancellation)).Values.ToArray().ShouldBe([0, 1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task Results_are_the_tables_in_the_results_folder()
    {
        using var folder = new TemporaryFolder();
        Write(folder);
        ParquetTable.Write(
            folder["run", "results", "training.parquet"], new Table(TableColumn.Create("epoch", [1.0, 2.0])));
        await File.WriteAllTextAsync(folder["run", "results", "training.json"], "{\"a\": 1}", Cancellation);
        await File.WriteAllTextAsync(folder["run", "results", "broken.json"], "{", Cancellation);
        var run = RunDirectoryData.Open(folder["run"]);

        run.Results.ShouldBe(["training"]);
        (await run.ResultAsync("training", Cancellation)).RowCount.ShouldBe(2);
        (await run.SummaryAsync("training", Cancellation))!.Value.GetProperty("a").GetInt32().ShouldBe(1);
        (await run.SummaryAsync("none", Cancellation)).ShouldBeNull();
        (await Should.ThrowAsync<BadInputException>(() => run.ResultAsync("svd", Cancellation))).Message.ShouldContain(
            "There are: training");
        (await Should.ThrowAsync<BadInputException>(
            () => run.SummaryAsync("broken", Cancellation))).Message.ShouldContain(
            "not JSON");
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("..\\secret")]
    [InlineData("/etc/passwd")]
    public async Task Names_of_results_are_no_paths(string name)
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);
        await File.WriteAllTextAsync(folder["run", "secret.json"], "{\"secret\": 1}", Cancellation);

        (await run.SummaryAsync(name, Cancellation)).ShouldBeNull();
        await Should.ThrowAsync<BadInputException>(() => run.ResultAsync(name, Cancellation));
    }

    [Fact]
    public async Task Statistics_that_were_not_kept_are_null()
    {
        using var folder = new TemporaryFolder();

        (await Write(folder).StatisticsAsync("hook", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_missing_file_of_values_is_bad_input()
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);
        Directory.Delete(folder["run", "activations"], recursive: true);

        await Should.ThrowAsync<BadInputException>(() => run.ActivationAsync("hook", 0, 1, Cancellation));
    }

    [Fact]
    public async Task Sample_columns_are_text()
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);

        run.SampleColumns.ShouldContain("label");
        (await run.SampleColumnAsync("label", [4, 2, 4], Cancellation)).ShouldBe(["4.5", "2.5", "4.5"]);
        (await run.SampleColumnAsync("label", [], Cancellation)).ShouldBeEmpty();
        (await Should.ThrowAsync<BadInputException>(
            () => run.SampleColumnAsync("colour", [0], Cancellation))).Message.ShouldContain(
            "label");
    }

    [Fact]
    public async Task Samples_that_the_table_of_samples_lacks_are_bad_input()
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);

        (await Should.ThrowAsync<BadInputException>(() => run.SampleColumnAsync("label", [2, 6], Cancellation)))
            .Message.ShouldContain("the table of samples has 6 rows; one for sample 6 was expected");
    }

    [Fact]
    public void A_run_without_a_model_has_no_weights_and_no_group()
    {
        using var folder = new TemporaryFolder();
        var run = Write(folder);

        run.Weights.ShouldBeEmpty();
        run.Group.ShouldBeNull();
        run.Name.ShouldBe("run");
        run.Activations
            .Select(tensor => (tensor.Name, tensor.Rows, tensor.Channels))
            .ShouldBe([("hook", 2, 5), ("ids", 1, 1)]);
    }

    [Fact]
    public async Task Records_are_constants_and_values_whose_samples_differ_in_shape()
    {
        using var folder = new TemporaryFolder();
        TensorEntry[] tensors =
        [
            new()
            {
                Id = 0,
                Name = "table",
                StoredType = "float32",
                Granularity = RowGranularity.Constant,
                SampleShape = [2, 3],
            },
            new() { Id = 1, Name = "tokens", StoredType = "int64" },
        ];
        using var writer = RunWriter.Open(
            folder["run"], new RunPlan { Samples = 3, Batch = 3, SegmentSamples = 3, Tensors = tensors });
        foreach (var (index, first, samples) in writer.Remaining())
        {
            using var segment = writer.Begin(index, first, samples);
            segment.Append(tensors[0], [0, 0], [0, 1], MemoryMarshal.AsBytes<float>([0, 1, 2, 3, 4, 5]));
            segment.AddStatistics(tensors[1], new StatisticsNode<TensorStatistics>(0, 0, SevenToThirteen()));
            segment.Activations(tensors[1]).AppendRagged(0, 0, MemoryMarshal.AsBytes<long>([7, 8]), [2, 2]);
            segment.Activations(tensors[1]).AppendRagged(0, 1, MemoryMarshal.AsBytes<long>([9, 10]), [2, 2]);
            segment.Activations(tensors[1]).AppendRagged(2, 0, MemoryMarshal.AsBytes<long>([11, 12, 13]), [3]);
            segment.Complete(new Table(TableColumn.Create("sample_id", [0L, 1, 2])));
        }

        writer.Complete(TimeProvider.System);
        var run = RunDirectoryData.Open(folder["run"]);

        run.Activations.ShouldBeEmpty();
        run.Records.ShouldBe(
            [new RunRecord("table", "float32", IsConstant: true), new RunRecord("tokens", "int64", IsConstant: false)]);
        (await Read("table", 2)).ShouldBe("[2,3] 0 1 2 3 4 5 in 3 columns");
        (await Read("tokens", 0)).ShouldBe("[2,2] 7 8 9 10 in 2 columns");
        (await Read("tokens", 2)).ShouldBe("[3] 11 12 13 in 3 columns");
        (await Should.ThrowAsync<BadInputException>(() => Read("tokens", 1))).Message.ShouldContain(
            "sample 1 has no value of 'tokens'");
        var chart = await new RunCharts().DrawAsync(
            run,
            new ChartRequest(
                "record-heat-map", new Dictionary<string, string> { ["record"] = "tokens", ["sample"] = "2" }),
            Cancellation);
        chart.Title.ShouldBe("tokens [3]: sample 2");

        var bars = (HistogramMark)(await new RunCharts().DrawAsync(
            run,
            new ChartRequest("record-histogram", new Dictionary<string, string> { ["record"] = "tokens" }),
            Cancellation)).Panels[0].Marks[0];
        (bars.Edges[0], bars.Edges[^1], Math.Round(bars.Counts.Sum(), 6)).ShouldBe((7, 13, 7));

        static TensorStatistics SevenToThirteen()
        {
            var histogram = new LogHistogram();
            for (var value = 7; value <= 13; value++)
            {
                histogram.Add(value);
            }

            return new TensorStatistics(new ValueStatistics(7, 0, 0, 0, 0, 7, 13, 10, 28), histogram, 1, null);
        }

        async Task<string> Read(string name, long sample)
        {
            var (shape, values) = await run.RecordAsync(name, sample, Cancellation);
            return $"[{string.Join(',', shape)}] {string.Join(' ', values.Values.ToArray())} in {values.Columns} columns";
        }
    }

    private static RunDirectoryData Write(TemporaryFolder folder)
    {
        new RunBuilder()
            .Tensor("hook", HostTensor.Float32(
                new TensorShape(6, 2, 5), [.. Enumerable.Range(0, 60).Select(i => (float)i)]))
            .Tensor("ids", HostTensor.Create<long>(ElementType.Int64, new TensorShape(6, 1), [0, 1, 2, 3, 4, 5]))
            .Samples(new Table(TableColumn.Create("label", [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])))
            .Write(folder["run"]);
        return RunDirectoryData.Open(folder["run"]);
    }
}
