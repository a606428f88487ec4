using System.Numerics.Tensors;
using System.Text.Json;
using Toolkit.Analysis.Import;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Import;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Tests.Import;

public sealed class ImportTests
{
    // torch and ONNX Runtime add in different orders; a few units in the last place of binary32 over chains of eight
    // layers.
    private const float Tolerance = 2e-6f;

    [Theory]
    [InlineData("convolution")]
    [InlineData("attention")]
    [InlineData("causal")]
    [InlineData("further")]
    public void Chain_of_layers_computes_what_torch_computed(string name)
    {
        using var checkpoint = Checkpoint.Open(Fixture($"chain_{name}.pt"));
        using var values = Checkpoint.Open(Fixture($"chain_{name}.npz"));
        var model = LayerChain.Load(Fixture($"chain_{name}.json")).ToOnnx(checkpoint);

        using var engine = InferenceEngine.Open(model, "chain.onnx");
        using var result = engine.Run(new Dictionary<string, InputValue> { ["input"] = values.Read("input") });

        result["output"].Shape.ShouldBe(values.Find("output").Shape);
        TensorPrimitives.Distance(result["output"].AsSpan<float>(), values.Read("output").AsSpan<float>())
            .ShouldBeLessThan(Tolerance);
        ModelTrial.Run(engine, seed: 1).Outputs.ShouldHaveSingleItem().ShouldStartWith("output [");
    }

    [Fact]
    public void Lineage_with_hashes_is_in_the_metadata_of_the_model()
    {
        using var checkpoint = Checkpoint.Open(Fixture("chain_convolution.pt"));
        var model = LayerChain.Load(Fixture("chain_convolution.json")).ToOnnx(checkpoint);

        using var lineage = JsonDocument.Parse(OnnxModelFile.Metadata(model, LineageJson.MetadataKey)!);

        lineage.RootElement.GetProperty("source").GetString().ShouldBe("chain_convolution.pt");
        lineage.RootElement.GetProperty("tensors").GetProperty("5.weight").GetProperty("sha256").GetString()
            .ShouldBe(checkpoint.Lineage(checkpoint.Find("5.weight")).Sha256);
    }

    [Theory]
    [InlineData(
        """{"kind": "linear", "name": "6"}""",
        "layers[0] (linear '6'): '6.weight' is float32 [5]; float32 with 2 dimensions is expected.")]
    [InlineData(
        """{"kind": "linear", "name": "x"}""",
        "layers[0] (linear 'x'): chain_convolution.pt: there is no tensor 'x.weight'. Nearest: '0.weight'.")]
    [InlineData(
        """{"kind": "lstm"}""", "layers[0] (lstm): the kind 'lstm' is not known. Known: attention, average_pool,")]
    [InlineData("""{"kind": "relu", "slope": 1}""", "layers[0] (relu): the field 'slope' is not one of a relu.")]
    [InlineData(
        """{"kind": "conv", "name": "0", "stride": "two"}""", "layers[0] (conv '0'): 'stride' is no whole number.")]
    [InlineData("""{"name": "0"}""", "layers[0] has no 'kind'.")]
    public void Layer_that_does_not_fit_is_named(string layer, string message)
    {
        using var checkpoint = Checkpoint.Open(Fixture("chain_convolution.pt"));

        var fault = Should.Throw<BadInputException>(() =>
            LayerChain.Parse(
                $$"""{"input": {"type": "float32", "shape": ["batch", 5]}, "layers": [{{layer}}]}""", "layers.json")
                .ToOnnx(checkpoint));

        fault.Message.ShouldStartWith("layers.json: " + message);
    }

    [Theory]
    [InlineData("{}", "the description has no 'input'.")]
    [InlineData(
        """{"input": {"type": "float32", "shape": [1, -3]}, "layers": [{"kind": "relu"}]}""",
        "an extent of the input's shape is -3;")]
    [InlineData(
        """{"input": {"type": "float32", "shape": [1, ""]}, "layers": [{"kind": "relu"}]}""",
        "an extent of the input's shape is \"\";")]
    [InlineData("""{"input": {"type": "float32", "shape": [1, 3]}, "layers": []}""", "'layers' is empty.")]
    [InlineData(
        """{"input": {"type": "float32", "shape": [1, 3]}, "layers": [{"kind": "linear", "name": 0}]}""",
        "layers[0]: 'kind' and 'name' are texts")]
    [InlineData(
        """{"input": {"type": "float32", "shape": [1, 3]}, "layers": [{"kind": "relu", "kind": "relu"}]}""",
        "not a description of layers")]
    [InlineData("[1", "not a description of layers")]
    public void Description_that_is_none_is_bad_input_and_says_where(string text, string message) =>
        Should.Throw<BadInputException>(() => LayerChain.Parse(text, "layers.json")).Message.ShouldStartWith(
            "layers.json: " + message);

