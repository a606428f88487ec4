using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>
/// Statistics by channels of values whose shape the graph does not promise, with and without the values: against sums
/// over the numbers that went in, written out here.
/// </summary>
public sealed class ChannelStatisticsTests
{
    /// <summary>Of a channel's largest magnitude: float32 sums of some hundred numbers of one batch.</summary>
    private const double Tolerance = 1e-6;

    private const int Samples = 25;

    /// <summary>The end of the slice is known only when the model runs, and always the same.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_value_of_unknown_shape_has_channels_where_all_samples_agree(bool statisticsOnly)
    {
        using var fixture = Sliced("cut");
        var run = fixture.Capture("run", o => o with { Batch = 8, StatisticsOnly = statisticsOnly });
        ShouldBe(Channels(run, "cut"), Input(), x => x % 4 < 3 ? x % 4 : null, 3);
        var row = Row(run, "cut");
        (row("channels"), row("feature_axis"), row("batch_axis"), row("sample_shape")).ShouldBe((3, 1, 0, null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_value_whose_samples_differ_in_width_has_none(bool statisticsOnly)
    {
        var graph = Graph(
            ["x:batch,1"],
            ["y"],
            Node("Relu", "x", "r"),
            Node("NonZero", "r", "nz"),
            Node("Concat", "nz nz always", "y", Attribute("axis", 1)));
        graph.Initializer.Add(Constant("always", new TensorShape(2, 1), 7L, 7L));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(40, 1)));
        var run = fixture.Capture("run", o => o with { Batch = 1, StatisticsOnly = statisticsOnly });
        Channels(run, "y").ShouldBeEmpty();
        Row(run, "y")("channels").ShouldBeNull();
        run.ReadStatistics()[run.Find("y").Id].Whole.Maximum.ShouldBe(7);
    }

    /// <summary>Three iterations double what went in; the cube turns over, so that its features lie apart.</summary>
    [Theory]
    [InlineData(11, false)]
    [InlineData(11, true)]
    [InlineData(21, false)]
    [InlineData(21, true)]
    public void Values_in_loops_have_the_channels_of_all_iterations(long operatorSet, bool statisticsOnly)
    {
        using var fixture = Looped(operatorSet);
        var run = fixture.Capture("run", o => o with
        {
            Batch = 8,
            StatisticsOnly = statisticsOnly,
            FeatureAxes = [("*/cube", 1)],
        });
        float[] all = [.. Enumerable.Range(1, 3).SelectMany(i => Input().Select(x => x * MathF.Pow(2, i)))];
        ShouldBe(Channels(run, "Loop_y/body/double"), all, static x => x % 4, 4);
        ShouldBe(Channels(run, "Loop_y/body/cube"), all, static x => x % 4 / 2, 2);
        ShouldBe(Channels(run, "Loop_y/body/most"), [2, 2, 4, 4, 8, 8], static _ => 0, 1, counts: false);
        (Row(run, "Loop_y/body/cube")("feature_axis"), Row(run, "Loop_y/body/cube")("channels")).ShouldBe((1, 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Both_modes_tell_the_same_of_axes_and_channels(int batch)
    {
        using var fixture = Sliced("cut", "none", "number", "most", "flat", "turned", "constant");
        var full = fixture.Capture("full", o => o with { Batch = batch });
        var run = fixture.Capture("run", o => o with { Batch = batch, StatisticsOnly = true });
        ShouldBeTheSame(run, full);
        Row(full, "constant")("channels").ShouldBe(1);
        Row(full, "most")("channels").ShouldBe(1);
        Row(full, "flat")("channels").ShouldBe(4);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(21)]
    public void Both_modes_tell_the_same_of_loops(long operatorSet)
    {
        using var fixture = Looped(operatorSet);
        ShouldBeTheSame(
            fixture.Capture("run", o => o with { Batch = 8, StatisticsOnly = true }),
            fixture.Capture("full", o => o with { Batch = 8 }),
            except: "granularity");
    }

    /// <summary>Branches within branches, and a cache that grows.</summary>
    [Theory]
    [InlineData("silero_vad.onnx", 10_000, "stateN=state")]
    [InlineData("tiny-random-gpt2-fp32_past.onnx", 3_000, null)]
    public void Both_modes_tell_the_same_of_models_that_others_made(string model, int rows, string? carry)
    {
        var path = SharedData.Require("onnx", model);
        using var folder = new TemporaryFolder();
        RunReader Capture(string name, bool statisticsOnly)
        {
            CaptureFixture.CaptureOnly(new CaptureOptions
            {
                ModelPath = path,
                Folder = folder[name],
                StatisticsOnly = statisticsOnly,
                Batch = carry is null ? 2 : null,
                Carry = carry is null ? [] : [(carry.Split('=')[0], carry.Split('=')[1])],
                Inputs = inputs => InputSources.Open(
                    new InputOptions
                    {
                        Source = "random:1:3",
                        Dimensions = new Dictionary<string, long>(StringComparer.Ordinal) { ["input.1"] = 512 },
                        Ranges = inputs.Where(input => input.Name == "sr").ToDictionary(
                            input => input.Name, _ => (16000L, 16000L)),
                        Optional = new HashSet<string>(StringComparer.Ordinal) { "state" },
                    },
                    inputs),
            });
            return RunReader.Open(folder[name]);
        }

        var full = Capture("full", false);
        ShouldBeTheSame(Capture("run", true), full);
        ParquetTable.Read(Path.Combine(full.Folder, "channels.parquet")).RowCount.ShouldBeGreaterThan(rows);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_without_elements_counts_none_and_is_counted_among_the_values(bool statisticsOnly)
    {
        using var fixture = Sliced("none");
        using (var preparation = CapturePreparation.Create(
            fixture.Options("run") with { Batch = 8, StatisticsOnly = statisticsOnly }))
        {
            var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
            summary.Values.ShouldBe(
                ParquetTable.Read(Path.Combine(fixture["run"], "stats.parquet")).RowCount);
        }

        var run = RunReader.Open(fixture["run"]);
        run.ReadStatistics()[run.Find("none").Id].Whole.Count.ShouldBe(0);
        Channels(run, "none").ShouldBeEmpty();
    }

    /// <summary>One of the two branches is never taken.</summary>
    [Fact]
    public async Task Only_values_that_were_computed_are_said_to_have_statistics()
    {
        var graph = Graph(
            ["x:batch,3"],
            ["y:batch,3"],
            Node("If", "yes", "y", Attribute("then_branch", Graph([], ["p"], Node("Neg", "x", "n"), Node(
                "Abs", "n", "p"))), Attribute("else_branch", Graph([], ["q"], Node("Exp", "x", "e"), Node(
                    "Sin", "e", "q")))));
        graph.Input.Add(Value("yes:", ElementType.Boolean));
        using var fixture = new CaptureFixture(
            Of(graph),
            ("x", CaptureFixture.Normals(4, 3)),
            ("yes", HostTensor.Create<bool>(ElementType.Boolean, new TensorShape(4), [true, true, true, true])));
        using var preparation = CapturePreparation.Create(fixture.Options("run") with { StatisticsOnly = true });
        var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
        summary.Values.ShouldBe(3);
        ParquetTable.Read(Path.Combine(fixture["run"], "stats.parquet")).Values<string>("name").ToArray()
            .ShouldBe(["y", "If_y/then_branch/n", "If_y/then_branch/p"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("sum", 5, "'sum' is [batch, 2] and has no axis 5. Axes that can be given: 1.")]
    [InlineData("sum", -3, "'sum' is [batch, 2] and has no axis -3. Axes that can be given: 1.")]
    [InlineData("sum", 0, "'sum' is [batch, 2], and its axis 0 counts samples. Axes that can be given: 1.")]
    [InlineData("sum", 0, "'sum' is [batch, 2], and its axis 0 counts samples. Axes that can be given: 1.", 1)]
    [InlineData("s?m", 0, "'sum' is [batch, 2], and its axis 0 counts samples. Axes that can be given: 1.")]
    [InlineData("*", 2, "None of the 3 values that the pattern fits has it.")]
    public void A_feature_axis_that_a_value_does_not_have_is_refused(
        string pattern, int axis, string message, int? batch = null)
    {
        foreach (var statisticsOnly in new[] { false, true })
        {
            using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(20, 3)));
            Should.Throw<BadInputException>(() => fixture.Capture(
                "run",
                o => o with { Batch = batch, FeatureAxes = [(pattern, axis)], StatisticsOnly = statisticsOnly }))
                .Message.ShouldSatisfyAllConditions(
                    m => m.ShouldContain($"model.onnx: --feature-axis {pattern}={axis}: "),
                    m => m.ShouldContain(message));
            Directory.Exists(fixture["run"]).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pattern_sets_the_axis_of_those_that_have_it(bool statisticsOnly)
    {
        var graph = Graph(
            ["x:batch,2,3"], ["y:batch,6"], Node("Neg", "x", "cube"), Node("Reshape", "cube flat", "y"));
        graph.Initializer.Add(Constant("flat", new TensorShape(2), -1L, 6L));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(20, 2, 3)));
        var run = fixture.Capture("run", o => o with { FeatureAxes = [("*", -2)], StatisticsOnly = statisticsOnly });
        (run.Find("cube").FeatureAxis, run.Find("y").FeatureAxis).ShouldBe((1, 1));
        (Channels(run, "cube").Count, Channels(run, "y").Count).ShouldBe((2, 6));
    }

    /// <summary>
    /// What a slice whose end is computed gives of x [batch, 4]: <c>cut</c> three columns, <c>none</c> no column.
    /// Beside it one <c>number</c> of all, the <c>most</c> of each sample, all in one axis, turned over, and a
    /// constant.
    /// </summary>
    private static CaptureFixture Sliced(params string[] outputs)
    {
        var graph = Graph(
            ["x:batch,4"],
            outputs,
            Node("Mul", "x nothing", "zeros"),
            Node("ReduceMax", "zeros", "number", Attribute("keepdims", 0L)),
            Node("Cast", "number", "whole", Attribute("to", (long)ElementType.Int64)),
            Node("Add", "whole three", "end"),
            Node("Reshape", "end one", "ends"),
            Node("Slice", "x first ends one", "cut"),
            Node("Slice", "x first first one", "none"),
            Node("ReduceMax", "x one", "most", Attribute("keepdims", 0L)),
            Node("Reshape", "x all", "flat"),
            Node("Transpose", "cut", "turned"),
            Node("Neg", "three", "constant"));
        graph.Initializer.Add(Constant("nothing", new TensorShape(), 0f));
        graph.Initializer.Add(Constant("three", new TensorShape(), 3L));
        graph.Initializer.Add(Constant("one", new TensorShape(1), 1L));
        graph.Initializer.Add(Constant("first", new TensorShape(1), 0L));
        graph.Initializer.Add(Constant("all", new TensorShape(1), -1L));
        return new CaptureFixture(Of(graph), ("x", HostTensor.Float32(new TensorShape(Samples, 4), Input())));
    }

    /// <summary>
    /// Three iterations double x [batch, 4]; <c>cube</c> is [batch, 2, 2] of a shape that only the run tells, so that
    /// it arrives as a list where loops carry one; <c>most</c> is one number of each iteration.
    /// </summary>
    private static CaptureFixture Looped(long operatorSet)
    {
        var body = LoopBody(
            "i",
            "s:batch,4",
            Node("Add", "s s", "double"),
            Node("Cast", "i", "turn", Attribute("to", (long)ElementType.Float32)),
            Node("Pow", "two turn", "power"),
            Node("Mul", "power two", "most"),
            Node("Sub", "i i", "nothing"),
            Node("Add", "nothing square", "extents"),
            Node("Reshape", "double extents", "cube"),
            Node("Identity", "double", "s_out"));
        var graph = Graph(["x:batch,4"], ["y:batch,4"], Node("Loop", "trips _ x", "y", Attribute("body", body)));
        graph.Initializer.Add(Constant("two", new TensorShape(), 2f));
        graph.Initializer.Add(Constant("trips", new TensorShape(), 3L));
        graph.Initializer.Add(Constant("square", new TensorShape(3), -1L, 2L, 2L));
        var model = Of(graph);
        model.OpsetImport[0].Version = operatorSet;
        return new CaptureFixture(model, ("x", HostTensor.Float32(new TensorShape(Samples, 4), Input())));
    }

    private static float[] Input() => [.. CaptureFixture.Normals(Samples, 4).AsSpan<float>()];

    private static void ShouldBe(
        IReadOnlyList<(long Count, double Minimum, double Maximum, double Mean)> found,
        float[] numbers,
        Func<int, int?> channelOf,
        int channels,
        bool counts = true)
    {
        found.Count.ShouldBe(channels);
        for (var channel = 0; channel < channels; channel++)
        {
            double[] own = [.. numbers.Where((_, at) => channelOf(at) == channel).Select(x => (double)x)];
            (found[channel].Minimum, found[channel].Maximum).ShouldBe((own.Min(), own.Max()));
            if (counts)
            {
                found[channel].Count.ShouldBe(own.Length);
                found[channel].Mean.ShouldBe(own.Average(), Tolerance * own.Max(Math.Abs));
            }
        }
    }

    /// <summary>Rows of tensors, statistics and channels, all but what only stored values have.</summary>
    private static void ShouldBeTheSame(RunReader run, RunReader full, params string[] except)
    {
        string[] columns = [.. new[]
        {
            "name", "original_dtype", "dims", "granularity", "sample_shape", "channels", "feature_axis", "batch_axis",
        }.Except(except)];
        var stored = full.Tensors.Where(t => t.IsStored).Select(t => t.Name).ToHashSet();
        Texts(run, "tensors", columns, stored).ShouldBe(Texts(full, "tensors", columns, stored));
        foreach (var table in new[] { "stats", "channels" })
        {
            string[] numbers = ["name", "n", "nan", "zeros", "min", "max"];
            string[] exact = table == "stats" ? numbers : [.. numbers, "channel"];
            Texts(run, table, exact, stored).ShouldBe(Texts(full, table, exact, stored));
            var (found, expected) = (Values(run, table, "mean"), Values(full, table, "mean"));
            var scale = Values(full, table, "absmax");
            for (var row = 0; row < found.Length; row++)
            {
                found[row].ShouldBe(expected[row], Tolerance * (1 + scale[row]));
            }
        }
    }

    private static string[] Texts(RunReader run, string table, string[] columns, HashSet<string> names)
    {
        var read = ParquetTable.Read(Path.Combine(run.Folder, $"{table}.parquet"));
        return
        [
            .. Enumerable.Range(0, read.RowCount)
                .Where(row => names.Contains((string)read["name"].ValueAt(row)!))
                .Select(row => string.Join("; ", columns.Select(column => $"{column} {read[column].ValueAt(row)}"))),
        ];
    }

    private static double[] Means(RunReader run, string table) => Values(run, table, "mean");

    private static double[] Values(RunReader run, string table, string column) =>
        ParquetTable.Read(Path.Combine(run.Folder, $"{table}.parquet")).Values<double>(column).ToArray();

    private static Func<string, object?> Row(RunReader run, string name)
    {
        var table = ParquetTable.Read(Path.Combine(run.Folder, "tensors.parquet"));
        var row = run.Find(name).Id;
        return column => table[column].ValueAt(row);
    }

    private static IReadOnlyList<(long Count, double Minimum, double Maximum, double Mean)> Channels(
        RunReader run, string name)
    {
        var table = ParquetTable.Read(Path.Combine(run.Folder, "channels.parquet"));
        return
        [
            .. Enumerable.Range(0, table.RowCount)
                .Where(row => (string)table["name"].ValueAt(row)! == name)
                .OrderBy(row => (int)table["channel"].ValueAt(row)!)
                .Select(row => (
                    (long)table["n"].ValueAt(row)!,
                    (double)table["min"].ValueAt(row)!,
                    (double)table["max"].ValueAt(row)!,
                    (double)table["mean"].ValueAt(row)!)),
        ];
    }
}
