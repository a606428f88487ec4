using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Planning;

/// <summary>
/// Models that want to break the tool: a right plan or one clear error. Damaged ones are planned in a child process,
/// for some end the runtime.
/// </summary>
public sealed class HostileModelTests
{
    private const string Variable = "TOOLKIT_HOSTILE_REPORT";
    private const string FirstVariable = "TOOLKIT_HOSTILE_FIRST";

    private static int Rounds =>
        int.Parse(Environment.GetEnvironmentVariable("TOOLKIT_FUZZ") ?? "200", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Truncated_and_flipped_models_have_a_plan_or_one_clear_error()
    {
        var (next, crashes) = (0, 0);
        while (next < Rounds)
        {
            using var folder = new TemporaryFolder();
            var start = new ProcessStartInfo(Environment.ProcessPath!)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            {
                start.ArgumentList.Add(typeof(HostileModelTests).Assembly.Location);
            }

            start.ArgumentList.Add("-method");
            start.ArgumentList.Add($"{typeof(HostileModelTests).FullName}.{nameof(Child)}");
            start.Environment[Variable] = folder["report"];
            start.Environment[FirstVariable] = next.ToString(CultureInfo.InvariantCulture);
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync() + await errors;
            await process.WaitForExitAsync();
            var lines = File.Exists(folder["report"]) ? File.ReadAllLines(folder["report"]) : [];
            lines.Where(line => line.Contains("fault", StringComparison.Ordinal)).ShouldBeEmpty();
            lines.ShouldNotBeEmpty(output);
            var last = int.Parse(lines[^1].Split(' ')[0], CultureInfo.InvariantCulture);
            crashes += last < Rounds - 1 || process.ExitCode is not (0 or 1) ? 1 : 0;
            next = last + 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rounds} models, {crashes} ended the process inside ONNX Runtime");
    }

    /// <summary>Runs only as a process of its own, started by the test above.</summary>
    [Fact]
    public void Child()
    {
        var report = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(report is null, "it is the child process of the other test");
        using var writer = new StreamWriter(report!) { AutoFlush = true };
        for (var round = int.Parse(Environment.GetEnvironmentVariable(FirstVariable)!, CultureInfo.InvariantCulture);
            round < Rounds;
            round++)
        {
            writer.WriteLine($"{round}");
            try
            {
                ExposurePlan.Create(OnnxModelFile.Parse(Damaged(round), "damaged.onnx"), "damaged.onnx");
            }
            catch (BadInputException)
            {
                // What is meant to happen.
            }
            catch (Exception fault)
            {
                writer.WriteLine($"{round} fault {fault.ToString().ReplaceLineEndings(" ")}");
            }
        }
    }

    [Fact]
    public void Names_of_any_kind_are_captured_unchanged()
    {
        string[] names =
        [
            "a/b\\c",
            "\"quoted\" 'too'",
            "new\nline\ttab\u001b[31m",
            new string('n', 10_000),
            "{\"json\":[1]}",
            "漢字 ﷽ 🧪",
            " ",
            "*?[x]",
            "#2",
            "absent"
        ];
        var graph = Graph(["x:2"], []);
        var previous = "x";
        foreach (var name in names)
        {
            graph.Node.Add(new NodeProto { OpType = "Relu", Input = { previous }, Output = { name } });
            previous = name;
        }

        graph.Output.Add(new ValueInfoProto { Name = previous });
        var plan = ExposurePlan.Create(Of(graph), "names.onnx", new PlanOptions { Mode = ExposureMode.Unfused });
        var exposed = plan.Expose(plan.Select());
        using var engine = exposed.Open();
        using var result = engine.Run(
            new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(new TensorShape(2), [1f, -1f]) },
            exposed.OutputNames);
        exposed.Outputs.Select(output => output.Value.Name).ShouldBe(names);
        exposed.Outputs
            .Select(output => result[output.OutputName].AsSpan<float>()[0])
            .ShouldAllBe(value => value == 1f);
    }

