using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Formats.Tests.Onnx;

public sealed class OnnxModelFileTests
{
    [Fact]
    public void Save_and_Load_keep_every_byte_of_real_models()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(SharedData.Require("onnx"), "*.onnx"))
        {
            OnnxModelFile.Save(OnnxModelFile.Load(file), folder["copy.onnx"]);
            File.ReadAllBytes(folder["copy.onnx"]).AsSpan().SequenceEqual(File.ReadAllBytes(file)).ShouldBeTrue(
                Path.GetFileName(file));
        }
    }

    [Fact]
    public void Save_moves_large_tensors_out_and_Read_finds_them()
    {
        using var folder = new TemporaryFolder();
        var path = folder["linear.onnx"];
        OnnxModelFile.Save(Linear(), path, externalFromBytes: 16);
        var model = OnnxModelFile.Load(path);
        var weights = model.Graph.Initializer.Single(tensor => tensor.Name == "W");
        weights.HasRawData.ShouldBeFalse();
        OnnxTensor.Read(weights, folder.FullPath, "W").AsSpan<float>().ToArray().ShouldBe([1f, -1f, 2f, -2f, 3f, -3f]);
    }

    [Theory]
    [InlineData("../outside.bin")]
    [InlineData("sub/../../outside.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\outside.bin")]
    [InlineData("C:\\outside.bin")]
    public void Read_refuses_external_data_outside_the_folder(string location)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["..", "outside.bin"], new byte[4]);
        Should.Throw<BadInputException>(
            () => OnnxTensor.Read(External(location, null, null), folder.FullPath, "m.onnx: 'w'"))
            .Message.ShouldContain("leads outside the model's folder");
        File.Delete(folder["..", "outside.bin"]);
    }

    [Fact]
    public void Read_refuses_links_short_files_and_impossible_ranges()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["data.bin"], new byte[6]);
        File.CreateSymbolicLink(folder["link.bin"], folder["data.bin"]);
        Refused(External("link.bin", null, null)).ShouldContain("symbolic link");
        Refused(External("data.bin", "4", null)).ShouldContain("takes 4 bytes, its external data has 2");
        Refused(External("data.bin", "7", "4")).ShouldContain("starts at byte 7");
        Refused(External("data.bin", "0", "9223372036854775807")).ShouldContain("has 6 bytes");
        Refused(External("data.bin", "-1", "4")).ShouldContain("is not a number of bytes");
        Refused(External("missing.bin", null, null)).ShouldContain("is missing");
        Refused(External("", null, null)).ShouldContain("without a location");

        string Refused(TensorProto tensor) =>
            Should.Throw<BadInputException>(() => OnnxTensor.Read(tensor, folder.FullPath, "m.onnx: 'w'")).Message;
    }

    [Fact]
    public void Read_refuses_sizes_that_do_not_fit_the_data()
    {
        Read([1L << 40, 1L << 40], 1).ShouldContain("is impossible");
        Read([1L << 40], 1).ShouldContain("2 GiB");
        Read([-1], 1).ShouldContain("is impossible");
        Read([3], 1).ShouldContain("takes 12 bytes, 4 are there");
        Read([1], 99).ShouldContain("element type 99 is unknown");

        static string Read(long[] dims, int type)
        {
            var tensor = new TensorProto
            {
                DataType = type,
                RawData = Google.Protobuf.ByteString.CopyFrom(new byte[4]),
            };
            tensor.Dims.AddRange(dims);
            return Should.Throw<BadInputException>(() => OnnxTensor.Read(tensor, ".", "w")).Message;
        }
    }

    [Fact]
    public void Read_packs_what_files_keep_unpacked()
    {
        var half = new TensorProto
        {
            DataType = (int)ElementType.Float16,
            Dims = { 2 },
            Int32Data = { 0x3C00, 0xC000 },
        };
        OnnxTensor.Read(half, ".", "h").AsSpan<Half>().ToArray().ShouldBe([(Half)1f, (Half)(-2f)]);
        var flags = new TensorProto { DataType = (int)ElementType.Boolean, Dims = { 2 }, Int32Data = { 1, 0 } };
        OnnxTensor.Read(flags, ".", "b").Bytes.ToArray().ShouldBe([(byte)1, 0]);
        var nibbles = new TensorProto { DataType = (int)ElementType.Int4, Dims = { 3 }, Int32Data = { 0x21, 0x03 } };
        OnnxTensor.Read(nibbles, ".", "n").Bytes.ToArray().ShouldBe([(byte)0x21, 3]);
        var wide = new TensorProto { DataType = (int)ElementType.UInt32, Dims = { 1 }, Uint64Data = { uint.MaxValue } };
        OnnxTensor.Read(wide, ".", "u").AsSpan<uint>()[0].ShouldBe(uint.MaxValue);
    }

    [Fact]
    public void Parse_meets_truncation_and_bit_flips_with_our_exception_alone()
    {
        var bytes = Google.Protobuf.MessageExtensions.ToByteArray(Linear());
        var random = new Random(3);
        var rounds = int.Parse(
            Environment.GetEnvironmentVariable("TOOLKIT_FUZZ") ?? "300",
            System.Globalization.CultureInfo.InvariantCulture);
        for (var round = 0; round < rounds; round++)
        {
            var damaged = round % 2 == 0 ? bytes[..random.Next(bytes.Length)] : (byte[])bytes.Clone();
            for (var flip = 0; flip < round % 4 && damaged.Length > 0; flip++)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                var model = OnnxModelFile.Parse(damaged, "damaged.onnx");
                ModelEdit.Of(model, "damaged.onnx");
                foreach (var tensor in model.Graph.Initializer)
                {
                    OnnxTensor.Read(tensor, Path.GetTempPath(), "damaged.onnx");
                }
            }
            catch (BadInputException)
            {
                // What is meant to happen.
            }
        }
    }

    [Fact]
    public void Load_says_what_is_wrong_with_what_is_no_model()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty.onnx"], "");
        Should.Throw<BadInputException>(() => OnnxModelFile.Load(folder["empty.onnx"])).Message.ShouldEndWith(
            "holds no graph; an ONNX model was expected.");
        File.WriteAllText(folder["text.onnx"], "import torch");
        Should.Throw<BadInputException>(() => OnnxModelFile.Load(folder["text.onnx"])).Message.ShouldContain(
            "not an ONNX model, or truncated or damaged");
        SafetensorsWriter.Write(folder["weights.safetensors"], new Dictionary<string, HostTensor>
        {
            ["w"] = HostTensor.Float32(new TensorShape(1), [1]),
        });
        Should.Throw<BadInputException>(() => OnnxModelFile.Load(folder["weights.safetensors"])).Message.ShouldEndWith(
            "a checkpoint (safetensors), not an ONNX model. `inspect weights` shows its tensors; `inspect import` "
                + "makes a model of them.");
        Should.Throw<BadInputException>(() => OnnxModelFile.Load(folder.FullPath)).Message.ShouldContain("is a folder");
        Should.Throw<BadInputException>(() => OnnxModelFile.Load(folder["none.onnx"])).Message.ShouldContain(
            "there is no such file");
    }

    [Fact]
    public void Load_bounds_the_depth_of_nested_graphs()
    {
        var graph = Graph(["x:1"], ["y:1"], Node("Relu", "x", "y"));
        for (var depth = 0; depth < 60; depth++)
        {
            graph = Graph(["x:1"], ["y:1"], Node("If", "c", "y", Attribute("then_branch", graph)));
        }

        using var folder = new TemporaryFolder();
        using (var stream = File.Create(folder["deep.onnx"]))
        {
            Google.Protobuf.MessageExtensions.WriteTo(Of(graph), stream);
        }

        Should.Throw<BadInputException>(() => OnnxModelFile.Load(folder["deep.onnx"])).Message.ShouldContain("nesting");
    }

    [Fact]
    public void Graph_refuses_cycles_duplicates_and_values_that_nothing_computes()
    {
        Fault(Graph(["x:1"], ["b:1"], Node("Add", "x b", "a"), Node("Relu", "a", "b"))).ShouldContain(
            "has a cycle through node 'Add_a'");
        Fault(Graph(["x:1"], ["y:1"], Node("Relu", "x", "y"), Node("Neg", "x", "y"))).ShouldContain(
            "value 'y' of the graph is defined twice");
        Fault(Graph(["x:1"], ["y:1"], Node("Relu", "z", "y"))).ShouldContain("reads 'z', which nothing computes");
        Fault(Graph(["x:1"], ["y:1"])).ShouldContain("output 'y' of the graph is never computed");

        static string Fault(GraphProto graph) =>
            Should.Throw<BadInputException>(() => ModelGraph.Of(Of(graph), "bad.onnx")).Message;
    }

    [Fact]
    public void Graph_finds_an_order_where_the_file_has_none_and_is_linear_in_nodes()
    {
        var unsorted = ModelGraph.Of(
            Of(Graph(["x:1"], ["y:1"], Node("Neg", "a", "y"), Node("Relu", "x", "a"))), "unsorted.onnx");
        unsorted.Top.Nodes.Select(node => node.Proto.OpType).ShouldBe(["Relu", "Neg"]);

        const int count = 100_000;
        var large = Graph(["v0:1"], [$"v{count}:1"]);
        large.Node.AddRange(Enumerable.Range(0, count)
            .Select(i =>
                new NodeProto { OpType = "Relu", Name = "same", Input = { $"v{i}" }, Output = { $"v{i + 1}" } })
            .Reverse());
        ModelGraph.Of(Of(large), "large.onnx").Top.Nodes.Count.ShouldBe(count);
    }

    [Fact]
    public void Inline_refuses_functions_that_call_themselves_or_explode()
    {
        var self = new FunctionProto { Name = "F", Domain = "d", Input = { "a" }, Output = { "b" } };
        self.Node.Add(new NodeProto { OpType = "F", Domain = "d", Input = { "a" }, Output = { "b" } });
        var call = new NodeProto { OpType = "F", Domain = "d", Input = { "x" }, Output = { "y" } };
        Should
            .Throw<BadInputException>(() => ModelEdit.Of(Of(Graph(["x:1"], ["y:1"], call), self), "self.onnx")).Message
                .ShouldContain("calls itself");

        var functions = Enumerable.Range(0, 30).Select(level =>
        {
            var function = new FunctionProto { Name = $"F{level}", Domain = "d", Input = { "a" }, Output = { "b" } };
            function.Node.Add(new NodeProto
            {
                OpType = level == 29 ? "Relu" : $"F{level + 1}",
                Domain = level == 29 ? "" : "d",
                Input = { "a" },
                Output = { "m" },
            });
            function.Node.Add(new NodeProto
            {
                OpType = level == 29 ? "Relu" : $"F{level + 1}",
                Domain = level == 29 ? "" : "d",
                Input = { "m" },
                Output = { "b" },
            });
            return function;
        }).ToArray();
        call = new NodeProto { OpType = "F0", Domain = "d", Input = { "x" }, Output = { "y" } };
        Should.Throw<BadInputException>(
            () => ModelEdit.Of(Of(Graph(["x:1"], ["y:1"], call), functions), "bomb.onnx")).Message
            .ShouldContain("expand to more than");
    }

    private static TensorProto External(string location, string? offset, string? length)
    {
        var tensor = new TensorProto
        {
            DataType = 1,
            Dims = { 1 },
            DataLocation = TensorProto.Types.DataLocation.External,
        };
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        if (offset is not null)
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset });
        }

        if (length is not null)
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length });
        }

        return tensor;
    }
}
