using ParquetSharp;
using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Inputs;

/// <summary>The same samples from every kind of file, and columns that ride along.</summary>
public sealed class InputSourcesTests
{
    private const int Samples = 100;
    private static readonly HostTensor Values = CaptureFixture.Normals(Samples, 3);

    [Fact]
    public void Safetensors_give_the_values_that_npz_gives()
    {
        using var fixture = Fixture();
        SafetensorsWriter.Write(fixture["x.safetensors"], [TensorToWrite.From("x", Values)]);
        ShouldGiveTheSame(fixture, "x.safetensors");
    }

    [Fact]
    public void Lists_of_a_parquet_file_give_the_values_that_npz_gives_and_its_other_columns_ride_along()
    {
        using var fixture = Fixture();
        ParquetTable.Write(fixture["x.parquet"], Lists());
        var run = ShouldGiveTheSame(fixture, "x.parquet");
        var samples = run.ReadSamples();
        samples.Values<string>("word").ToArray().ShouldBe(Enumerable.Range(0, Samples).Select(i => $"w{i}"));
        samples.Columns.ShouldNotContain(c => c.Name == "x");
    }

    [Fact]
    public void Arrays_are_rounded_to_a_half_precision_input_but_never_to_infinity()
    {
        var graph = Graph([], [], Node("Neg", "x", "y"));
        graph.Input.Add(Value("x:batch,3", ElementType.Float16));
        graph.Output.Add(Value("y:batch,3", ElementType.Float16));
        using var fixture = new CaptureFixture(Of(graph), ("x", Values));
        var run = fixture.Capture("run");
        run.Read(run.Find("y")).AsSpan<float>().ToArray().ShouldBe(
            Values.AsSpan<float>().ToArray().Select(static v => -(float)(Half)v));
        using var large = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(1, 3), [1f, 70_000f, 1f])));
        Should.Throw<BadInputException>(() => large.Capture("run")).Message.ShouldContain(
            "array 'x' is float32 [1, 3]; the model takes float16 [batch, 3]");
    }

    [Fact]
    public void A_file_without_the_input_says_what_it_holds()
    {
        using var fixture = Fixture();
        NpzWriter.Write(
            fixture["two.npz"], [KeyValuePair.Create("left", Values), KeyValuePair.Create("right", Values)]);
        Should.Throw<BadInputException>(() => fixture.Capture(
            "bad", o => o with { Inputs = i => InputSources.Open(new() { Source = fixture["two.npz"] }, i) }))
            .Message.ShouldEndWith(
                "there is no array for input 'x' (float32 [batch, 3]). It holds: 'left', 'right'.");
        ParquetTable.Write(fixture["two.parquet"], new Table(TableColumn.Create("left", new float[Samples])));
        Should.Throw<BadInputException>(() => fixture.Capture(
            "bad", o => o with { Inputs = i => InputSources.Open(new() { Source = fixture["two.parquet"] }, i) }))
            .Message.ShouldEndWith("there is no array for input 'x' (float32 [batch, 3]). It holds: 'left'.");
        NpzWriter.Write(fixture["one.npz"], [KeyValuePair.Create("left", CaptureFixture.Normals(Samples, 4))]);
        Should.Throw<BadInputException>(() => fixture.Capture(
            "bad", o => o with { Inputs = i => InputSources.Open(new() { Source = fixture["one.npz"] }, i) }))
            .Message.ShouldContain("array 'left' is float32 [100, 4]; the model takes float32 [batch, 3]");
    }

    [Fact]
    public void What_is_taken_by_another_name_or_not_kept_is_said()
    {
        using var fixture = Fixture();
        NpzWriter.Write(fixture["one.npz"], [KeyValuePair.Create("left", Values)]);
        NpyWriter.Write(fixture["one.npy"], Values);
        ParquetTable.Write(fixture["ids.parquet"], new Table(
        [
            TableColumn.Create("sample_id", Enumerable.Range(7, Samples).Select(static i => (long)i).ToArray()),
            .. Lists().Columns,
        ]));
        var log = new List<string>();
        foreach (var file in new[] { "one.npz", "one.npy", "ids.parquet" })
        {
            using var opened = InputSources.Open(
                new() { Source = fixture[file], Log = log.Add },
                [new("x", ValueKind.Tensor, ElementType.Float32, [new Dimension(null, "batch"), new Dimension(3, null)])]);
            opened.Samples.ShouldBe(Samples);
        }

        log.ShouldBe(
        [
            $"{fixture["one.npz"]}: its only array, 'left', is taken for the only input, 'x'.",
            $"{fixture["ids.parquet"]}: the column 'sample_id' is not kept, for a run numbers its samples itself. Rename "
                + "it to keep it.",
        ]);
    }

    [Fact]
    public void A_model_of_one_batch_size_says_how_several_batches_are_given()
    {
        using var fixture = new CaptureFixture(
            Of(Graph(["x:8,4"], ["y:8,4"], Node("Neg", "x", "y"))), ("x", CaptureFixture.Normals(64, 4)));
        Should.Throw<BadInputException>(() => fixture.Capture("flat")).Message.ShouldEndWith(
            "array 'x' is float32 [64, 4]; the model takes float32 [8, 4], or for n runs [n, 8, 4].");

        var batches = HostTensor.Float32(
            new TensorShape(8, 8, 4), CaptureFixture.Normals(64, 4).AsSpan<float>().ToArray());
        NpzWriter.Write(fixture["batches.npz"], [KeyValuePair.Create("x", batches)]);
        var run = fixture.Capture("run", o => o with
        {
            Inputs = inputs => InputSources.Open(new() { Source = fixture["batches.npz"] }, inputs),
        });
        run.Read(run.Find("y")).AsSpan<float>().ToArray().ShouldBe(
            batches.AsSpan<float>().ToArray().Select(static v => -v));
    }

    [Theory]
    [InlineData("x.npz", "x.npz: no input of the model, and not read: 'other', 'X'. Inputs are: 'x'.")]
    [InlineData("x.parquet", null)]
    public void Arrays_that_are_no_input_are_named_unless_they_ride_along(string file, string? expected)
    {
        using var fixture = Fixture();
        NpzWriter.Write(
            fixture["x.npz"],
            [
                KeyValuePair.Create("other", Values), KeyValuePair.Create("x", Values),
                KeyValuePair.Create("X", Values),
            ]);
        ParquetTable.Write(fixture["x.parquet"], Lists());
        var log = new List<string>();

        fixture.Capture("run", o => o with
        {
            Inputs = inputs => InputSources.Open(new() { Source = fixture[file], Log = log.Add }, inputs),
        });

        log.ShouldBe(expected is null ? [] : [fixture[expected]]);
    }

    [Fact]
    public void Columns_that_a_table_does_not_hold_are_left_out_and_named_unless_the_model_needs_them()
    {
        using var fixture = Fixture();
        WriteForeign("x.parquet", "x");
        WriteForeign("labels.parquet", "mark");
        WriteForeign("when.parquet", "mark", "x");
        var log = new List<string>();

        var samples = Capture("x.parquet", "labels.parquet").ReadSamples();

        log.ShouldBe(
        [
            $"{fixture["x.parquet"]}: no input of the model, and not read for their type: 'when', 'nested'. Inputs are: "
                + "'x'.",
            $"{fixture["labels.parquet"]}: labels not read for their type: 'when', 'nested'.",
        ]);
        samples.Columns.Select(static column => column.Name).ShouldBe(["sample_id", "mark"]);
        Should.Throw<BadInputException>(() => Capture("when.parquet", "labels.parquet")).Message.ShouldStartWith(
            $"{fixture["when.parquet"]}: column 'x' is DateTime; a table holds");

        RunReader Capture(string file, string labels) => fixture.Capture("run", o => o with
        {
            Inputs = inputs => InputSources.Open(
                new() { Source = fixture[file], Labels = fixture[labels], Log = log.Add }, inputs),
        });

        void WriteForeign(string file, string lists, string times = "when")
        {
            using var writer = new ParquetFileWriter(
                fixture[file], [new Column<DateTime>(times), new Column<float[]>(lists), new Column<float[][]>("nested")]);
            using var group = writer.AppendRowGroup();
            group.NextColumn().LogicalWriter<DateTime>().WriteBatch([new DateTime(2026, 1, 1), new DateTime(2026, 1, 2)]);
            group.NextColumn().LogicalWriter<float[]>().WriteBatch([[1, 2, 3], [4, 5, 6]]);
            group.NextColumn().LogicalWriter<float[][]>().WriteBatch([[[1], [2]], [[3]]]);
        }
    }

    [Theory]
    [InlineData("random:1:9223372036854775807")]
    [InlineData("random:1:1000000000000001")]
    public void More_random_samples_than_can_be_counted_are_refused(string source)
    {
        using var fixture = Fixture();
        Should.Throw<BadInputException>(() => fixture.Capture(
            "bad", o => o with { Inputs = i => InputSources.Open(new() { Source = source }, i) }))
            .Message.ShouldContain("with N from 1 to 1000000000000000");
    }

    [Fact]
    public void A_size_beyond_all_numbers_is_refused_by_the_disk()
    {
        using var fixture = Fixture();
        using var preparation = CapturePreparation.Create(fixture.Options("bad") with
        {
            Inputs = i => InputSources.Open(new() { Source = "random:1:1000000000000000" }, i),
            SegmentSamples = long.MaxValue,
        });
        Should.Throw<BadInputException>(() => DiskQuota.Check(preparation)).Message.ShouldContain(
            "the run takes about");
    }

    [Fact]
    public void Patterns_of_layout_options_that_match_nothing_are_refused()
    {
        using var fixture = Fixture();
        Should.Throw<BadInputException>(() => fixture.Capture("bad", o => o with { FeatureAxes = [("summ", 0)] }))
            .Message.ShouldContain("--feature-axis: no value matches 'summ'. Nearest: 'sum'");
        Should.Throw<BadInputException>(() => fixture.Capture("bad", o => o with { Ragged = ["op:Relu"] }))
            .Message.ShouldContain("--ragged: no value matches 'op:Relu'");
    }

    [Fact]
    public void Lists_of_different_lengths_are_refused_with_their_row()
    {
        using var fixture = Fixture();
        ParquetTable.Write(
            fixture["x.parquet"], new Table(TableColumn.Create("x", new float[]?[] { [1, 2, 3], [1, 2] })));
        Should.Throw<BadInputException>(() => fixture.Capture("run", o => From(fixture, o, "x.parquet")))
            .Message.ShouldContain("column 'x' holds 2 values in row 1 and 3 in row 0");
    }

    [Fact]
    public void Labels_ride_along_from_npy_and_from_parquet_in_every_segment()
    {
        using var fixture = Fixture();
        long[] numbers = [.. Enumerable.Range(0, Samples).Select(i => (long)(i * i))];
        NpyWriter.Write(
            fixture["labels.npy"], HostTensor.Create<long>(ElementType.Int64, new TensorShape(Samples), numbers));
        ParquetTable.Write(fixture["labels.parquet"], new Table(
            TableColumn.Create("digit", numbers),
            TableColumn.Create("word", Enumerable.Range(0, Samples).Select(i => $"w{i}").ToArray())));
        var one = fixture
            .Capture("npy", o => From(fixture, o, "inputs.npz", "labels.npy") with { Batch = 8, SegmentSamples = 24 })
            .ReadSamples();
        one.Values<long>("label").ToArray().ShouldBe(numbers);
        var two = fixture
            .Capture("parquet", o => From(fixture, o, "inputs.npz", "labels.parquet")
                with { Batch = 8, SegmentSamples = 24 })
            .ReadSamples();
        two.Values<long>("digit").ToArray().ShouldBe(numbers);
        two.Values<string>("word")[99].ShouldBe("w99");
    }

    [Fact]
    public void Labels_leave_the_hash_of_the_inputs_so_that_runs_with_and_without_can_be_compared()
    {
        using var fixture = Fixture();
        NpyWriter.Write(fixture["labels.npy"], HostTensor.Create<long>(
            ElementType.Int64, new TensorShape(Samples), [.. Enumerable.Range(0, Samples).Select(i => (long)i)]));

        var with = fixture.Capture("with", o => From(fixture, o, "inputs.npz", "labels.npy")).Manifest.Plan.Inputs;
        var without = fixture.Capture("without", o => From(fixture, o, "inputs.npz")).Manifest.Plan.Inputs;

        with.Sha256.ShouldBe(without.Sha256);
        with.LabelsSha256.ShouldNotBeNull();
        without.LabelsSha256.ShouldBeNull();
    }

    [Fact]
    public void Labels_of_another_number_of_samples_are_refused()
    {
        using var fixture = Fixture();
        NpyWriter.Write(
            fixture["labels.npy"], HostTensor.Create<long>(ElementType.Int64, new TensorShape(3), [1, 2, 3]));
        Should.Throw<BadInputException>(() => fixture.Capture("run", o => From(fixture, o, "inputs.npz", "labels.npy")))
            .Message.ShouldContain("it holds 3 labels for 100 samples");
    }

    [Fact]
    public void Labels_whose_rows_are_not_in_the_order_of_their_samples_are_refused()
    {
        using var fixture = Fixture();
        ParquetTable.Write(fixture["labels.parquet"], new Table(
            TableColumn.Create("sample_id", Enumerable.Range(0, Samples).Select(static i => (long)(i ^ 1)).ToArray()),
            TableColumn.Create("label", new int[Samples])));

        Should.Throw<BadInputException>(
            () => fixture.Capture("run", o => From(fixture, o, "inputs.npz", "labels.parquet"))).Message.ShouldEndWith(
                "sample_id 0 stands below 1 (row 1), but labels are taken row by row. Sort the file by sample_id, or "
                    + "leave that column out.");
    }

    [Fact]
    public void A_capture_goes_on_with_the_same_samples_under_another_name_and_not_with_others_under_the_same()
    {
        using var fixture = Fixture();
        NpyWriter.Write(
            fixture["labels.npy"],
            HostTensor.Create<long>(ElementType.Int64, new TensorShape(Samples), new long[Samples]));
        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(Failing(fixture, "inputs.npz", "labels.npy")));

        float[] others = [.. Values.AsSpan<float>()];
        others[299]++;
        NpzWriter.Write(fixture["others.npz"], [KeyValuePair.Create("x", HostTensor.Float32(Values.Shape, others))]);
        ShouldBeRefused("others.npz", "labels.npy", "input values there");
        NpyWriter.Write(fixture["other-labels.npy"], HostTensor.Create<long>(
            ElementType.Int64, new TensorShape(Samples), [.. Enumerable.Range(0, Samples).Select(i => (long)i)]));
        ShouldBeRefused("inputs.npz", "other-labels.npy", "labels there");

        File.Move(fixture["inputs.npz"], fixture["moved.npz"]);
        File.Move(fixture["labels.npy"], fixture["moved.npy"]);
        CaptureFixture.CaptureOnly(From(fixture, fixture.Options("run"), "moved.npz", "moved.npy")
            with { Batch = 8, SegmentSamples = 24, Resume = true });
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
        RunReader.Open(fixture["run"]).Samples.ShouldBe(Samples);

        void ShouldBeRefused(string inputs, string labels, string reason) => Should.Throw<BadInputException>(() =>
            CaptureFixture.CaptureOnly(From(fixture, fixture.Options("run"), inputs, labels)
                with { Batch = 8, SegmentSamples = 24, Resume = true }))
            .Message.ShouldContain(reason);
    }

    [Fact]
    public void A_capture_does_not_go_on_with_a_parquet_file_whose_other_columns_changed()
    {
        using var fixture = Fixture();
        ParquetTable.Write(fixture["x.parquet"], Lists());
        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(Failing(fixture, "x.parquet", null)));
        ParquetTable.Write(
            fixture["x.parquet"], new Table([.. Lists().Columns.Where(c => c.Name == "x"), TableColumn.Create(
                "word", new string[Samples].Select(_ => "other").ToArray())]));
        Should.Throw<BadInputException>(() => CaptureFixture.CaptureOnly(
            From(fixture, fixture.Options("run"), "x.parquet") with { Batch = 8, SegmentSamples = 24, Resume = true }))
            .Message.ShouldContain("input values");
    }

    [Fact]
    public void Token_ids_and_numbers_that_may_be_null_come_from_the_columns_of_a_parquet_file()
    {
        var graph = Graph(
            ["a:batch"], ["z:batch"], Node("Identity", "tokens", "y"), Node("Neg", "a", "z"), Node("Neg", "d", "w"));
        graph.Input.Add(Value("tokens:batch,seq", ElementType.Int64));
        graph.Input.Add(Value("d:batch,1", ElementType.Float64));
        graph.Output.Add(Value("y:batch,seq", ElementType.Int64));
        graph.Output.Add(Value("w:batch,1", ElementType.Float64));
        using var fixture = new CaptureFixture(Of(graph));
        ParquetTable.Write(fixture["x.parquet"], new Table(
            TableColumn.Create("tokens", (long[]?[])[[1, 2, 3], [(1L << 53) + 1, 5, 6]]),
            TableColumn.Create("a", (double?[])[0.5, -1]),
            TableColumn.Create("d", (double[]?[])[[0.1], [0.2]])));

        var run = CaptureFrom("x.parquet");

        run.Read(run.Find("y")).AsSpan<long>().ToArray().ShouldBe([1, 2, 3, (1L << 53) + 1, 5, 6]);
        run.Read(run.Find("z")).AsSpan<float>().ToArray().ShouldBe([-0.5f, 1]);
        run.Read(run.Find("w")).AsSpan<double>().ToArray().ShouldBe([-0.1, -0.2]);

        ParquetTable.Write(fixture["gap.parquet"], new Table(
            TableColumn.Create("tokens", (long[]?[])[[1], [2]]), TableColumn.Create("a", (double?[])[0.5, null])));
        Should.Throw<BadInputException>(() => CaptureFrom("gap.parquet")).Message.ShouldEndWith(
            "column 'a' has no value in row 1; an input needs one for every sample.");

        ParquetTable.Write(fixture["ragged.parquet"], new Table(
            TableColumn.Create("tokens", (long[]?[])[[1, 2], [2]]), TableColumn.Create("a", [0.5, 1])));
        Should.Throw<BadInputException>(() => CaptureFrom("ragged.parquet")).Message.ShouldEndWith(
            "column 'tokens' holds 1 values in row 1 and 2 in row 0; samples of one input have one shape. Pad the "
                + "lists, or write a file for each length.");

        RunReader CaptureFrom(string file) => fixture.Capture(
            Path.ChangeExtension(file, null), o => o with { Inputs = i => InputSources.Open(
                new() { Source = fixture[file] }, i) });
    }

    [Fact]
    public void Random_token_ids_stay_within_the_table_that_looks_them_up()
    {
        var graph = Graph(
            ["tokens:batch,seq", "mask:batch,seq"],
            ["y", "z"],
            Node("Unsqueeze", "tokens axes", "column"),
            Node("Cast", "column", "indices", Attribute("to", (long)ElementType.Int32)),
            Node("Gather", "small indices", "y", Attribute("axis", -1L)),
            Node("Gather", "large tokens", "z"),
            Node("Add", "mask mask", "twice"),
            Node("Gather", "small twice", "unknown"));
        foreach (var input in graph.Input)
        {
            input.Type.TensorType.ElemType = (int)ElementType.Int64;
        }

        graph.Initializer.Add(Constant("axes", new TensorShape(1), 1L));
        graph.Initializer.Add(Constant("small", new TensorShape(2, 5), new float[10]));
        graph.Initializer.Add(Constant("large", new TensorShape(7, 2), new float[14]));
        var model = Of(graph);
        IndexRanges.Of(model).ShouldBe([("tokens", 5, "small")]);
    }

    [Fact]
    public void Extents_that_are_left_open_are_1_and_said()
    {
        ValueDescription[] inputs =
        [
            new("sound", ValueKind.Tensor, ElementType.Float32, [new Dimension(null, null), new Dimension(null, null)]),
            new("ids", ValueKind.Tensor, ElementType.Int64, [new Dimension(null, "batch"), new Dimension(null, "seq")]),
        ];
        var log = new List<string>();
        InputSources.Open(
            new InputOptions
            {
                Source = "random:1:10",
                Dimensions = new Dictionary<string, long> { ["seq"] = 5 },
                Log = log.Add,
            },
            inputs);

        log.ShouldBe(
            ["random:1:10: extents that the model leaves open are 1: 'sound.1' (--dim sound.1=8 says otherwise)."]);
    }

    [Fact]
    public void Random_samples_of_another_range_or_extent_are_other_samples()
    {
        ValueDescription[] inputs = [new(
            "ids", ValueKind.Tensor, ElementType.Int64, [new Dimension(null, "batch"), new Dimension(null, "seq")])];
        string? HashOf(long high, long seq) => InputSources.Open(
            new InputOptions
            {
                Source = "random:1:10",
                Ranges = new Dictionary<string, (long Low, long High)> { ["ids"] = (0, high) },
                Dimensions = new Dictionary<string, long> { ["seq"] = seq },
            },
            inputs).Sha256;
        HashOf(9, 3).ShouldBe(HashOf(9, 3));
        new[] { HashOf(9, 3), HashOf(8, 3), HashOf(9, 4) }.Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("random:1:10", "z", "--range z: the model has no such input. Nearest: 'x'. It has: x.")]
    [InlineData("random:1:10", "x", "--range x: the input is float32 [batch, 3]; ranges are for integers.")]
    [InlineData("inputs.npz", "x", "ranges are for random:SEED:N")]
    public void Ranges_that_fit_nothing_are_refused(string source, string name, string message)
    {
        using var fixture = Fixture();
        var options = new InputOptions
        {
            Source = source == "inputs.npz" ? fixture.InputsPath : source,
            Ranges = new Dictionary<string, (long Low, long High)> { [name] = (0, 1) },
        };
        Should.Throw<BadInputException>(() => fixture.Capture(
            "run",
            o => o with { Inputs = inputs => InputSources.Open(options, inputs) })).Message.ShouldContain(message);
    }

    [Fact]
    public void Extents_are_for_dimensions_that_the_inputs_have_and_that_of_the_samples_is_the_batch()
    {
        using var fixture = Fixture();
        Should.Throw<BadInputException>(
            () => fixture.Capture("run", o => o with { Dimensions = new Dictionary<string, long> { ["bacth"] = 8 } }))
            .Message.ShouldContain(
                "--dim bacth=8: the inputs have no such symbolic dimension. Nearest: 'batch'. They have: 'batch'.");
        fixture.Capture("run", o => o
            with { Dimensions = new Dictionary<string, long> { ["batch"] = 8 } }).Manifest.Plan.Batch.ShouldBe(8);
        fixture.Capture("two", o => o with
        {
            Batch = 4,
            Dimensions = new Dictionary<string, long> { ["batch"] = 8 },
        }).Manifest.Plan.Batch.ShouldBe(4);
    }

    [Fact]
    public void A_run_that_the_disk_has_no_room_for_is_refused_before_it_begins()
    {
        using var fixture = Fixture();
        using var preparation = CapturePreparation.Create(fixture.Options("run") with
        {
            Inputs = inputs => InputSources.Open(new InputOptions { Source = "random:1:1000000000000000" }, inputs),
        });
        Should.Throw<BadInputException>(() => DiskQuota.Check(preparation)).Message.ShouldContain(
            "left beyond a reserve of");
        Directory.Exists(fixture["run"]).ShouldBeFalse();
    }

    [Fact]
    public void A_run_of_statistics_needs_no_room_for_values()
    {
        using var fixture = Fixture();
        using var preparation = CapturePreparation.Create(fixture.Options("run") with
        {
            StatisticsOnly = true,
            Inputs = inputs => InputSources.Open(new InputOptions { Source = "random:1:1000000000000000" }, inputs),
        });
        Should.NotThrow(() => DiskQuota.Check(preparation));
    }

    private static CaptureFixture Fixture() => new(Linear(), ("x", Values));

    private static Table Lists() => new(
        TableColumn.Create("word", Enumerable.Range(0, Samples).Select(i => $"w{i}").ToArray()),
        TableColumn.Create("x", (float[]?[])[.. Values.AsSpan<float>().ToArray().Chunk(3)]));

    private static CaptureOptions From(
        CaptureFixture fixture, CaptureOptions options, string inputs, string? labels = null) =>
        options with
        {
            Inputs = model => InputSources.Open(
                new InputOptions { Source = fixture[inputs], Labels = labels is null ? null : fixture[labels] }, model),
        };

    private static CaptureOptions Failing(CaptureFixture fixture, string inputs, string? labels)
    {
        var options = From(fixture, fixture.Options("run"), inputs, labels);
        return options
            with { Batch = 8, SegmentSamples = 24, Inputs = model => new FailingInputs(options.Inputs(model), 48) };
    }

    private static RunReader ShouldGiveTheSame(CaptureFixture fixture, string inputs)
    {
        var expected = fixture.Capture("npz");
        var found = fixture.Capture("run", o => From(fixture, o, inputs));
        foreach (var tensor in expected.Tensors.Where(t => t.IsStored))
        {
            found.Read(found.Find(tensor.Name)).Bytes.ToArray().ShouldBe(
                expected.Read(tensor).Bytes.ToArray(), tensor.Name);
        }

        expected.Find("y").IsStored.ShouldBeTrue();
        return found;
    }
}