    [Fact]
    public void A_graph_without_nodes_is_planned()
    {
        var plan = ExposurePlan.Create(Of(Graph(["x:2"], ["x:2"])), "none.onnx");
        plan.NodeCount.ShouldBe(0);
        plan.Select().ShouldBeEmpty();
    }

    [Fact]
    public void A_graph_of_many_nodes_is_planned_in_bounded_time()
    {
        const int count = 5_000;
        var graph = Graph(["v0:2"], [$"v{count}:2"]);
        graph.Node.AddRange(Enumerable.Range(0, count).Select(
            i => new NodeProto { OpType = i % 2 == 0 ? "Neg" : "Abs", Input = { $"v{i}" }, Output = { $"v{i + 1}" } }));
        var plan = ExposurePlan.Create(Of(graph), "many.onnx");
        plan.Select().Count.ShouldBe(count);
        StatisticsProbes.Add(plan, plan.Select()).Values.Count.ShouldBe(count);
    }

    [Fact]
    public void A_large_graph_probed_in_parts_has_types_and_sizes_as_a_small_one()
    {
        // Twelve thousand nodes that change type and shape on the way, beyond what one load is asked for.
        const int repeats = 4_000;
        var graph = Graph(["v0:batch,3"], []);
        graph.Initializer.Add(Constant("W", new TensorShape(3, 3), [.. Enumerable.Repeat(0.1f, 9)]));
        for (var i = 0; i < repeats; i++)
        {
            graph.Node.Add(Node("MatMul", $"v{i} W", $"m{i}"));
            graph.Node.Add(Node("Cast", $"m{i}", $"c{i}", Attribute("to", i % 2 == 0 ? 11L : 1L)));
            graph.Node.Add(Node("Cast", $"c{i}", $"v{i + 1}", Attribute("to", 1L)));
        }

        graph.Output.Add(new ValueInfoProto { Name = $"v{repeats}" });
        var plan = ExposurePlan.Create(
            Of(graph), "large.onnx", new PlanOptions { MeasureFusions = false, Verify = false });
        foreach (var i in new[] { 0, 1, 1_999, repeats - 1 })
        {
            plan[$"c{i}"].Type.ShouldBe(i % 2 == 0 ? ElementType.Float64 : ElementType.Float32);
            plan[$"c{i}"].BytesPerSample.ShouldBe(i % 2 == 0 ? 24 : 12);
            plan[$"m{i}"].Shape!.Select(static dimension => dimension.ToString()).ShouldBe(["batch", "3"]);
        }

        plan.Select().Count.ShouldBe(3 * repeats);
    }

    [Theory]
    [InlineData(30_000, true)]
    [InlineData(30_001, false)]
    public void A_large_graph_is_captured_without_optimising_the_plain_model_to_compare_with(int nodes, bool isCompared)
    {
        var graph = Graph(["v0:batch,1"], [$"v{nodes}:batch,1"]);
        graph.Node.AddRange(Enumerable.Range(0, nodes).Select(
            i => new NodeProto { OpType = i % 2 == 0 ? "Neg" : "Abs", Input = { $"v{i}" }, Output = { $"v{i + 1}" } }));
        using var fixture = new CaptureFixture(
            Of(graph), ("v0", HostTensor.Float32(new TensorShape(2, 1), [1f, -3f])));
        var run = fixture.Capture("run", options => options with { Values = ["v1", $"v{nodes}"], CountNodes = true });

        run.Read(run.Find("v1")).AsSpan<float>().ToArray().ShouldBe([-1f, 3f]);
        run.Read(run.Find($"v{nodes}")).AsSpan<float>().ToArray().Select(MathF.Abs).ShouldBe([1f, 3f]);
        run.Manifest.Plan.OutputDifference.ShouldBe(isCompared ? 0 : null);
        (run.Manifest.Plan.PlainNodes is not null).ShouldBe(isCompared);
        (run.Manifest.Plan.ExposedNodes is not null).ShouldBe(isCompared);
    }

