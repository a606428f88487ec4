using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Probes;

public sealed class StatisticsProbesTests
{
    /// <summary>
    /// Sums in double, in another order than the plain loop: relative rounding of some thousand additions.
    /// </summary>
    private const double Tolerance = 1e-11;

    public static TheoryData<long[], int?> Shapes => new()
    {
        { [7], 0 },
        { [3, 5], 1 },
        { [2, 3, 50_000], 1 },
        { [2, 3, 70_000], 1 },
        { [40, 7, 300], 2 },
        { [5, 4, 3, 2], 2 },
        { [5, 4, 3, 2], 0 },
        { [3, 70_000], 1 },
        { [100_000], null },
        { [0, 4], 1 },
        { [], null },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Statistics_equal_one_pass_over_the_values(long[] extents, int? axis)
    {
        var shape = new TensorShape(extents);
        var values = Hostile(shape.Count);
        var found = Probe(21, shape, values, axis);
        found.Shape.ShouldBe(shape);
        Check(found.Statistics.Whole, values);
        if (axis is null || extents[axis.Value] > 65_536 || shape.Count == 0)
        {
            found.Statistics.Channels.ShouldBeNull();
            return;
        }

        var (feature, channels) = (axis.Value, found.Statistics.Channels!);
        channels.Count.ShouldBe((int)extents[feature]);
        var inner = extents[(feature + 1)..].Aggregate(1L, (product, extent) => product * extent);
        for (var channel = 0; channel < Math.Min(channels.Count, 20); channel++)
        {
            Check(channels[channel], [.. values.Where((_, i) => i / inner % extents[feature] == channel)]);
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(21)]
    public void Probes_fit_a_model_of_any_operator_set(long opset) =>
        Probe(opset, new TensorShape(2, 2), [1f, 2f, 3f, 6f], 1).Statistics.Channels!
            .Select(channel => channel.Mean)
            .ShouldBe([2, 4]);

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.UInt64)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.UInt32)]
    [InlineData(ElementType.Int16)]
    [InlineData(ElementType.UInt16)]
    [InlineData(ElementType.Int8)]
    [InlineData(ElementType.UInt8)]
    [InlineData(ElementType.Float8E4M3FN)]
    public void Every_type_of_number_is_measured(ElementType type)
    {
        var graph = Graph(["x:4"], ["y:4"], Node("Cast", "x", "c", Attribute("to", (long)type)), Node(
            "Cast", "c", "y", Attribute("to", 1L)));
        var plan = ExposurePlan.Create(Of(graph), "cast.onnx");
        var found = Run(plan, "c", new TensorShape(4), [1f, 0f, 3f, 2f], 0);
        (found.Statistics.Whole with { M2 = 5 }).ShouldBe(new ValueStatistics(4, 0, 0, 0, 1, 0, 3, 1.5, 5));
        found.Statistics.Whole.M2.ShouldBe(5, Tolerance);
        found.Statistics.Channels!.Select(channel => channel.Mean).ShouldBe([1, 0, 3, 2]);
    }

    [Fact]
    public void Branches_not_taken_show_nothing_and_loops_every_iteration()
    {
        var then = Graph([], ["r"], Node("Neg", "x", "minus"), Node("Relu", "minus", "r"));
        var otherwise = Graph([], ["r"], Node("Abs", "x", "absolute"), Node("Sqrt", "absolute", "r"));
        var body = LoopBody("i", "state:3", Node("Add", "state state", "state_out"));
        var graph = Graph(["x:3"], ["y:3"], Node(
            "If", "c", "chosen", Attribute("then_branch", then), Attribute("else_branch", otherwise)),
            Node("Loop", "trips _ chosen", "y", Attribute("body", body)));
        graph.Input.Add(Value("c:", ElementType.Boolean));
        graph.Initializer.Add(Constant("trips", new TensorShape(), 3L));
        var plan = ExposurePlan.Create(Of(graph), "nested.onnx");
        var probed = StatisticsProbes.Add(plan, plan.Select());
        probed.Refused.ShouldBeEmpty();
        var collector = new StatisticsCollector(
            static (_, shape) => ChannelPlanes.Along(shape.Dimensions, shape.Rank == 0 ? null : shape.Rank - 1));
        using var engine = probed.Open(collector.Observe);
        using var result = engine.Run(new Dictionary<string, InputValue>
        {
            ["x"] = HostTensor.Float32(new TensorShape(3), [-1f, -2f, -3f]),
            ["c"] = HostTensor.Create<bool>(ElementType.Boolean, new TensorShape(), [true]),
        });
        var found = collector.Take();
        found[plan["If_chosen/then_branch/minus"]].Statistics.Whole.Maximum.ShouldBe(3);
        found.ContainsKey(plan["If_chosen/else_branch/absolute"]).ShouldBeFalse();
        found[plan["Loop_y/body/state_out"]].Times.ShouldBe(3);
        found[plan["Loop_y/body/state_out"]].Statistics.Channels!
            .Select(channel => channel.Maximum)
            .ShouldBe([8, 16, 24]);
        found[plan["y"]].Statistics.Whole.Mean.ShouldBe(16);
    }

    [Fact]
    public void Every_value_of_silero_is_measured_in_the_branches_taken()
    {
        var plan = ExposurePlan.Create(SharedData.Require("onnx", "silero_vad.onnx"));
        var inputs = new Dictionary<string, InputValue>
        {
            ["input"] = HostTensor.Float32(
                new TensorShape(1, 576), [.. Enumerable.Range(0, 576).Select(i => MathF.Sin(i))]),
            ["state"] = HostTensor.Float32(new TensorShape(2, 1, 128), new float[256]),
            ["sr"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(), [16000]),
        };
        var collector = new StatisticsCollector(
            static (_, shape) => shape.Rank == 0 ? null : ChannelPlanes.Along(shape.Dimensions, shape.Rank - 1));
        using (var probed = StatisticsProbes.Add(plan, plan.Select()).Open(collector.Observe))
        {
            probed.Run(inputs).Dispose();
        }

        var measured = collector.Take();

        // What can be fetched from the same plan is present exactly where something was measured, and says the same.
        var exposed = plan.Expose(plan.Select());
        using var engine = exposed.Open();
        using var result = engine.Run(inputs, exposed.OutputNames);
        var present = exposed.Outputs.Where(output => !output.IsAbsent(result[output.OutputName])).ToList();
        present.Select(output => output.Value.Key).ShouldBe(
            measured.Keys.Select(value => value.Key), ignoreOrder: true);
        present.Count.ShouldBeGreaterThan(200);
        present.Count(output => output.Value.Depth > 1).ShouldBeGreaterThan(0);
        foreach (var output in present.Where(output => output.Type == ElementType.Float32))
        {
            var values = result[output.OutputName].AsSpan<float>().ToArray();
            measured[output.Value].Statistics.Whole.Mean.ShouldBe(
                values.Average(value => (double)value),
                1e-4 * (1 + Math.Abs(measured[output.Value].Statistics.Whole.Mean)),
                output.Value.Key);
        }
    }

    [Fact]
    public void What_the_observer_throws_comes_out_of_the_run()
    {
        var plan = ExposurePlan.Create(Linear(), "linear.onnx");
        using var engine = StatisticsProbes.Add(plan, plan.Select())
            .Open(static (_, _) => throw new TimeZoneNotFoundException("mine"));
        var inputs = new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(
            new TensorShape(1, 3), new float[3]) };
        Should.Throw<TimeZoneNotFoundException>(() => engine.Run(inputs)).Message.ShouldBe("mine");
    }

    private static CollectedStatistics Probe(long opset, TensorShape shape, float[] values, int? axis)
    {
        var dims = string.Join(',', shape.Dimensions.ToArray());
        var model = Of(Graph([$"x:{dims}"], [$"y:{dims}"], Node("Neg", "x", "minus"), Node("Neg", "minus", "y")));
        model.OpsetImport[0].Version = opset;
        model.IrVersion = 6;
        return Run(
            ExposurePlan.Create(model, "probe.onnx", new PlanOptions { Mode = ExposureMode.Unfused }),
            "y",
            shape,
            values,
            axis);
    }

    private static CollectedStatistics Run(
        ExposurePlan plan, string value, TensorShape shape, float[] values, int? axis)
    {
        var collector = new StatisticsCollector(
            (_, shape) => axis < shape.Rank ? ChannelPlanes.Along(shape.Dimensions, axis) : null);
        using var engine = StatisticsProbes.Add(plan, [plan[value]]).Open(collector.Observe);
        using var result = engine.Run(new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(shape, values) });
        return collector.Take()[plan[value]];
    }

    /// <summary>Numbers of very different size, with what breaks sums among them.</summary>
    private static float[] Hostile(long count)
    {
        var random = new Random(1);
        return
        [
            .. Enumerable.Range(0, (int)count).Select(i => (i % 9973) switch
            {
                13 => float.NaN,
                29 => float.PositiveInfinity,
                31 => float.NegativeInfinity,
                5 => 0f,
                _ => (float)(1000 + (random.NextDouble() * Math.Pow(10, random.Next(-5, 3)))),
            }),
        ];
    }

    private static void Check(ValueStatistics found, float[] values)
    {
        var finite = values.Where(float.IsFinite).Select(value => (double)value).ToList();
        found.Count.ShouldBe(values.Length);
        found.NaN.ShouldBe(values.Count(float.IsNaN));
        found.PositiveInfinities.ShouldBe(values.Count(float.IsPositiveInfinity));
        found.NegativeInfinities.ShouldBe(values.Count(float.IsNegativeInfinity));
        found.Zeros.ShouldBe(values.Count(value => value == 0));
        if (finite.Count == 0)
        {
            return;
        }

        var mean = finite.Average();
        found.Minimum.ShouldBe(finite.Min());
        found.Maximum.ShouldBe(finite.Max());
        found.Mean.ShouldBe(mean, Tolerance * 1e3);
        found.M2.ShouldBe(finite.Sum(value => (value - mean) * (value - mean)), 1e-9 * (1 + found.M2));
    }
}
