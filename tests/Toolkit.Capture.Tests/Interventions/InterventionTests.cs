using Toolkit.Capture.Inputs;
using Toolkit.Capture.Interventions;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Interventions;

public sealed class InterventionTests
{
    /// <summary>float32 through two more multiplications.</summary>
    private const double Tolerance = 1e-4;

    [Fact]
    public void Zeroed_channels_are_zero_and_the_rest_of_the_graph_reads_them()
    {
        using var fixture = Fixture();
        var plain = fixture.Capture("plain");
        var run = fixture.Capture("zero", o => o with { Interventions = [new ZeroValue("sum", [1])] });
        Values(run, "product").ShouldBe(Values(plain, "product"));
        Values(run, "sum").ShouldBe(Values(plain, "sum").Select((v, i) => i % 2 == 1 ? 0f : v));
        Values(run, "y").ShouldBe(Values(plain, "y").Select((v, i) => i % 2 == 1 ? 0f : v));
        run.Manifest.Plan.Options.ShouldBe(["--zero sum:1"]);
        Values(fixture.Capture("all", o => o with { Interventions = [new ZeroValue("sum", [])] }), "y").ShouldAllBe(
            v => v == 0);
    }

    [Fact]
    public void A_value_can_be_set_from_an_array_a_constant_or_a_run()
    {
        using var fixture = Fixture();
        var other = CaptureFixture.Normals(100, 2);
        NpzWriter.Write(fixture["other.npz"], [KeyValuePair.Create("sum", other)]);
        NpzWriter.Write(
            fixture["constant.npz"], [KeyValuePair.Create("sum", HostTensor.Float32(new TensorShape(2), [7f, -7f]))]);
        var patched = fixture.Capture(
            "patched", o => o with { Batch = 32, Interventions = [new SetValue("sum", fixture["other.npz"])] });
        Values(patched, "y").ShouldBe(other.AsSpan<float>().ToArray().Select(v => Math.Max(v, 0)));
        Values(
            fixture.Capture("constant", o => o with { Interventions = [new SetValue("sum", fixture["constant.npz"])] }),
            "y")
            .ShouldBe(Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? 7f : 0f));
        Values(fixture.Capture(
            "again", o => o with { Interventions = [new SetValue("sum", fixture["patched"])] }), "y").ShouldBe(
            Values(patched, "y"));
    }

    [Fact]
    public void The_mean_is_that_of_the_untouched_value()
    {
        using var fixture = Fixture();
        var plain = Values(fixture.Capture("plain"), "sum");
        double[] means = [.. new[] { 0, 1 }.Select(
            channel => plain.Where((_, i) => i % 2 == channel).Average(v => (double)v))];
        var run = Values(
            fixture.Capture("mean", o => o with { Batch = 8, Interventions = [new MeanValue("sum")] }), "sum");
        run.Where((_, i) => i % 2 == 0).ShouldAllBe(v => Math.Abs(v - means[0]) < Tolerance);
        run.Where((_, i) => i % 2 == 1).ShouldAllBe(v => Math.Abs(v - means[1]) < Tolerance);
    }

    [Fact]
    public void A_projection_keeps_what_lies_in_its_directions()
    {
        // product = x · [1 −1; 2 −2; 3 −3] has rank 1: one direction keeps it, and so does the sum up to its mean.
        using var fixture = Fixture();
        var plain = Values(fixture.Capture("plain"), "sum");
        var run = Values(
            fixture.Capture("rank", o => o with { Interventions = [new RankValue("sum", 1, null)] }), "sum");
        for (var i = 0; i < plain.Length; i++)
        {
            run[i].ShouldBe(plain[i], Tolerance);
        }
    }

    [Fact]
    public async Task The_effect_on_the_outputs_is_measured()
    {
        using var fixture = Fixture();
        var plain = Values(fixture.Capture("plain"), "y");
        using var preparation = CapturePreparation.Create(
            fixture.Options("run") with { Batch = 16, Interventions = [new ZeroValue("sum", [0])] });
        var effect = (await CaptureSession.RunAsync(
            preparation, null, TestContext.Current.CancellationToken)).Effects.ShouldHaveSingleItem();
        effect.Output.ShouldBe("y");
        effect.Largest.ShouldBe(plain.Where((_, i) => i % 2 == 0).Max(), 1e-6);
        effect.Relative.ShouldBe(
            Math.Sqrt(plain.Where((_, i) => i % 2 == 0).Sum(v => (double)v * v) / plain.Sum(v => (double)v * v)), 1e-9);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(21)]
    public void Images_are_changed_by_channels_in_every_operator_set(int operatorSet)
    {
        // Three channels of 2 × 2 from a 1 × 1 convolution; the third is the sum of the others, so two directions hold
        // all of them.
        var graph = Graph(["x:batch,2,2,2"], ["y:batch,3,2,2"], Node("Conv", "x W", "c"), Node("Relu", "c", "y"));
        graph.Initializer.Add(Constant("W", new TensorShape(3, 2, 1, 1), 1f, 0f, 0f, 1f, 1f, 1f));
        var model = Of(graph);
        (model.OpsetImport[0].Version, model.IrVersion) = (operatorSet, operatorSet < 9 ? 3 : 10);
        if (operatorSet < 9)
        {
            // Before IR version 4, constants are inputs, too.
            graph.Input.Add(Value("W:3,2,1,1"));
        }

        using var fixture = new CaptureFixture(model, ("x", CaptureFixture.Normals(20, 2, 2, 2)));
        var plain = fixture.Capture("plain");
        var (c, channel) = (Values(plain, "c"), Enumerable.Range(0, 240).Select(static i => i % 3).ToArray());

        // A run has the channels last.
        Values(fixture.Capture("zero", o => o with { Interventions = [new ZeroValue("c", [1])] }), "c").ShouldBe(
            c.Select((v, i) => channel[i] == 1 ? 0f : v));
        Values(fixture.Capture("none", o => o with { Interventions = [new ZeroValue("c", [])] }), "y").ShouldAllBe(
            static v => v == 0);
        Values(fixture.Capture(
            "same", o => o with { Interventions = [new SetValue("c", fixture["plain"])] }), "y").ShouldBe(
            Values(plain, "y"));
        Close(Values(fixture.Capture("rank", o => o with { Interventions = [new RankValue("c", 2, null)] }), "c"), c);
        Close(Values(
            fixture.Capture("stored", o => o with { Interventions = [new RankValue("c", 2, fixture["plain"])] }),
            "c"), c);
        Values(fixture.Capture("one", o => o with { Interventions = [new RankValue("c", 1, null)] }), "c")
            .Zip(c, static (a, b) => Math.Abs(a - b))
            .Max()
            .ShouldBeGreaterThan(0.1f);
        var mean = Values(
            fixture.Capture("mean", o => o with { Batch = 8, Interventions = [new MeanValue("c")] }), "c");
        Close(mean, [.. Enumerable.Range(0, 240)
            .Select(i => Enumerable.Range(0, 20).Average(s => c[(12 * s) + (i % 12)]))]);

        static void Close(float[] actual, float[] expected) =>
            actual.Zip(expected, static (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan((float)Tolerance);
    }

    [Fact]
    public async Task Outputs_of_half_precision_are_measured_and_texts_are_named()
    {
        var graph = Graph(
            ["x:batch,2"],
            [],
            Node("Cast", "x", "half", Attribute("to", 10L)),
            Node("Neg", "half", "y"),
            Node("ArgMax", "y", "best", Attribute("axis", 1L)));
        graph.Output.Add(Value("y:batch,2", ElementType.Float16));
        graph.Output.Add(Value("best:batch,1", ElementType.Int64));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(2, 2), [3f, 4f, 0f, 5f])));
        using var preparation = CapturePreparation.Create(
            fixture.Options("run") with { Interventions = [new ZeroValue("half", [1])] });
        var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
        var effect = summary.Effects.ShouldHaveSingleItem();
        (effect.Output, effect.Largest).ShouldBe(("y", 5));
        effect.Relative.ShouldBe(Math.Sqrt(41.0 / 50), 1e-9);
        summary.OutputsWithoutEffect.ShouldBe(["best"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_largest_channel_of_an_image_is_looked_for_over_its_channels(bool statisticsOnly)
    {
        // Two channels of 1 × 3 as they come in; without the first, the second is the largest where the first was.
        var graph = Graph(["x:batch,2,1,3"], ["y:batch,2,1,3"], Node("Conv", "x W", "y"));
        graph.Initializer.Add(Constant("W", new TensorShape(2, 2, 1, 1), 1f, 0f, 0f, 1f));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(1, 2, 1, 3), [9f, 1f, 8f, 2f, 3f, 4f])));
        using var preparation = CapturePreparation.Create(fixture.Options("run") with
        {
            StatisticsOnly = statisticsOnly,
            Interventions = [new ZeroValue("y", [0])],
        });
        (await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken))
            .Effects.ShouldHaveSingleItem().ArgmaxChanged.ShouldBe(2.0 / 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_capture_that_goes_on_counts_what_was_changed_before(bool statisticsOnly)
    {
        using var fixture = Fixture();
        CaptureOptions Zeroed(string run, long failAt) => fixture.Options(run) with
        {
            Batch = 8,
            SegmentSamples = 24,
            Resume = true,
            StatisticsOnly = statisticsOnly,
            Interventions = [new ZeroValue("sum", [0])],
            Inputs = inputs => new FailingInputs(fixture.Options(run).Inputs(inputs), failAt),
        };
        CaptureFixture.CaptureOnly(Zeroed("whole", 1000));
        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(Zeroed("run", 72)));
        File.WriteAllText(fixture["run/effects/part-0-3.parquet"], "half");

        using var preparation = CapturePreparation.Create(Zeroed("run", 1000));
        var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
        summary.SamplesBefore.ShouldBe(72);
        fixture.Files("run").ShouldBe(fixture.Files("whole"));
        summary.Effects.ShouldBe(RunReader.Open(fixture["whole"]).ReadEffects());
        ShouldBeWhatZeroDid(fixture, summary.Effects.ShouldHaveSingleItem(), 0, 100);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shards_tell_of_their_part_and_give_the_bytes_of_one_process_together(bool statisticsOnly)
    {
        using var fixture = Fixture();
        CaptureOptions Zeroed(string run) => fixture.Options(run) with
        {
            Batch = 8,
            SegmentSamples = 16,
            StatisticsOnly = statisticsOnly,
            Interventions = [new ZeroValue("sum", [0])],
        };
        CaptureFixture.CaptureOnly(Zeroed("one"));
        foreach (var (shard, first, end) in new[] { (2, 64, 100), (0, 0, 32), (1, 32, 64) })
        {
            using var preparation = CapturePreparation.Create(Zeroed("three") with { Shard = shard, Shards = 3 });
            var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
            ShouldBeWhatZeroDid(fixture, summary.Effects.ShouldHaveSingleItem(), first, end);
        }

        RunMerge.Complete(fixture["three"], TimeProvider.System);
        File.ReadAllBytes(fixture["three/effects.parquet"]).ShouldBe(File.ReadAllBytes(fixture["one/effects.parquet"]));
        ShouldBeWhatZeroDid(
            fixture, RunReader.Open(fixture["three"]).ReadEffects().ShouldHaveSingleItem(), 0, 100);
        RunVerification.Verify(fixture["three"]).Faults.ShouldBeEmpty();
        RunReader.Open(fixture["one"]).Manifest.Tables.ShouldContain(static table => table.Path == "effects.parquet");
        fixture.Capture("plain").ReadEffects().ShouldBeEmpty();
    }

    [Fact]
    public void What_is_not_finite_is_counted_and_left_out_of_the_effect()
    {
        // y = 1 / c: 0 becomes infinite where c is set to 0, and NaN stays NaN; in double, where 1e-9 of 1 is not lost.
        var graph = Graph([], [], Node("Identity", "x", "c"), Node("Reciprocal", "c", "y"));
        graph.Input.Add(Value("x:batch,3", ElementType.Float64));
        graph.Output.Add(Value("y:batch,3", ElementType.Float64));
        using var fixture = new CaptureFixture(
            Of(graph),
            ("x", HostTensor.Create<double>(
                ElementType.Float64, new TensorShape(2, 3), [0.5, 1, double.NaN, 4, 0.25, double.NaN])));
        NpzWriter.Write(fixture["c.npz"], [KeyValuePair.Create("c", HostTensor.Create<double>(
            ElementType.Float64, new TensorShape(2, 3), [0, 1 / (1 + 1e-9), double.NaN, 2, 0.25, 1]))]);
        var effect = fixture.Capture("run", o => o with { Interventions = [new SetValue("c", fixture["c.npz"])] })
            .ReadEffects().ShouldHaveSingleItem();

        // Untouched 2, 1, NaN, 1/4, 4, NaN; changed to ∞, 1 + 1e-9, NaN, 1/2, 4, 1: the first and last are left out.
        (effect.Output, effect.Samples, effect.NotFinite, effect.Largest).ShouldBe(("y", 2, 2, 0.25));
        effect.RootMeanSquare.ShouldBe(Math.Sqrt((0.0625 + 1e-18) / 4), 1e-12);
        effect.Relative.ShouldBe(Math.Sqrt((0.0625 + 1e-18) / (1 + 0.0625 + 16)), 1e-12);
    }

    [Fact]
    public void Samples_whose_output_has_another_shape_are_not_compared()
    {
        // y has as many columns as c has numbers other than 0: the first batch has as many as before, the second not.
        var graph = Graph(
            ["x:batch,2"],
            ["y"],
            Node("Identity", "x", "c"),
            Node("NonZero", "c", "places"),
            Node("Cast", "places", "y", Attribute("to", 1L)));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(3, 2), [0f, 4f, 0f, 5f, 3f, 0f])));
        var effect = fixture.Capture("run", o => o with { Batch = 2, Interventions = [new ZeroValue("c", [0])] })
            .ReadEffects().ShouldHaveSingleItem();
        (effect.Output, effect.Samples, effect.Relative).ShouldBe(("y", 2, 0));
    }

    [Fact]
    public void Two_interventions_on_one_value_are_refused_by_name()
    {
        using var fixture = Fixture();
        Should.Throw<BadInputException>(() => fixture.Capture(
            "bad", o => o with { Interventions = [new ZeroValue("sum", [0]), new MeanValue("sum")] })).Message
            .ShouldContain("--zero sum:0 and --mean sum change the same value");
    }

    [Fact]
    public void A_mean_of_what_depends_on_carried_state_is_refused()
    {
        // The file has states of its own for every sample, which the capture does not use: their mean would be another.
        var graph = Graph(
            ["x:1,2", "state:1,2"], ["next:1,2", "y:1,2"], Node("Add", "x state", "next"), Node("Neg", "next", "y"));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", CaptureFixture.Normals(6, 2)), ("state", CaptureFixture.Normals(6, 2)));
        foreach (Intervention intervention in (Intervention[])[new MeanValue("y"), new RankValue("y", 1, null)])
        {
            Should.Throw<BadInputException>(() => fixture.Capture(
                "bad", o => o with { Carry = [("next", "state")], Interventions = [intervention] })).Message
                .ShouldContain("'y' cannot be measured beforehand with --carry");
        }
    }

    [Fact]
    public void Interventions_that_do_not_fit_say_so()
    {
        using var fixture = Fixture();
        string Message(Intervention intervention) =>
            Should.Throw<BadInputException>(
                () => fixture.Capture("bad", o => o with { Interventions = [intervention] })).Message;
        Message(new ZeroValue("sum", [2])).ShouldContain("'sum' has channels 0 to 1");
        Message(new ZeroValue("x", [])).ShouldContain("'x' is given, not computed");
        Message(new ZeroValue("summ", [])).ShouldContain("'sum'");
        Message(new RankValue("sum", 3, null)).ShouldContain("a rank from 1 to 2 was expected");
        Directory.Exists(fixture["bad"]).ShouldBeFalse();
    }

    [Fact]
    public void Samples_that_are_not_finite_have_no_mean_and_no_directions()
    {
        // The sum of a sample is NaN or infinite where its x is.
        var normals = CaptureFixture.Normals(100, 3);
        float[] values = [.. normals.AsSpan<float>()];
        (values[3 * 41], values[(3 * 57) + 2], values[(3 * 57) + 1]) = (float.NaN, float.PositiveInfinity, float.NaN);
        using var fixture = new CaptureFixture(Linear(), ("x", HostTensor.Float32(normals.Shape, values)));
        using var finite = Fixture();
        fixture.Capture("plain");
        string Message(CaptureFixture of, Intervention intervention) =>
            Should.Throw<BadInputException>(
                () => of.Capture("bad", o => o with { Batch = 16, Interventions = [intervention] })).Message;
        const string what = "'sum' holds NaN or infinite values in 2 of 100 samples, first in sample 41; they";
        Message(fixture, new MeanValue("sum")).ShouldStartWith(
            $"{fixture.ModelPath}: --mean sum: 'sum' holds NaN or infinite values in 2 of 100 samples, first in "
                + "sample 41; their mean is no number. Leave such samples out of the inputs, or give the value to "
                + "take its place: --set VALUE=FILE.");
        Message(fixture, new RankValue("sum", 1, null)).ShouldStartWith($"{fixture.ModelPath}: --rank sum=1: {what}");
        Message(finite, new RankValue("sum", 1, fixture["plain"])).ShouldStartWith(
            $"{fixture["plain"]}: --rank sum=1@{fixture["plain"]}: {what}");
        Directory.Exists(fixture["bad"]).ShouldBeFalse();

        // The other way round, each sample keeps what it is; and who gives NaN to be set means it.
        finite.Capture("plain");
        var ranked = Values(
            fixture.Capture("ranked", o => o with { Interventions = [new RankValue("sum", 2, finite["plain"])] }),
            "sum");
        Enumerable.Range(0, 200).Where(i => !float.IsFinite(ranked[i])).ShouldBe([82, 83, 114, 115]);
        NpzWriter.Write(
            finite["nan.npz"],
            [KeyValuePair.Create("sum", HostTensor.Float32(new TensorShape(2), [float.NaN, 1f]))]);
        Values(finite.Capture("set", o => o with { Interventions = [new SetValue("sum", finite["nan.npz"])] }), "sum")
            .ShouldBe(Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? float.NaN : 1f));
    }

    [Fact]
    public void A_run_without_the_values_says_what_it_holds()
    {
        using var fixture = Fixture();
        fixture.Capture("statistics", o => o with { StatisticsOnly = true });
        fixture.Capture("y", o => o with { Values = ["y"] });
        string Message(string run) => Should.Throw<BadInputException>(() => fixture.Capture(
            "bad", o => o with { Interventions = [new RankValue("sum", 1, fixture[run])] })).Message;
        Message("statistics").ShouldBe(
            $"{fixture["statistics"]}: the run holds only statistics; the principal directions of 'sum' follow from "
                + "its values. Capture them: the same without --stats-only.");
        Message("y").ShouldBe(
            $"{fixture["y"]}: the run does not hold 'sum' (not selected). Capture it there, too.");
    }

    [Fact]
    public void A_replacement_runs_the_model_beforehand_only_where_the_graph_does_not_tell_its_shape()
    {
        var graph = Graph(
            ["x:batch,2"],
            ["y"],
            Node("Relu", "x", "c"),
            Node("NonZero", "c", "places"),
            Node("Cast", "places", "y", Attribute("to", 1L)));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(40, 2)));
        NpzWriter.Write(fixture["c.npz"], [KeyValuePair.Create("c", CaptureFixture.Normals(40, 2))]);
        NpzWriter.Write(fixture["y.npz"], [KeyValuePair.Create("y", CaptureFixture.Normals(1))]);
        int Reads(params Intervention[] interventions)
        {
            CountedInputs? source = null;
            using var preparation = CapturePreparation.Create(fixture.Options("never") with
            {
                Values = ["c"],
                Interventions = interventions,
                Inputs = inputs => source = new CountedInputs(fixture.Options("never").Inputs(inputs)),
            });
            return source!.Reads;
        }

        var plain = Reads();
        Reads(new SetValue("c", fixture["c.npz"])).ShouldBe(plain);
        Reads(new SetValue("y", fixture["y.npz"])).ShouldBe(plain + 1);
    }

    [Theory]
    [InlineData("sum:9")]
    [InlineData("no such covariance")]
    public void A_preparation_that_fails_closes_the_files_of_replacements(string fault)
    {
        using var fixture = Fixture();
        NpzWriter.Write(
            fixture["product.npz"], [KeyValuePair.Create("product", CaptureFixture.Normals(100, 2))]);
        var set = new SetValue("product", fixture["product.npz"]);
        Should.Throw<BadInputException>(() => fixture.Capture("bad", o => fault == "sum:9"
            ? o with { Interventions = [set, new ZeroValue("sum", [9])] }
            : o with { Interventions = [set], Covariance = [fault] }));
        using var alone = File.Open(fixture["product.npz"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        alone.Length.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Rows_and_columns_that_only_a_run_of_the_model_can_count_are_counted_before_the_capture()
    {
        // The graph says nothing of the columns of x and c; y has three.
        var graph = Graph(
            ["x:batch,width"], ["y:batch,3"], Node("Relu", "x", "c"), Node("MatMul", "c W", "y"));
        graph.Initializer.Add(Constant("W", new TensorShape(4, 3), [.. Enumerable.Range(0, 12).Select(i => (float)i)]));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(40, 4)));
        RunReader Capture(string run, params long[] shape)
        {
            NpzWriter.Write(fixture[run + ".npz"], [KeyValuePair.Create("c", CaptureFixture.Normals(shape))]);
            return fixture.Capture(
                run, o => o with { Batch = 16, Interventions = [new SetValue("c", fixture[run + ".npz"])] });
        }

        string Message(params long[] shape) =>
            Should.Throw<BadInputException>(() => Capture("bad", shape)).Message;
        Message(39, 4).ShouldContain(
            "bad.npz: an array [39, 4] cannot take the place of 'c' [batch, width] ([1, 4] for one sample). Give "
                + "[40, …], one for each sample");
        Message(40, 5).ShouldContain("an array [40, 5] cannot take the place of 'c' [batch, width] ([1, 4] for one");
        Message(5).ShouldContain("an array [5] cannot take the place of 'c' [batch, width] ([1, 4] for one sample).");
        Directory.Exists(fixture["bad"]).ShouldBeFalse();
        foreach (long[] shape in (long[][])[[40, 4], [1, 4], [4], [1]])
        {
            Capture($"fits{string.Join('-', shape)}", shape).Samples.ShouldBe(40);
        }
    }

    [Fact]
    public void An_array_or_run_of_other_extents_takes_no_values_place()
    {
        // y = mean of c over its pixels would run with any number of them.
        static CaptureFixture Images(params long[] extents)
        {
            var graph = Graph(
                [$"x:batch,{string.Join(',', extents)}"],
                ["y:batch,2,1,1"],
                Node("Relu", "x", "c"),
                Node("GlobalAveragePool", "c", "y"));
            return new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals([20, .. extents.Select(e => (int)e)])));
        }

        using var fixture = Images(2, 3, 4);
        using var other = Images(2, 4, 3);
        other.Capture("run");
        string Message(HostTensor? array)
        {
            NpzWriter.Write(fixture["c.npz"], [KeyValuePair.Create("c", array ?? CaptureFixture.Normals(1))]);
            var from = array is null ? other["run"] : fixture["c.npz"];
            return Should.Throw<BadInputException>(() => fixture.Capture(
                "bad", o => o with { Batch = 8, Interventions = [new SetValue("c", from)] })).Message;
        }

        Message(CaptureFixture.Normals(20, 2, 4, 3)).ShouldContain(
            "an array [20, 2, 4, 3] cannot take the place of 'c' [batch, 2, 3, 4]");
        Message(CaptureFixture.Normals(20, 2, 1, 1)).ShouldContain("cannot take the place of 'c'");
        Message(null).ShouldContain("'c' is [20, 2, 4, 3] there, with the samples, and [batch, 2, 3, 4] ([1, 2, 3, 4] "
                + "for one sample) here");
    }

    [Fact]
    public void Eigenvectors_diagonalise_their_matrix()
    {
        double[] matrix = [4, 1, -2, 1, 2, 0, -2, 0, 3];
        var (values, vectors) = SymmetricEigen.Decompose([.. matrix], 3);
        for (var k = 0; k < 3; k++)
        {
            for (var i = 0; i < 3; i++)
            {
                var product = Enumerable.Range(0, 3).Sum(j => matrix[(i * 3) + j] * vectors[(k * 3) + j]);
                product.ShouldBe(values[k] * vectors[(k * 3) + i], 1e-12);
            }
        }

        values.Sum().ShouldBe(9, 1e-12);
        values.ShouldBe(values.OrderByDescending(v => v));
    }

    private static CaptureFixture Fixture() => new(Linear(), ("x", CaptureFixture.Normals(100, 3)));

    private static float[] Values(RunReader run, string name) => run.Read(run.Find(name)).AsSpan<float>().ToArray();

    /// <summary>
    /// Against y = max(0, x · W + b) in numbers, whose first column the intervention made 0; of samples first to end.
    /// </summary>
    private static void ShouldBeWhatZeroDid(CaptureFixture fixture, OutputEffect effect, int first, int end)
    {
        var x = CaptureFixture.Normals(100, 3).AsSpan<float>().ToArray();
        var rows = Enumerable.Range(first, end - first)
            .Select(i => x[3 * i] + (2.0 * x[(3 * i) + 1]) + (3.0 * x[(3 * i) + 2]))
            .Select(product => (First: Math.Max(0, product + 0.5), Second: Math.Max(0, 0.25 - product)))
            .ToList();
        var change = rows.Sum(row => row.First * row.First);
        (effect.Output, effect.Samples, effect.NotFinite).ShouldBe(("y", end - first, 0));
        effect.RootMeanSquare.ShouldBe(Math.Sqrt(change / (2 * rows.Count)), Tolerance);
        effect.Relative.ShouldBe(Math.Sqrt(change / (change + rows.Sum(row => row.Second * row.Second))), Tolerance);
        effect.Largest.ShouldBe(rows.Max(row => row.First), Tolerance);

        // Where both are 0 then, the first counts as the largest.
        effect.ArgmaxChanged.ShouldBe(
            rows.Count(row => row.First >= row.Second && row.Second > 0) / (double)rows.Count);
    }

    /// <summary>Samples that count how often they are read.</summary>
    private sealed class CountedInputs(IInputSource inner) : IInputSource
    {
        public int Reads { get; private set; }

        public string Source => inner.Source;

        public string? Sha256 => inner.Sha256;

        public string? LabelsSha256 => inner.LabelsSha256;

        public long Samples => inner.Samples;

        public int? FixedBatch => inner.FixedBatch;

        public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples)
        {
            Reads++;
            return inner.Read(firstSample, samples);
        }

        public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) =>
            inner.Describe(firstSample, samples);

        public void Dispose() => inner.Dispose();
    }
}
