using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using ParquetSharp;
using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests;

public sealed class CaptureSessionTests
{
    [Fact]
    public void Every_value_comes_back_bit_for_bit_through_three_readers()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        var run = fixture.Capture("run", o => o with { Batch = 64, SegmentSamples = 256 });
        foreach (var name in new[] { "product", "sum", "y" })
        {
            var expected = fixture.Expect(name, 0, 1000, 64);
            run.Read(run.Find(name)).Bytes.ToArray().ShouldBe(expected, name);
            run.Read(run.Find(name), 100, 300).Bytes.ToArray().ShouldBe(expected[800..3200], name);
            var files = Directory.GetFiles(Path.Combine(run.Folder, "activations", $"tensor={run.Find(name).Id}"))
                .Order(StringComparer.Ordinal)
                .ToArray();
            files.Length.ShouldBe(4);
            MemoryMarshal.AsBytes<float>(files.SelectMany(ByParquetSharp).ToArray()).ToArray().ShouldBe(expected, name);
            MemoryMarshal.AsBytes<float>(ByDuckDb(files)).ToArray().ShouldBe(expected, name);
        }

        RunVerification.Verify(run.Folder).Faults.ShouldBeEmpty();
        run.Manifest.Plan.OutputDifference.ShouldBe(0);
        run.ReadSamples().Values<long>("sample_id").ToArray().ShouldBe(Enumerable.Range(0, 1000).Select(i => (long)i));
    }

    [Fact]
    public void Statistics_are_those_of_the_values()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        var run = fixture.Capture("run", o => o with { Batch = 64, SegmentSamples = 256 });
        var y = run.Find("y");
        var values = run.Read(y).AsSpan<float>().ToArray().Select(v => (double)v).ToArray();
        var statistics = run.ReadStatistics()[y.Id];
        statistics.Whole.Count.ShouldBe(2000);
        statistics.Whole.Zeros.ShouldBe(values.Count(v => v == 0));
        statistics.Whole.Mean.ShouldBe(values.Average(), 1e-12);
        statistics.Whole.M2.ShouldBe(values.Sum(v => Math.Pow(v - values.Average(), 2)), 1e-8);
        statistics.Channels!.Count.ShouldBe(2);
        statistics.Channels[1].Maximum.ShouldBe(values.Where((_, i) => i % 2 == 1).Max());
        statistics.Histogram!.Counts.ToArray().Sum().ShouldBe(2000);
    }

    [Fact]
    public void Checkpoints_beside_the_model_are_kept_evenly_the_first_and_last_among_them()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(10, 3)));
        var training = Directory.CreateDirectory(
            Path.Combine(Path.GetDirectoryName(fixture.Options("run").ModelPath)!, "checkpoints")).FullName;
        for (var epoch = 0; epoch <= 200; epoch++)
        {
            File.WriteAllText(Path.Combine(training, $"epoch_{epoch}.safetensors"), $"{epoch}");
        }

        fixture.Capture("run", o => o);
        var kept = CheckpointSeries.Find(fixture["run"]);
        kept.Count.ShouldBe(60);
        kept[0].Epoch.ShouldBe(0);
        kept[^1].Epoch.ShouldBe(200);
        kept.Zip(kept.Skip(1), (one, next) => next.Epoch - one.Epoch).ShouldAllBe(step => step == 3 || step == 4);
        kept.ShouldAllBe(checkpoint => File.ReadAllText(checkpoint.Path) == $"{checkpoint.Epoch}");
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
    }

    [Fact]
    public void Four_shards_give_what_one_process_gives()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        var one = fixture.Capture("one", o => o with { Batch = 64, SegmentSamples = 128 });
        foreach (var shard in new[] { 2, 0, 3, 1 })
        {
            Should.Throw<BadInputException>(() => RunMerge.Complete(fixture["four"], TimeProvider.System));
            CaptureFixture.CaptureOnly(
                fixture.Options("four") with { Batch = 64, SegmentSamples = 128, Shard = shard, Shards = 4 });
        }

        RunMerge.Complete(fixture["four"], TimeProvider.System);
        var four = RunReader.Open(fixture["four"]);
        foreach (var tensor in one.Tensors.Where(t => t.IsStored))
        {
            four.Read(four.Find(tensor.Name)).Bytes.ToArray().ShouldBe(one.Read(tensor).Bytes.ToArray());
            four.ReadStatistics()[tensor.Id].Whole.ShouldBe(one.ReadStatistics()[tensor.Id].Whole);
            four.ReadStatistics()[tensor.Id].Channels.ShouldBe(one.ReadStatistics()[tensor.Id].Channels);
        }

        File.ReadAllBytes(fixture["four/stats.parquet"]).ShouldBe(File.ReadAllBytes(fixture["one/stats.parquet"]));
    }

    [Fact]
    public void A_capture_that_failed_anywhere_goes_on_to_the_same_bytes()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(500, 3)));
        CaptureOptions At(string run, long failAt) => fixture.Options(run) with
        {
            Batch = 32,
            SegmentSamples = 64,
            ByChannel = true,
            Inputs = inputs => new FailingInputs(
                InputSources.Open(new InputOptions { Source = fixture.InputsPath }, inputs), failAt),
        };
        CaptureFixture.CaptureOnly(At("whole", 1000));
        var whole = fixture.Files("whole");
        for (var failAt = 32; failAt < 500; failAt += 32)
        {
            var run = $"run{failAt}";
            Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(At(run, failAt))).Message.ShouldBe(
                "the lights went out");
            Should.Throw<BadInputException>(() => RunReader.Open(fixture[run])).Message.ShouldContain(
                "the run is not finished");

            // What a killed process leaves beside: files that nobody finished.
            Directory.CreateDirectory(fixture[$"{run}/activations/tensor=1"]);
            File.WriteAllText(fixture[$"{run}/activations/tensor=1/.part-0-{failAt / 64}.parquet.tmp"], "half");
            File.WriteAllText(fixture[$"{run}/activations/tensor=1/part-0-{failAt / 64}.parquet"], "half");
            Directory.CreateDirectory(fixture[$"{run}/by-channel/tensor=1/block=0"]);
            File.WriteAllText(fixture[$"{run}/by-channel/tensor=1/block=0/part-0-{failAt / 64}.parquet"], "half");
            Should.Throw<BadInputException>(() => CaptureFixture.CaptureOnly(At(run, 1000))).Message.ShouldContain(
                "unfinished capture");
            CaptureFixture.CaptureOnly(At(run, 1000) with { Resume = true });
            fixture.Files(run).ShouldBe(whole, run);
        }
    }

    [Fact]
    public void A_capture_by_channels_holds_the_same_values_however_it_was_divided()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(1000, 3)));
        var one = fixture.Capture("one", o => o with { Batch = 64, ByChannel = true });
        for (var shard = 0; shard < 3; shard++)
        {
            CaptureFixture.CaptureOnly(fixture.Options("three")
                with { Batch = 64, SegmentSamples = 128, Shard = shard, Shards = 3, ByChannel = true });
        }

        RunMerge.Complete(fixture["three"], TimeProvider.System);
        var three = RunReader.Open(fixture["three"]);
        var wide = one.Tensors.Where(t => t is { IsStored: true, Channels: > 1 }).ToList();
        wide.ShouldNotBeEmpty();
        foreach (var tensor in wide)
        {
            one.IsByChannel(tensor).ShouldBeTrue();
            for (var channel = 0; channel < tensor.Channels; channel++)
            {
                var expected = Enumerable.Range(0, 1000)
                    .Select(row => one.Read(tensor).AsSpan<float>()[(row * tensor.Channels.Value) + channel])
                    .ToArray();
                one.ReadByChannel(tensor, [channel], 0, 1000).AsSpan<float>().ToArray().ShouldBe(expected);
                three.ReadByChannel(three.Find(tensor.Name), [channel], 0, 1000).AsSpan<float>().ToArray().ShouldBe(
                    expected);
            }
        }

        RunVerification.Verify(fixture["three"]).Faults.ShouldBeEmpty();
        var block = Directory.EnumerateFiles(
            fixture["three/by-channel"], "part-2-0.parquet", SearchOption.AllDirectories)
            .First();
        File.Delete(block);
        RunVerification.Verify(fixture["three"]).Faults.ShouldHaveSingleItem().ShouldContain("by-channel");
        File.Delete(fixture["three/manifest.json"]);
        Should.Throw<BadInputException>(() => RunMerge.Complete(fixture["three"], TimeProvider.System)).Message
            .ShouldContain("by-channel");
    }

    [Theory]
    [InlineData(100_000, false, null, true)]
    [InlineData(99_999, false, null, false)]
    [InlineData(100_000, false, false, false)]
    [InlineData(100_000, true, null, false)]
    [InlineData(8, true, true, true)]
    public void A_capture_is_written_by_channels_too_from_a_hundred_thousand_samples_on_unless_speed_is_wanted(
        int samples, bool forSpeed, bool? wanted, bool expected)
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(samples, 3)));
        using var preparation = CapturePreparation.Create(
            fixture.Options("run") with { ForSpeed = forSpeed, ByChannel = wanted });
        (preparation.Plan.ChannelBlockRows is not null).ShouldBe(expected);
        (preparation.ChannelBytes > 0).ShouldBe(expected);
    }

    [Fact]
    public void A_capture_goes_on_where_the_same_model_is_named_by_another_path()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(100, 3)));
        fixture.Capture("run");
        File.Copy(fixture.ModelPath, fixture["copy.onnx"]);
        Should.NotThrow(() => fixture.Capture("run", o => o with { ModelPath = fixture["copy.onnx"], Resume = true }));
    }

    [Fact]
    public void Another_capture_cannot_go_on_in_the_same_folder()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(100, 3)));
        fixture.Capture("run", o => o with { Batch = 32 });
        Should.Throw<BadInputException>(() => fixture.Capture("run", o => o with { Batch = 16, Resume = true }))
            .Message.ShouldContain("the folder holds another capture (batch there: 32, here: 16)");
        Should.Throw<BadInputException>(() => fixture.Capture(
            "run", o => o with { Batch = 32, Covariance = ["*"], Resume = true }))
            .Message.ShouldContain("another capture (covariances of values there: none, here: ");
        Should.Throw<BadInputException>(() => fixture.Capture("run", o => o with { Batch = 32 })).Message.ShouldContain(
            "complete");
    }

    [Fact]
    public void Cancelling_keeps_finished_segments()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(2000, 3)));
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => CaptureFixture.CaptureOnly(
            fixture.Options("run") with { Batch = 8, SegmentSamples = 16 }, new After(stop, 100), stop.Token));
        var check = RunVerification.Verify(fixture["run"]);
        check.FinishedSamples.ShouldBeInRange(16, 1999);
        check.Faults.ShouldBeEmpty();
        Directory.EnumerateFiles(fixture["run"], "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
        fixture.Capture("run", o => o with { Batch = 8, SegmentSamples = 16, Resume = true }).Samples.ShouldBe(2000);
    }

    [Fact]
    public void Images_are_stored_with_their_channels_together()
    {
        var graph = Graph(
            ["x:batch,3,4,5"],
            ["z"],
            Node("MaxPool", "x", "p", Attribute("kernel_shape", 1, 1)),
            Node("Relu", "p", "r"),
            Node("Flatten", "r", "z"));
        var x = CaptureFixture.Normals(7, 3, 4, 5);
        using var fixture = new CaptureFixture(Of(graph), ("x", x));
        var run = fixture.Capture("run");
        var p = run.Find("p");
        p.SampleShape.ShouldBe([4L, 5L, 3L]);
        p.FeatureAxis.ShouldBe(1);
        var stored = run.Read(p).AsSpan<float>();
        var source = x.AsSpan<float>();
        for (var n = 0; n < 7; n++)
        {
            for (var c = 0; c < 3; c++)
            {
                for (var at = 0; at < 20; at++)
                {
                    stored[(((n * 20) + at) * 3) + c].ShouldBe(source[(((n * 3) + c) * 20) + at]);
                }
            }
        }

        run.Find("r").SampleShape.ShouldBe([4L, 5L, 3L]);
        run.Find("z").SampleShape.ShouldBe([60L]);
        fixture.Capture("last", o => o with { FeatureAxes = [("p", -1)] }).Find("p").SampleShape.ShouldBe([3L, 4L, 5L]);
    }

    [Fact]
    public void Images_stay_images_behind_a_group_normalisation_and_a_split()
    {
        var graph = Graph(
            ["x:batch,4,3,5"],
            ["z"],
            Node("MaxPool", "x", "p", Attribute("kernel_shape", 1, 1)),
            Node("Reshape", "p groups", "g"),
            Node("InstanceNormalization", "g ones ones", "i"),
            Node("Reshape", "i image", "n"),
            Node("Split", "n", "s t", Attribute("axis", 1L), Attribute("num_outputs", 2L)),
            Node("Softmax", "s", "m", Attribute("axis", 1L)),
            Node("Flatten", "m", "z"));
        graph.Initializer.Add(Constant("ones", new TensorShape(2), 1f, 1f));
        graph.Initializer.Add(Constant("groups", new TensorShape(3), 0L, 2L, -1L));
        graph.Initializer.Add(Constant("image", new TensorShape(4), 0L, 4L, 3L, 5L));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(7, 4, 3, 5)));
        var run = fixture.Capture("run");
        run.Find("n").SampleShape.ShouldBe([3L, 5L, 4L]);
        foreach (var name in (string[])["s", "t", "m"])
        {
            run.Find(name).SampleShape.ShouldBe([3L, 5L, 2L]);
        }
    }

    [Fact]
    public void What_a_convolution_or_pool_takes_is_an_image_from_the_input_on()
    {
        var graph = Graph(
            ["x:batch,3,4,5"],
            ["z"],
            Node("Sub", "x mean", "centred"),
            Node("Abs", "x", "aside"),
            Node("Div", "centred deviation", "scaled"),
            Node("MaxPool", "scaled", "p", Attribute("kernel_shape", 1, 1)),
            Node("Flatten", "p", "z"));
        graph.Initializer.Add(Constant("mean", new TensorShape(3, 1, 1), 1f, 2f, 3f));
        graph.Initializer.Add(Constant("deviation", new TensorShape(3, 1, 1), 1f, 2f, 3f));
        graph.Output.Add(Value("aside:batch,3,4,5"));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(7, 3, 4, 5)));
        var run = fixture.Capture("run");
        foreach (var name in (string[])["centred", "aside", "scaled", "p"])
        {
            run.Find(name).SampleShape.ShouldBe([4L, 5L, 3L], name);
        }
    }

    [Fact]
    public void Shapes_that_the_model_leaves_open_are_those_that_the_samples_give()
    {
        var graph = Graph(
            ["x:batch,3,height,width"],
            ["y"],
            Node("MaxPool", "x", "p", Attribute("kernel_shape", 2, 2), Attribute("strides", 2, 2)),
            Node("NonZero", "p", "where"),
            Node("GlobalAveragePool", "p", "y"));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(7, 3, 8, 6)));
        var run = fixture.Capture("run");

        run.Find("p").SampleShape.ShouldBe([4L, 3L, 3L]);
        run.Find("p").Granularity.ShouldBe(RowGranularity.Sample);
        run.Find("where").SampleShape.ShouldBeNull();
    }

    [Fact]
    public void Every_type_is_stored_or_its_reason_is()
    {
        var graph = Graph(
            ["x:batch,3"],
            ["y"],
            Node("Cast", "x", "half", Attribute("to", (long)ElementType.Float16)),
            Node("Cast", "x", "brain", Attribute("to", (long)ElementType.BFloat16)),
            Node("Cast", "x", "double", Attribute("to", (long)ElementType.Float64)),
            Node("Cast", "x", "int", Attribute("to", (long)ElementType.Int32)),
            Node("Cast", "x", "byte", Attribute("to", (long)ElementType.UInt8)),
            Node("Cast", "x", "truth", Attribute("to", (long)ElementType.Boolean)),
            Node("Cast", "x", "text", Attribute("to", (long)ElementType.Text)),
            Node("Cast", "x", "small", Attribute("to", (long)ElementType.Float8E4M3FN)),
            Node("Cast", "small", "y", Attribute("to", 1L)));
        var x = CaptureFixture.Normals(50, 3);
        using var fixture = new CaptureFixture(Of(graph), ("x", x));
        var run = fixture.Capture("run", o => o with { Batch = 16 });
        var values = x.AsSpan<float>().ToArray();
        run.Read(run.Find("half")).AsSpan<float>().ToArray().ShouldBe(values.Select(v => (float)(Half)v));
        run.Find("half").OriginalType.ShouldBe("float16");
        run.Find("half").StoredType.ShouldBe("float32");
        run.Read(run.Find("brain")).AsSpan<float>().ToArray().ShouldBe(values.Select(v => v), 0.01);
        run.Read(run.Find("double")).AsSpan<double>().ToArray().ShouldBe(values.Select(v => (double)v));
        run.Read(run.Find("int")).AsSpan<long>().ToArray().ShouldBe(values.Select(v => (long)v));
        run.Read(run.Find("truth")).AsSpan<bool>().ToArray().ShouldBe(values.Select(v => v != 0));
        run.Find("small").OriginalType.ShouldBe("float8_e4m3fn");
        run.ReadRagged(run.Find("text")).Sum(row => row.Texts!.Length).ShouldBe(150);
        run.Find("x").Reason.ShouldNotBeNull().ShouldContain("input of the model");
    }

    [Fact]
    public void Values_whose_shape_depends_on_the_data_keep_it_beside()
    {
        var graph = Graph(
            ["x:batch,3"],
            ["where", "total", "rows"],
            Node("Relu", "x", "positive"),
            Node("NonZero", "positive", "where"),
            Node("ReduceSum", "x", "total", Attribute("keepdims", 0L)),
            Node("Shape", "x", "rows"));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(40, 3)));
        var run = fixture.Capture("run", o => o with { Batch = 16 });
        var where = run.Find("where");
        where.SampleShape.ShouldBeNull();
        where.Granularity.ShouldBe(RowGranularity.Batch);
        var rows = run.ReadRagged(where).ToList();
        rows.Select(r => r.Sample).Distinct().ShouldBe([0L, 16L, 32L]);
        rows[0].Shape[0].ShouldBe(2);
        rows[0].Bytes.Length.ShouldBe((int)rows[0].Shape[1] * 8);
        run.Read(run.Find("rows")).AsSpan<long>().ToArray().ShouldBe([16, 3, 16, 3, 8, 3]);
        run.ReadRagged(run.Find("total")).Select(r => r.Sample).ShouldBe([0L, 16L, 32L]);
    }

    [Fact]
    public void Values_that_no_input_reaches_are_stored_once()
    {
        var graph = Graph(["x:batch,3"], ["y"], Node("Mul", "W W", "square"), Node("MatMul", "x square", "y"));
        graph.Initializer.Add(Constant("W", new TensorShape(3, 2), 1f, -1f, 2f, -2f, 3f, -3f));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(40, 3)));
        var run = fixture.Capture("run", o => o with { Batch = 16 });
        run.Find("square").Granularity.ShouldBe(RowGranularity.Constant);
        run.Read(run.Find("square")).AsSpan<float>().ToArray().ShouldBe([1f, 1f, 4f, 4f, 9f, 9f]);
        run.Find("square").SampleShape.ShouldBe([3L, 2L]);
    }

    [Fact]
    public void State_goes_from_sample_to_sample_and_survives_a_stop()
    {
        var graph = Graph(
            ["x:1,2", "state:1,2"], ["next:1,2", "y:1,2"], Node("Add", "x state", "next"), Node("Neg", "next", "y"));
        var x = HostTensor.Float32(new TensorShape(6, 2), [1f, 10f, 2f, 20f, 3f, 30f, 4f, 40f, 5f, 50f, 6f, 60f]);
        using var fixture = new CaptureFixture(Of(graph), ("x", x));
        CaptureOptions Carry(string run, long failAt) => fixture.Options(run) with
        {
            SegmentSamples = 2,
            Carry = [("next", "state")],
            Inputs = inputs => new FailingInputs(
                InputSources.Open(
                    new InputOptions { Source = fixture.InputsPath, Optional = new HashSet<string> { "state" } },
                    inputs),
                failAt),
        };
        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(Carry("run", 3)));
        CaptureFixture.CaptureOnly(Carry("run", 100) with { Resume = true });
        var run = RunReader.Open(fixture["run"]);
        run.Read(run.Find("next")).AsSpan<float>().ToArray().ShouldBe(
            [1f, 10f, 3f, 30f, 6f, 60f, 10f, 100f, 15f, 150f, 21f, 210f]);
        CaptureFixture.CaptureOnly(Carry("whole", 100));
        fixture.Files("run").ShouldBe(fixture.Files("whole"));
    }

    [Fact]
    public async Task Statistics_with_carried_state_are_those_of_the_stored_values()
    {
        var graph = Graph(
            ["x:1,2", "state:1,2"], ["next:1,2", "y:1,2"], Node("Add", "x state", "next"), Node("Neg", "next", "y"));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(3, 2), [1f, 10f, 2f, 20f, 3f, 30f])));
        CaptureOptions Carry(string run, bool statisticsOnly) => fixture.Options(run) with
        {
            Carry = [("next", "state")],
            StatisticsOnly = statisticsOnly,
            Inputs = inputs => InputSources.Open(
                new InputOptions { Source = fixture.InputsPath, Optional = new HashSet<string> { "state" } }, inputs),
        };
        using var preparation = CapturePreparation.Create(Carry("stats", true));
        (await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken)).Values.ShouldBe(2);
        CaptureFixture.CaptureOnly(Carry("run", false));
        var statistics = RunReader.Open(fixture["stats"]).ReadStatistics();
        statistics.Count.ShouldBe(2);
        foreach (var (tensor, values) in RunReader.Open(fixture["run"]).ReadStatistics())
        {
            statistics[tensor].Whole.ShouldBe(values.Whole);
        }
    }

    [Fact]
    public void Branches_leave_rows_where_they_were_taken()
    {
        var then = Graph([], ["r"], Node("Neg", "x", "minus"), Node("Relu", "minus", "r"));
        var otherwise = Graph([], ["r"], Node("Abs", "x", "absolute"), Node("Sqrt", "absolute", "r"));
        var graph = Graph(["x:1,2"], ["y:1,2"], Node(
            "If", "c", "y", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        graph.Node.Insert(0, Node("ReduceMax", "x", "m", Attribute("keepdims", 0L)));
        graph.Node.Insert(1, Node("Greater", "m zero", "c"));
        graph.Initializer.Add(Constant("zero", new TensorShape(), 0f));
        var x = HostTensor.Float32(new TensorShape(3, 2), [1f, -1f, -2f, -3f, 4f, 4f]);
        using var fixture = new CaptureFixture(Of(graph), ("x", x));
        var run = fixture.Capture("run");
        var minus = run
            .ReadRagged(run.Tensors.Single(t => t.Name.EndsWith("minus", StringComparison.Ordinal)))
            .ToList();
        minus.Select(r => r.Sample).Distinct().ShouldBe([0L, 2L]);
        var absolute = run
            .ReadRagged(run.Tensors.Single(t => t.Name.EndsWith("absolute", StringComparison.Ordinal)))
            .ToList();
        absolute.Select(r => r.Sample).Distinct().ShouldBe([1L]);
        MemoryMarshal.Cast<byte, float>(absolute[0].Bytes).ToArray().ShouldBe([2f, 3f]);
    }

    [Fact]
    public void A_sample_that_the_model_cannot_take_is_one_clear_error()
    {
        using var fixture = new CaptureFixture(Linear(), ("x", CaptureFixture.Normals(10, 4)));
        Should.Throw<BadInputException>(() => fixture.Capture("run")).Message.ShouldContain(
            "array 'x' is float32 [10, 4]; the model takes float32 [batch, 3]");
        Directory.Exists(fixture["run"]).ShouldBeFalse();
    }

    private static IEnumerable<float> ByParquetSharp(string path)
    {
        using var parquet = new ParquetFileReader(path);
        var values = new List<float>();
        for (var group = 0; group < parquet.FileMetaData.NumRowGroups; group++)
        {
            using var part = parquet.RowGroup(group);
            using var lists = part.Column(2).LogicalReader<float[]>();
            values.AddRange(lists.ReadAll((int)part.MetaData.NumRows).SelectMany(list => list));
        }

        return values;
    }

    private static float[] ByDuckDb(string[] files)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        var list = string.Join(", ", files.Select(f => $"'{f}'"));
        command.CommandText = $"SELECT unnest(values) FROM (SELECT values FROM read_parquet([{list}]) ORDER BY "
            + "sample_id, position)";
        using var reader = command.ExecuteReader();
        var values = new List<float>();
        while (reader.Read())
        {
            values.Add(reader.GetFloat(0));
        }

        return [.. values];
    }

    private sealed class After(CancellationTokenSource source, long samples) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value >= samples)
            {
                source.Cancel();
            }
        }
    }
}
