using System.Runtime.InteropServices;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Runtime.Tests;

public sealed class InferenceEngineTests
{
    private static readonly InputValue X = HostTensor.Float32(new TensorShape(2, 3), [1f, 0f, 0f, 0f, 0f, -1f]);

    [Fact]
    public void Run_gives_named_values_in_native_memory()
    {
        using var engine = InferenceEngine.Open(Linear(), "linear.onnx");
        using var result = engine.Run(new Dictionary<string, InputValue> { ["x"] = X });
        result["y"].Shape.ShouldBe(new TensorShape(2, 2));
        result["y"].AsSpan<float>().ToArray().ShouldBe([1.5f, 0f, 0f, 3.25f]);
        engine.Inputs.Single().Dimensions!.Select(d => d.ToString()).ShouldBe(["batch", "3"]);
        engine.Outputs.Single().Type.ShouldBe(ElementType.Float32);
    }

    [Fact]
    public void An_input_that_a_run_passes_on_is_the_runs_own()
    {
        var graph = Graph(["x:2,3"], ["x"], Node("Neg", "x", "y"));
        using var engine = InferenceEngine.Open(Of(graph), "through.onnx");
        ShouldBeItsOwn(engine, static tensor => tensor, static value => value);
    }

    [Fact]
    public void A_sequence_that_a_run_passes_on_is_the_runs_own()
    {
        var graph = Graph([], [], Node("SequenceLength", "x", "n"));
        var type = new TypeProto
        {
            SequenceType = new TypeProto.Types.Sequence { ElemType = Value("x:2,3").Type },
        };
        graph.Input.Add(new ValueInfoProto { Name = "x", Type = type });
        graph.Output.Add(new ValueInfoProto { Name = "x", Type = type });
        using var engine = InferenceEngine.Open(Of(graph), "through.onnx");
        ShouldBeItsOwn(engine, static tensor => new SequenceInput([tensor]), static value => value.Items[0]);
    }