    [Fact]
    public void Layer_that_does_not_fit_the_one_before_it_is_named_though_the_runtime_names_a_node()
    {
        using var checkpoint = Checkpoint.Open(Fixture("chain_convolution.pt"));
        var chain = LayerChain.Load(Fixture("chain_convolution.json"));
        var withoutFlatten = chain with { Layers = [.. chain.Layers.Where(layer => layer.Kind != "flatten")] };

        Should.Throw<BadInputException>(() => LayerChainTrial.Run(
            withoutFlatten, checkpoint, "c.onnx", cancellation: TestContext.Current.CancellationToken)).Message
            .ShouldStartWith(
                "chain_convolution.json: layers[5] (linear '5') does not fit what layers[3] gives, output [2, "
                    + "6, 2, 2]: ");
    }

    [Fact]
    public void Open_extents_are_tried_larger_where_two_positions_are_too_few()
    {
        // The face detector's first stage: three convolutions of 3 and a pool, which need 12 positions.
        using var checkpoint = Checkpoint.Open(SharedData.Require("checkpoints", "mtcnn_pnet.pt"));
        var chain = LayerChain.Parse(
            """
            {"input": {"type": "float32", "shape": ["batch", 3, "height", "width"]}, "layers": [
              {"kind": "conv", "name": "conv1"}, {"kind": "prelu", "name": "prelu1"}, {"kind": "max_pool", "ceil": true},
              {"kind": "conv", "name": "conv2"}, {"kind": "prelu", "name": "prelu2"}, {"kind": "conv", "name": "conv3"}, {"kind": "prelu", "name": "prelu3"},
              {"kind": "conv", "name": "conv4_1"}, {"kind": "softmax", "axis": 1}]}
            """,
            "pnet.json");

        var trial = LayerChainTrial.Run(chain, checkpoint, "pnet.onnx", cancellation: TestContext.Current.CancellationToken).Trial;

        // (32 − 2) / 2 − 2 − 2 positions on each axis.
        trial.Outputs.ShouldBe(["output [2, 2, 11, 11]"]);
        trial.Note.ShouldEndWith("open extents 32");
    }