    [Theory]
    [InlineData("Add", "x b", "a", "Relu", "a", "b", "cycle")]
    [InlineData("Relu", "x", "b", "Neg", "x", "b", "defined twice")]
    [InlineData("Relu", "x", "a", "Nonsense", "a", "b", "ONNX Runtime cannot load it")]
    public void Unsound_graphs_are_bad_input(
        string op1, string in1, string out1, string op2, string in2, string out2, string message) =>
        Should.Throw<BadInputException>(() => ExposurePlan.Create(
            Of(Graph(["x:1"], ["b:1"], Node(op1, in1, out1), Node(op2, in2, out2))), "bad.onnx"))
            .Message.ShouldContain(message);

    [Theory]
    [InlineData("x", "a\0b", "y")]
    [InlineData("x", "a", "y\0")]
    [InlineData("\0", "a", "y")]
    public void A_name_with_a_zero_character_is_bad_input(string x, string a, string y)
    {
        var graph = Graph([$"{x}:1"], [$"{y}:1"]);
        graph.Node.Add(new NodeProto { OpType = "Relu", Input = { x }, Output = { a } });
        graph.Node.Add(new NodeProto { OpType = "Neg", Input = { a }, Output = { y } });
        Should.Throw<BadInputException>(() => ExposurePlan.Create(Of(graph), "bad.onnx"))
            .Message.ShouldContain("holds a zero character");
    }

    [Fact]
    public void An_empty_graph_is_bad_input() =>
        Should.Throw<BadInputException>(() => ExposurePlan.Create(Of(Graph([], [])), "bad.onnx")).Message.ShouldBe(
            "bad.onnx: the graph is empty: no inputs, no nodes, no weights.");

    [Fact]
    public void An_axis_that_the_runtime_would_cut_to_32_bits_is_bad_input() =>
        Should.Throw<BadInputException>(() => ExposurePlan.Create(
            Of(Graph(["x:3,1099511627776"], ["y:a,b"], Node("Relu", "x", "y"))), "bad.onnx")).Message.ShouldBe(
            "bad.onnx: input 'x' has an axis of 1099511627776 elements; ONNX Runtime takes at most 2147483647. The file "
                + "may be damaged.");

    [Fact]
    public void An_output_listed_twice_is_bad_input() =>
        Should.Throw<BadInputException>(
            () => ExposurePlan.Create(Of(Graph(["x:1"], ["b:1", "b:1"], Node("Relu", "x", "b"))), "bad.onnx"))
            .Message.ShouldBe("bad.onnx: output 'b' is listed twice. Export the model again.");

    [Fact]
    public void A_model_that_does_not_load_is_bad_input_without_the_look_at_fusions_too() =>
        Should.Throw<BadInputException>(() => ExposurePlan.Create(
                Of(Graph(["x:1"], ["b:1"], Node("Relu", "x", "a"), Node("Nonsense", "a", "b"))),
                "bad.onnx",
                new PlanOptions { MeasureFusions = false }))
            .Message.ShouldContain("ONNX Runtime cannot load it");

    private static byte[] Damaged(int round)
    {
        var random = new Random(round);
        var then = Graph([], ["r"], Node("Neg", "h", "minus"), Node("Relu", "minus", "r"));
        var otherwise = Graph([], ["r"], Node("Abs", "h", "absolute"), Node("Sqrt", "absolute", "r"));
        var model = Linear();
        model.Graph.Node.Add(Node("ReduceSum", "y", "h"));
        model.Graph.Node.Add(Node("Cast", "h", "c", Attribute("to", 9L)));
        model.Graph.Node.Add(
            Node("If", "c", "chosen", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        model.Graph.Output.Add(new ValueInfoProto { Name = "chosen" });
        var bytes = model.ToByteArray();
        if (round % 5 == 0)
        {
            bytes = bytes[..random.Next(bytes.Length)];
        }

        for (var flip = 0; flip < 1 + (round % 3) && bytes.Length > 0; flip++)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }
}