    /// <summary>A sum begins where its elements lie: where that differs, so do its last bits.</summary>
    [Fact]
    public void A_run_gives_the_same_bits_wherever_its_inputs_lie()
    {
        using var engine = InferenceEngine.Open(
            Of(Graph(["x:n"], ["y:1"], Node("ReduceSum", "x", "y"))), "sum.onnx");
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, 1001).Select(_ => random.NextSingle())];
        var room = new byte[(4 * values.Length) + 64];
        var sums = Enumerable.Range(0, 16).Select(at => 4 * at).Select(offset =>
        {
            var place = room.AsMemory(offset, 4 * values.Length);
            MemoryMarshal.AsBytes<float>(values).CopyTo(place.Span);
            using var result = engine.Run(new Dictionary<string, InputValue>
            {
                ["x"] = new HostTensor(ElementType.Float32, new TensorShape(values.Length), place),
            });
            return result["y"].AsSpan<float>()[0];
        });
        sums.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void Run_names_the_input_that_is_missing()
    {
        using var engine = InferenceEngine.Open(Linear(), "linear.onnx");
        Should.Throw<BadInputException>(() => engine.Run(new Dictionary<string, InputValue>()))
            .Message.ShouldBe("linear.onnx: no value for input 'x'. Give one for each input.");
    }

    [Fact]
    public void Run_reports_a_shape_that_does_not_fit()
    {
        using var engine = InferenceEngine.Open(Linear(), "linear.onnx");
        var wrong = new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(
            new TensorShape(1, 4), new float[4]) };
        Should.Throw<BadInputException>(() => engine.Run(wrong)).Message.ShouldStartWith(
            "linear.onnx: ONNX Runtime could not run it:");
    }

    [Fact]
    public void Run_reports_what_an_operator_refuses_without_the_place_in_the_runtimes_source()
    {
        using var engine = InferenceEngine.Open(
            Of(Graph(["a:m", "b:n"], ["y:k"], Node("Add", "a b", "y"))), "add.onnx");
        var inputs = new Dictionary<string, InputValue>
        {
            ["a"] = HostTensor.Float32(new TensorShape(2), [1f, 2f]),
            ["b"] = HostTensor.Float32(new TensorShape(3), [1f, 2f, 3f]),
        };
        var message = Should.Throw<BadInputException>(() => engine.Run(inputs)).Message;
        message.ShouldContain(
            "Status Message: axis == 1 || axis == largest was false. Attempting to broadcast an axis by a dimension other");
        message.ShouldNotContain("onnxruntime");
    }

    [Fact]
    public void Run_takes_empty_tensors()
    {
        using var engine = InferenceEngine.Open(Linear(), "linear.onnx");
        using var result = engine.Run(
            new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(new TensorShape(0, 3), []) });
        result["y"].Shape.ShouldBe(new TensorShape(0, 2));
        result["y"].Bytes.Length.ShouldBe(0);
    }

    [Fact]
    public void Run_gives_sequences_as_items()
    {
        var model = Of(Graph(
            ["x:2,3"], [], Node("SplitToSequence", "x _", "parts", Attribute("axis", 0L), Attribute("keepdims", 1L))));
        model.Graph.Node[0].Input.RemoveAt(1);
        model.Graph.Output.Add(new ValueInfoProto { Name = "parts" });
        using var engine = InferenceEngine.Open(model, "parts.onnx");
        engine.Outputs.Single().Kind.ShouldBe(ValueKind.Sequence);
        using var result = engine.Run(new Dictionary<string, InputValue> { ["x"] = X });
        result["parts"].Items.Count.ShouldBe(2);
        result["parts"].Items[1].AsSpan<float>().ToArray().ShouldBe([0f, 0f, -1f]);
        result["parts"].Items[1].Name.ShouldBe("parts[1]");
    }

    [Fact]
    public void Run_carries_text_both_ways()
    {
        var graph = Graph([], [], Node("Identity", "s", "t"));
        graph.Input.Add(Value("s:2", ElementType.Text));
        graph.Output.Add(Value("t:2", ElementType.Text));
        using var engine = InferenceEngine.Open(Of(graph), "text.onnx");
        using var result = engine.Run(
            new Dictionary<string, InputValue> { ["s"] = new TextInput(new TensorShape(2), ["é", ""]) });
        result["t"].ReadText().ShouldBe(["é", ""]);
    }

    [Fact]
    public void Run_gives_half_types_as_raw_bytes()
    {
        var graph = Graph(["x:2,3"], [], Node("Cast", "x", "h", Attribute("to", 10L)));
        graph.Output.Add(new ValueInfoProto { Name = "h" });
        using var engine = InferenceEngine.Open(Of(graph), "half.onnx");
        using var result = engine.Run(new Dictionary<string, InputValue> { ["x"] = X });
        result["h"].Type.ShouldBe(ElementType.Float16);
        result["h"].AsSpan<Half>()[5].ShouldBe((Half)(-1f));
    }

    [Fact]
    public void Open_refuses_a_device_that_is_not_there()
    {
        Assert.SkipWhen(InferenceDevice.HasCuda, "this build has the CUDA provider");
        Should.Throw<BadInputException>(
            () => InferenceEngine.Open(Linear(), "linear.onnx", new InferenceOptions { Device = "cuda" }))
            .Message.ShouldBe(
                "Device 'cuda': this build has no CUDA provider. Build with -p:Accelerator=cuda, or use --device cpu.");
        Should.Throw<BadInputException>(
            () => InferenceEngine.Open(Linear(), "linear.onnx", new InferenceOptions { Device = "abacus" }))
            .Message.ShouldBe("Device 'abacus' is unknown; cpu, cuda, cuda:N or auto were expected.");
    }

    [Fact]
    public void Open_takes_the_processor_for_auto_and_says_what_cuda_lacks_where_it_cannot_be_used()
    {
        Assert.SkipWhen(InferenceDevice.CudaFault() is null, "CUDA can be used here");
        using var engine = InferenceEngine.Open(Linear(), "linear.onnx", new InferenceOptions { Device = "auto" });
        engine.Device.ShouldBe("cpu");
        Should.Throw<BadInputException>(
            () => InferenceEngine.Open(Linear(), "linear.onnx", new InferenceOptions { Device = "cuda:0" }))
            .Message.ShouldStartWith($"Device 'cuda:0': {InferenceDevice.CudaFault()} ");
    }

    [Theory]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1:2")]
    [InlineData("cudax")]
    [InlineData("")]
    public void Resolve_refuses_names_that_are_none(string device) =>
        Should.Throw<BadInputException>(() => InferenceDevice.Resolve(device))
            .Message.ShouldBe($"Device '{device}' is unknown; cpu, cuda, cuda:N or auto were expected.");

    [Fact]
    public void Open_reports_what_the_runtime_finds_wrong()
    {
        var model = Of(Graph(["x:2"], ["y:2"], Node("NoSuchOperator", "x", "y")));
        Should.Throw<BadInputException>(() => InferenceEngine.Open(model, "bad.onnx"))
            .Message.ShouldStartWith("bad.onnx: ONNX Runtime cannot load it:");
    }

    [Fact]
    public void Open_finds_external_data_of_an_edited_model_beside_the_original()
    {
        using var folder = new TemporaryFolder();
        var path = folder["linear.onnx"];
        OnnxModelFile.Save(Linear(), path, externalFromBytes: 1);
        var model = OnnxModelFile.Load(path);
        model.Graph.Initializer[0].RawData.Length.ShouldBe(0);
        model.Graph.Output.Add(new ValueInfoProto { Name = "sum" });
        using var engine = InferenceEngine.Open(model, path);
        using var result = engine.Run(new Dictionary<string, InputValue> { ["x"] = X }, ["sum"]);
        result["sum"].AsSpan<float>().ToArray().ShouldBe([1.5f, -0.75f, -2.5f, 3.25f]);
    }

    /// <summary>
    /// The collector may not move what the runtime still reads, as it moves everything behind garbage.
    /// </summary>
    private static void ShouldBeItsOwn(
        InferenceEngine engine, Func<HostTensor, InputValue> input, Func<NativeValue, NativeValue> output)
    {
        float[] values = [1f, 2f, 3f, 4f, 5f, 6f];
        var bytes = MemoryMarshal.AsBytes<float>(values).ToArray();
        using var result = engine.Run(new Dictionary<string, InputValue>
        {
            ["x"] = input(new HostTensor(ElementType.Float32, new TensorShape(2, 3), bytes)),
        });
        Array.Clear(bytes);
        output(result["x"]).AsSpan<float>().ToArray().ShouldBe(values);
    }
}
