using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Planning;

public sealed class ExposurePlanTests
{
    [Fact]
    public void Create_names_type_shape_and_size_of_every_value()
    {
        var plan = ExposurePlan.Create(Linear(), "linear.onnx");
        plan.Values.Select(value => $"{value.Name} {value.Method}").ShouldBe(
            ["x Input", "W Constant", "b Constant", "product AddedOutput", "sum AddedOutput", "y Output"]);
        plan["sum"].Type.ShouldBe(ElementType.Float32);
        plan["sum"].Shape!.Select(dimension => dimension.ToString()).ShouldBe(["batch", "2"]);
        plan["sum"].BytesPerSample.ShouldBe(8);
        plan["sum"].OpType.ShouldBe("Add");
    }

    [Fact]
    public void Create_tells_a_declared_scalar_from_a_value_of_unknown_rank()
    {
        var model = Of(Graph(
            ["x:batch,3"],
            ["total:", "mean"],
            Node("ReduceSum", "x", "total", Attribute("keepdims", 0)),
            Node("ReduceMean", "x", "mean", Attribute("keepdims", 0))));
        model.Graph.Output[1].Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float32 },
        };
        var plan = ExposurePlan.Create(model, "total.onnx");
        plan["total"].Shape.ShouldBeEmpty();
        plan["total"].BytesPerSample.ShouldBe(4);
        plan["mean"].Shape.ShouldBeNull();
    }

    [Fact]
    public void Create_tells_which_fusion_a_value_blocks()
    {
        // MatMul and Add become one Gemm: the product between them is no longer computed.
        var plan = ExposurePlan.Create(Linear(), "linear.onnx");
        plan["product"].BlocksFusion.ShouldBeTrue();
        plan.OptimizedNodeCount!.Value.ShouldBeLessThan(plan.NodeCount);
        plan["y"].BlocksFusion.ShouldBeFalse();
        var deployed = ExposurePlan.Create(Linear(), "linear.onnx", new PlanOptions { Mode = ExposureMode.AsDeployed });
        deployed.Select().ShouldNotContain(value => value.BlocksFusion);
    }

    [Fact]
    public void Create_tells_what_it_is_at()
    {
        var steps = new Steps();
        var plan = ExposurePlan.Create(
            Linear(), "linear.onnx", new PlanOptions { Mode = ExposureMode.AsDeployed, Progress = steps });
        steps.ShouldContain($"the runtime optimises the {plan.NodeCount} nodes of the plain model");
        steps[^1].ShouldStartWith("finding values that leave the optimised graph as it is");
    }

    [Fact]
    public void Expose_gives_values_that_agree_with_the_arithmetic()
    {
        var exposed = ExposurePlan.Create(Linear(), "linear.onnx") is var plan ? plan.Expose(plan.Select()) : null!;
        using var engine = exposed.Open();
        using var result = engine.Run(
            new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(new TensorShape(1, 3), [1f, 1f, 0f]) },
            exposed.OutputNames);
        exposed.OutputNames.ShouldBe(["product", "sum", "y"]);
        result["product"].AsSpan<float>().ToArray().ShouldBe([3f, -3f]);
        result["sum"].AsSpan<float>().ToArray().ShouldBe([3.5f, -2.75f]);
        result["y"].AsSpan<float>().ToArray().ShouldBe([3.5f, 0f]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Expose_tells_the_branch_that_was_taken_from_the_other(bool taken)
    {
        var then = Graph([], ["r"], Node("Neg", "x", "minus"), Node("Relu", "minus", "r"));
        var otherwise = Graph([], ["r"], Node("Abs", "x", "absolute"), Node("Sqrt", "absolute", "r"));
        var graph = Graph(["x:2"], ["y:2"], Node(
            "If", "c", "y", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        graph.Input.Add(Value("c:", ElementType.Boolean));
        var plan = ExposurePlan.Create(Of(graph), "if.onnx");
        plan["If_y/then_branch/minus"].Method.ShouldBe(ExposureMethod.BranchOutput);
        plan["If_y/then_branch/r"].Depth.ShouldBe(1);
        var exposed = plan.Expose(plan.Select());
        using var engine = exposed.Open();
        using var result = engine.Run(
            new Dictionary<string, InputValue>
            {
                ["x"] = HostTensor.Float32(new TensorShape(2), [4f, -9f]),
                ["c"] = HostTensor.Create<bool>(ElementType.Boolean, new TensorShape(), [taken]),
            },
            exposed.OutputNames);
        var minus = exposed.Outputs.Single(output => output.Value.Name == "minus");
        var absolute = exposed.Outputs.Single(output => output.Value.Name == "absolute");
        minus.IsAbsent(result[minus.OutputName]).ShouldBe(!taken);
        absolute.IsAbsent(result[absolute.OutputName]).ShouldBe(taken);
        var present = taken ? minus : absolute;
        result[present.OutputName].AsSpan<float>().ToArray().ShouldBe(taken ? [-4f, 9f] : [4f, 9f]);
    }

    [Fact]
    public void Expose_gives_a_value_of_a_loop_once_per_iteration()
    {
        // Each iteration doubles the state; inside, the sum of state and x.
        var body = LoopBody(
            "i", "state:2", Node("Add", "state state", "state_out"), Node("Mul", "state_out scale", "inner"));
        var graph = Graph(["x:2"], ["y:2"], Node("Loop", "trips _ x", "y", Attribute("body", body)));
        graph.Initializer.Add(Constant("trips", new TensorShape(), 3L));
        graph.Initializer.Add(Constant("scale", new TensorShape(), 10f));
        var plan = ExposurePlan.Create(Of(graph), "loop.onnx");
        plan["Loop_y/body/inner"].Method.ShouldBe(ExposureMethod.ScanOutput);
        var exposed = plan.Expose(plan.Select());
        using var engine = exposed.Open();
        using var result = engine.Run(
            new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(new TensorShape(2), [1f, -1f]) },
            exposed.OutputNames);
        Iterations(exposed, result, "inner").ShouldBe([[20f, -20f], [40f, -40f], [80f, -80f]]);
        Iterations(exposed, result, "state").ShouldBe([[1f, -1f], [2f, -2f], [4f, -4f]]);
        result["y"].AsSpan<float>().ToArray().ShouldBe([8f, -8f]);
    }

    [Fact]
    public void Create_inlines_functions_and_names_their_values()
    {
        var function = new FunctionProto { Name = "Twice", Domain = "local", Input = { "a" }, Output = { "b" } };
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 21 });
        function.Node.Add(Node("Add", "a a", "sum"));
        function.Node.Add(Node("Relu", "sum", "b"));
        var call = Node("Twice", "x", "y");
        call.Domain = "local";
        var second = Node("Twice", "y", "z");
        second.Domain = "local";
        var plan = ExposurePlan.Create(Of(Graph(["x:2"], ["z:2"], call, second), function), "function.onnx");
        plan.Values.Where(value => value.IsExposable).Select(value => value.Key).ShouldBe(
            ["Twice_y/sum", "y", "Twice_z/sum", "z"]);
    }

    [Fact]
    public void Create_casts_what_the_interface_cannot_name()
    {
        var graph = Graph(
            ["x:2"],
            ["y:2"],
            Node("Cast", "x", "small", Attribute("to", (long)ElementType.Float8E4M3FN)),
            Node("Cast", "small", "y", Attribute("to", 1L)));
        var plan = ExposurePlan.Create(Of(graph), "float8.onnx");
        plan["small"].Type.ShouldBe(ElementType.Float8E4M3FN);
        plan["small"].Steps[0].ShouldBe("cast to float32");
        var exposed = plan.Expose([plan["small"]]);
        using var engine = exposed.Open();
        using var result = engine.Run(
            new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(new TensorShape(2), [1.06f, 500f]) },
            exposed.OutputNames);
        result[exposed.OutputNames[0]].AsSpan<float>().ToArray().ShouldBe([1f, 448f]);
    }

    [Fact]
    public void Select_names_the_nearest_value_when_a_pattern_matches_nothing()
    {
        var plan = ExposurePlan.Create(Linear(), "linear.onnx");
        Should.Throw<BadInputException>(() => plan.Select(ValueSelection.Parse(["prodct"])))
            .Message.ShouldBe(
                "linear.onnx: no value matches 'prodct'. Nearest: 'product'. List them with `inspect model`.");
        plan.Select(ValueSelection.Parse(["op:Relu"])).Single().Name.ShouldBe("y");
        plan.Select(ValueSelection.Parse(["p*", "s?m"])).Count.ShouldBe(2);
        plan.Select(ValueSelection.Parse(["op:Relu", "y"])).Single().Name.ShouldBe("y");
        Should.Throw<BadInputException>(() => plan.Select(ValueSelection.Parse(["op:Relu", "s?m"]))).Message.ShouldBe(
            "linear.onnx: no value is selected by all of 's?m' and op:'Relu': patterns of one kind add up, those of "
                + "different kinds "
            + "narrow each other. To have all of them, give names alone: op:'Relu' is 'y'.");
    }

    [Fact]
    public void Selection_widens_within_a_kind_and_narrows_across_kinds()
    {
        var then = Graph([], ["r"], Node("Neg", "x", "minus"), Node("Relu", "minus", "r"));
        var otherwise = Graph([], ["s"], Node("Abs", "x", "absolute"), Node("Relu", "absolute", "s"));
        var graph = Graph(["x:2"], ["y:2"], Node("Relu", "x", "z"), Node(
            "If", "c", "y", Attribute("then_branch", then), Attribute("else_branch", otherwise)));
        graph.Input.Add(Value("c:", ElementType.Boolean));
        var model = Of(graph);
        model.MetadataProps.Add(new StringStringEntryProto
        {
            Key = "toolkit.roles",
            Value =
                """[{"name": "hidden", "value": "z"}, {"name": "branch", "value": "If_y/then_branch/minus"}, {"name": "unembed"}, 7, {"name": 8}]""",
        });
        var plan = ExposurePlan.Create(model, "if.onnx", new PlanOptions { MeasureFusions = false });
        Keys("op:Relu").ShouldBe(["z", "If_y/then_branch/r", "If_y/else_branch/s"]);
        Keys("op:Relu", "op:Neg").ShouldBe(["z", "If_y/then_branch/minus", "If_y/then_branch/r", "If_y/else_branch/s"]);
        Keys("op:Relu", "scope:If_y/else*").ShouldBe(["If_y/else_branch/s"]);
        Keys("scope:If_y/then_branch").ShouldBe(["If_y/then_branch/minus", "If_y/then_branch/r"]);
        Keys("role:hidden").ShouldBe(["z"]);
        Keys("role:*").ShouldBe(["z", "If_y/then_branch/minus"]);
        Keys("*/then_branch/?").ShouldBe(["If_y/then_branch/r"]);
        Should.Throw<BadInputException>(() => Keys("role:logits")).Message.ShouldBe(
            "if.onnx: no role matches 'logits'. It has 'hidden', 'branch'; `inspect model` shows them in brackets "
                + "behind the names.");
        Should.Throw<BadInputException>(() => ExposurePlan.Create(Linear(), "linear.onnx").Select(
            ValueSelection.Parse(["role:hidden"]))).Message.ShouldBe(
            "linear.onnx: no role matches 'hidden'. Its values have no roles: those are in the metadata of group "
                + "networks that `train` or `inspect import` wrote. Take a name, op: or scope:, which `inspect model` lists.");

        List<string> Keys(params string[] patterns) =>
            [.. plan.Select(ValueSelection.Parse(patterns)).Select(static value => value.Key)];
    }

    [Theory]
    [InlineData("gtcrn.onnx", 1)]
    [InlineData("silero_vad.onnx", 50)]
    [InlineData("version-RFB-320.onnx", 100)]
    public void As_deployed_leaves_every_operator_of_a_real_model_as_it_is(string file, int atLeast)
    {
        var path = Path.Combine(SharedData.Require("onnx"), file);
        var plan = ExposurePlan.Create(path, new PlanOptions { Mode = ExposureMode.AsDeployed });
        plan.Select().Count.ShouldBeGreaterThanOrEqualTo(atLeast);
        Operators(options => InferenceEngine.Open(path, options)).ShouldBe(
            Operators(options => plan.Expose(plan.Select()).Open(options)));
        Operators(options => ExposurePlan.Create(path) is var all ? all.Expose(all.Select()).Open(options) : null!)
            .ShouldNotBe(
                Operators(options => InferenceEngine.Open(path, options)),
                "the model has fusions that exposing everything blocks");
    }

    /// <summary>What the runtime made of a model, as it wrote it itself.</summary>
    private static SortedDictionary<string, int> Operators(Func<InferenceOptions, InferenceEngine> open)
    {
        using var folder = new TemporaryFolder();
        open(
            new InferenceOptions { OptimizedModelPath = folder["optimized.onnx"], Log = InferenceLog.Fatal }).Dispose();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var graphs = new Stack<GraphProto>([Formats.Onnx.OnnxModelFile.Load(folder["optimized.onnx"]).Graph]);
        while (graphs.TryPop(out var graph))
        {
            foreach (var node in graph.Node.Where(static node => node.OpType != "Identity"))
            {
                counts[node.OpType] = counts.GetValueOrDefault(node.OpType) + 1;
                foreach (var inner in node.Attribute.Select(static attribute => attribute.G).OfType<GraphProto>())
                {
                    graphs.Push(inner);
                }
            }
        }

        return counts;
    }

    private static List<float[]> Iterations(ExposedModel exposed, InferenceResult result, string name)
    {
        var output = exposed.Outputs.Single(output => output.Value.Name == name);
        var value = result[output.OutputName];
        return output.IsList
            ? [.. value.Items.Select(item => item.AsSpan<float>().ToArray())]
            : [.. value.AsSpan<float>().ToArray().Chunk((int)(value.Shape.Count / value.Shape[0]))];
    }

    private sealed class Steps : List<string>, IProgress<string>
    {
        public void Report(string value) => Add(value);
    }
}