    [Fact]
    public void Face_detector_goes_into_its_graph_bit_for_bit()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("checkpoints", "version-RFB-320.pth"));
        var model = OnnxModelFile.Load(SharedData.Require("onnx", "version-RFB-320.onnx"));
        foreach (var initializer
            in model.Graph.Initializer.Where(initializer => initializer.DataType == (int)ElementType.Float32))
        {
            // An empty skeleton: the graph with zeros for weights.
            initializer.RawData = Google.Protobuf.ByteString.CopyFrom(new byte[initializer.RawData.Length]);
        }

        var result = GraphImport.Fill(checkpoint, model, string.Empty);

        result.Mismatches.ShouldBeEmpty();
        result.Unused.ShouldBeEmpty();
        var original = OnnxModelFile.Load(
            SharedData.Require("onnx", "version-RFB-320.onnx")).Graph.Initializer.ToDictionary(tensor => tensor.Name);
        model.Graph.Initializer.Count(tensor => tensor.DataType == (int)ElementType.Float32
            && OnnxTensor.Read(tensor, string.Empty, tensor.Name).Bytes.Span.SequenceEqual(
                OnnxTensor.Read(original[tensor.Name], string.Empty, tensor.Name).Bytes.Span))
            .ShouldBe(209);
        using var engine = InferenceEngine.Open(model, "filled.onnx");
        ModelTrial.Run(engine, seed: 1).Outputs.ShouldContain("scores [1, 4420, 2]");
    }

    [Fact]
    public void Tensors_are_matched_behind_a_prefix_then_by_shape_and_order_and_every_mismatch_is_reported()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["c.safetensors"], new Dictionary<string, HostTensor>
        {
            ["module.a"] = HostTensor.Float32(new TensorShape(2), [1, 2]),
            ["module.b"] = HostTensor.Float32(new TensorShape(3), [1, 2, 3]),
            ["module.first"] = HostTensor.Float32(new TensorShape(2, 2), [1, 2, 3, 4]),
            ["module.left"] = HostTensor.Float32(new TensorShape(7), [1, 2, 3, 4, 5, 6, 7]),
        });
        var model = new ModelProto { Graph = new GraphProto() };
        Add("a", 2);
        Add("b", 4);
        Add("weight_7", 2, 2);
        Add("missing", 9);
        using var checkpoint = Checkpoint.Open(folder["c.safetensors"]);

        var result = GraphImport.Fill(checkpoint, model, string.Empty);

        result.Filled.ShouldBe(
            [new GraphImportEntry("a", "module.a", "name behind 'module.'", false), new GraphImportEntry(
                "weight_7", "module.first", "shape and order", false)]);
        result.Mismatches.ShouldBe(
            ["'b' is float32 [4] in the graph, float32 [3] in the checkpoint", "'missing' float32 [9] of the graph has no counterpart in the checkpoint"]);
        result.Unused.ShouldBe(["module.left"]);

        void Add(string name, params long[] shape) =>
            model.Graph.Initializer.Add(OnnxTensor.Write(
                name, HostTensor.Float32(new TensorShape(shape), new float[shape.Aggregate(1L, (x, y) => x * y)])));
    }

    [Theory]
    [InlineData(ElementType.BFloat16, 0x3fc0, "bfloat16")]
    [InlineData(ElementType.Float16, 0x3e00, "float16")]
    public void Half_precision_is_widened_into_a_graph_and_into_layers(ElementType type, ushort half, string name)
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["c.safetensors"], new Dictionary<string, HostTensor>
        {
            ["0.weight"] = HostTensor.Create<ushort>(type, new TensorShape(1, 2), [half, 0]),
        });
        using var checkpoint = Checkpoint.Open(folder["c.safetensors"]);
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Initializer.Add(
            OnnxTensor.Write("0.weight", HostTensor.Float32(new TensorShape(1, 2), new float[2])));

        GraphImport.Fill(checkpoint, model, string.Empty).Filled.ShouldBe(
            [new GraphImportEntry("0.weight", "0.weight", $"name, widened from {name}", false)]);
        Values(model).ShouldBe([1.5f, 0]);
        Values(LayerChain.Parse(
            """
            {"input": {"type": "float32", "shape": ["batch", 2]},
             "layers": [{"kind": "linear", "name": "0"}]}
            """,
            "layers.json").ToOnnx(checkpoint)).ShouldBe([1.5f, 0]);

        static float[] Values(ModelProto model) => OnnxTensor.Read(
            model.Graph.Initializer.Single(tensor => tensor.Name == "0.weight"), string.Empty, "0.weight")
            .AsSpan<float>().ToArray();
    }

    [Theory]
    [InlineData("", "name, slashes for dots")]
    [InlineData("model/", "name behind 'model/'")]
    public void Names_parted_by_slashes_are_names_and_not_matched_by_order(string prefix, string rule)
    {
        // HDF5 gives groups by their names: by shape and order, 'conv.bias' would take 'bn/bias'.
        var model = new ModelProto { Graph = new GraphProto() };
        foreach (var name in (ReadOnlySpan<string>)["conv.bias", "bn.bias"])
        {
            model.Graph.Initializer.Add(
                OnnxTensor.Write(name, HostTensor.Float32(new TensorShape(1), [0])));
        }

        using var folder = new TemporaryFolder();
        using var checkpoint = Some(
            folder, ($"{prefix}bn/bias", new TensorShape(1)), ($"{prefix}conv/bias", new TensorShape(1)));

        GraphImport.Fill(checkpoint, model, string.Empty).Filled.ShouldBe(
        [
            new GraphImportEntry("conv.bias", $"{prefix}conv/bias", rule, true),
            new GraphImportEntry("bn.bias", $"{prefix}bn/bias", rule, true),
        ]);
    }

    [Fact]
    public void Double_precision_is_refused_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Doubles(folder, 0.1, 0);
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Initializer.Add(
            OnnxTensor.Write("0.weight", HostTensor.Float32(new TensorShape(1, 2), new float[2])));

        model.Graph.Initializer.Add(
            OnnxTensor.Write("other", HostTensor.Float32(new TensorShape(1, 2), new float[2])));

        GraphImport.Fill(checkpoint, model, string.Empty).Mismatches.ShouldBe(
        [
            "'0.weight' is float32 [1, 2] in the graph, float64 [1, 2] in the checkpoint; add --round to round it, or "
                + "save it as float32",
            "'other' float32 [1, 2] of the graph has no counterpart in the checkpoint; '1.weight' is float64; add "
                + "--round to round it, or save it as float32",
        ]);
        Should.Throw<BadInputException>(() => LayerChain.Parse(
            """
            {"input": {"type": "float32", "shape": ["batch", 2]}, "layers": [{"kind": "linear", "name": "0"}]}
            """,
            "layers.json").ToOnnx(checkpoint)).Message.ShouldEndWith(
                "float32 with 2 dimensions is expected; add --round to round it, or save it as float32.");
    }

    [Fact]
    public void Double_precision_is_rounded_where_that_is_allowed_and_the_largest_error_is_kept()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Doubles(folder, 0.1, double.PositiveInfinity);
        var model = new ModelProto { Graph = new GraphProto() };
        foreach (var name in (ReadOnlySpan<string>)["0.weight", "other"])
        {
            model.Graph.Initializer.Add(
                OnnxTensor.Write(name, HostTensor.Float32(new TensorShape(1, 2), new float[2])));
        }

        var rounding = new Float32Rounding(isAllowed: true);
        var result = GraphImport.Fill(checkpoint, model, string.Empty, rounding);

        result.Filled.ShouldBe(
        [
            new GraphImportEntry("0.weight", "0.weight", "name, rounded from float64", false),
            new GraphImportEntry("other", "1.weight", GraphImportEntry.ShapeAndOrder, false),
        ]);
        rounding.Tensors.ShouldBe(2);
        rounding.LargestRelativeError.ShouldBe((0.1f - 0.1) / 0.1);
        result.Lineage["tensors"]!["0.weight"]!["transformations"]!.AsArray().ShouldHaveSingleItem()!.ToString()
            .ShouldBe("rounded to float32, largest relative error 1.49E-08");
        Chain("\"name\": \"0\"").ToOnnx(checkpoint, rounding).Graph.Initializer.ShouldHaveSingleItem()
            .DataType.ShouldBe((int)ElementType.Float32);
        OnnxTensor.Read(model.Graph.Initializer[0], string.Empty, "0.weight").AsSpan<float>().ToArray()
            .ShouldBe([0.1f, float.PositiveInfinity]);
    }

    [Fact]
    public void Rounding_that_was_asked_for_is_not_recommended_where_the_shape_is_at_fault()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Doubles(folder, 0.1, 0);
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Initializer.Add(
            OnnxTensor.Write("0.weight", HostTensor.Float32(new TensorShape(2, 2), new float[4])));

        GraphImport.Fill(checkpoint, model, string.Empty, new Float32Rounding(isAllowed: true)).Mismatches.ShouldBe(
            ["'0.weight' is float32 [2, 2] in the graph, float64 [1, 2] in the checkpoint"]);
    }

    [Fact]
    public void Number_that_rounds_to_infinity_is_refused_by_the_name_of_its_tensor()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Doubles(folder, 0, -1e39);

        Should.Throw<BadInputException>(() =>
            Chain("\"name\": \"0\"").ToOnnx(checkpoint, new Float32Rounding(isAllowed: true))).Message.ShouldBe(
                "c.safetensors: '0.weight' holds -1E+39, which rounds to infinity: float32 ends at 3.40282E+38. Scale "
                    + "the network before it is saved.");
    }

    [Theory]
    [InlineData("false", new long[] { 1, 0 })]
    [InlineData("true", null)]
    public void Kernel_that_lies_as_keras_stores_it_is_taken_as_it_is(string transposed, long[]? permutation)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Some(folder, ("dense/kernel", new TensorShape(2, 3)), ("dense/bias", new TensorShape(3)));
        var chain = Chain(
            $"\"weight\": \"dense/kernel\", \"bias\": \"dense/bias\", \"transposed\": {transposed}");

        chain.ToOnnx(checkpoint).Graph.Node.Where(static node => node.OpType == "Transpose")
            .SelectMany(static node => node.Attribute.Single().Ints).ShouldBe(permutation ?? []);
        var run = () => LayerChainTrial.Run(
            chain, checkpoint, "k.onnx", cancellation: TestContext.Current.CancellationToken).Trial.Outputs;
        if (permutation is null)
        {
            run().ShouldHaveSingleItem().ShouldContain("3]");
        }
        else
        {
            Should.Throw<BadInputException>(() => run()).Message.ShouldContain("layers[0]");
        }
    }

    [Fact]
    public void Layers_take_their_tensors_from_behind_a_prefix_that_all_names_have()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Some(
            folder, ("net.module.0.weight", new TensorShape(1, 2)), ("net.module.0.bias", new TensorShape(1)));

        LayerChain.Parse(
            """
            {"input": {"type": "float32", "shape": ["batch", 2]},
             "layers": [{"kind": "linear", "name": "0"}, {"kind": "relu"}]}
            """,
            "layers.json").ToOnnx(checkpoint).Graph.Initializer.Select(static tensor => tensor.Name)
            .ShouldBe(["net.module.0.weight", "net.module.0.bias"]);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    public void Transposed_matrix_is_a_mismatch_that_says_how_to_export_it_as_it_is(int outputs, int inputs)
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Initializer.Add(OnnxTensor.Write(
            "onnx::MatMul_7", HostTensor.Float32(new TensorShape(inputs, outputs), new float[inputs * outputs])));
        using var folder = new TemporaryFolder();
        using var checkpoint = Some(folder, ("fc.weight", new TensorShape(outputs, inputs)));

        GraphImport.Fill(checkpoint, model, string.Empty).Mismatches.ShouldHaveSingleItem().ShouldBe(
            $"'onnx::MatMul_7' float32 [{inputs}, {outputs}] of the graph has no counterpart in the checkpoint; "
                + $"'fc.weight' [{outputs}, {inputs}] may be its transpose: export the graph with "
                + "do_constant_folding=False");
    }

    [Fact]
    public void Transposed_matrices_that_widen_and_narrow_do_not_take_each_others_place()
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Initializer.Add(
            OnnxTensor.Write("onnx::MatMul_7", HostTensor.Float32(new TensorShape(2, 4), new float[8])));
        model.Graph.Initializer.Add(
            OnnxTensor.Write("onnx::MatMul_8", HostTensor.Float32(new TensorShape(4, 2), new float[8])));
        using var folder = new TemporaryFolder();
        using var checkpoint = Some(folder, ("up.weight", new TensorShape(4, 2)), ("down.weight", new TensorShape(2, 4)));

        var result = GraphImport.Fill(checkpoint, model, string.Empty);

        result.Filled.ShouldBeEmpty();
        result.Mismatches[0].ShouldContain("'onnx::MatMul_7' float32 [2, 4] of the graph has no counterpart");
        result.Mismatches[0].ShouldContain("'up.weight' [4, 2] may be its transpose");
    }

    [Fact]
    public void Two_parts_of_a_checkpoint_that_fit_equally_are_refused()
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.Graph.Initializer.Add(OnnxTensor.Write("w", HostTensor.Float32(new TensorShape(2), [0, 0])));
        using var folder = new TemporaryFolder();
        using var checkpoint = Some(folder, ("ema.w", new TensorShape(2)), ("model.w", new TensorShape(2)));

        Should.Throw<BadInputException>(() => GraphImport.Fill(checkpoint, model, string.Empty)).Message.ShouldBe(
            "c.safetensors: behind 'ema.' and behind 'model.' are equally many of the names that are needed. "
                + "Take one part: `inspect convert c.safetensors part.safetensors --tensors 'ema.*'`, and import "
                + "that.");
    }

    private static LayerChain Chain(string fields) => LayerChain.Parse(
        $$"""{"input": {"type": "float32", "shape": ["batch", 2]}, "layers": [{"kind": "linear", {{fields}}}]}""",
        "layers.json");

    private static Checkpoint Doubles(TemporaryFolder folder, params double[] numbers)
    {
        var tensor = HostTensor.Create<double>(ElementType.Float64, new TensorShape(1, numbers.Length), numbers);
        SafetensorsWriter.Write(
            folder["c.safetensors"],
            new Dictionary<string, HostTensor> { ["0.weight"] = tensor, ["1.weight"] = tensor });
        return Checkpoint.Open(folder["c.safetensors"]);
    }

    private static Checkpoint Some(TemporaryFolder folder, params (string Name, TensorShape Shape)[] tensors)
    {
        SafetensorsWriter.Write(folder["c.safetensors"], tensors.ToDictionary(
            static tensor => tensor.Name,
            static tensor => HostTensor.Float32(tensor.Shape, new float[tensor.Shape.Count])));
        return Checkpoint.Open(folder["c.safetensors"]);
    }

    private static string Fixture(string file) =>
        Path.Combine(SharedData.RepositoryRoot, "tests", "Toolkit.Formats.Tests", "Checkpoints", "Fixtures", file);
}
