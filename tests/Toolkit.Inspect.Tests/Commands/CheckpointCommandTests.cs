using System.CommandLine;
using System.Text;
using System.Text.Json;
using Toolkit.CommandLine;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Commands;

namespace Toolkit.Inspect.Tests.Commands;

public sealed class CheckpointCommandTests
{
    private const string ReducesToSystem = "\x80\x02" + "cos\nsystem\n(S'id'\ntR.";

    [Fact]
    public async Task Weights_as_json_has_tensors_lineage_scan_and_spectra()
    {
        var (code, output, _) = await Run("weights", Fixture("torch_zip.pt"), "--json");

        code.ShouldBe(ExitCode.Done);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        root.GetProperty("format").GetString().ShouldBe("PyTorch zip");
        root.GetProperty("verdict").GetString().ShouldBe("safe");
        var transposed = root
            .GetProperty("tensors")
            .EnumerateArray()
            .Single(tensor => tensor.GetProperty("name").GetString() == "transposed");
        transposed.GetProperty("sha256").GetString()!.Length.ShouldBe(64);
        transposed.GetProperty("transformations")[0].GetString().ShouldBe("strides [1, 6] made row-major");
        var spectrum = root
            .GetProperty("spectra")
            .EnumerateArray()
            .Single(entry => entry.GetProperty("name").GetString() == "channels_last");
        spectrum.GetProperty("unfolding").GetString().ShouldBe("[2, 3, 4, 5] → [2, 60]");
        spectrum.GetProperty("statistics").GetProperty("stable_rank").GetDouble().ShouldBeInRange(1, 2);
    }

    [Fact]
    public async Task List_reads_no_elements()
    {
        var (code, output, _) = await Run("weights", Fixture("torch_zip.pt"), "--list", "--json");

        code.ShouldBe(ExitCode.Done);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("spectra").GetArrayLength().ShouldBe(0);
        document.RootElement.GetProperty("tensors")[0].GetProperty("sha256").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("--scan")]
    [InlineData("--list")]
    public async Task File_that_would_execute_something_ends_in_2_and_names_it(string mode)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(
            folder["evil.pkl"], Encoding.Latin1.GetBytes(ReducesToSystem), TestContext.Current.CancellationToken);

        var (code, output, _) = await Run("weights", folder["evil.pkl"], mode);

        code.ShouldBe(ExitCode.BadInput);
        output.ShouldContain("dangerous");
        output.ShouldContain("os.system");
    }

    [Fact]
    public async Task File_with_unknown_classes_is_unknown_and_ends_in_0()
    {
        var (code, output, _) = await Run("weights", Fixture("torch_module.pt"), "--scan", "--json");

        code.ShouldBe(ExitCode.Done);
        JsonDocument.Parse(output).RootElement.GetProperty("verdict").GetString().ShouldBe("unknown");
    }

    [Fact]
    public async Task Results_are_written_as_parquet_json_and_charts()
    {
        using var folder = new TemporaryFolder();

        (await Run("weights", Fixture("torch_zip.pt"), "--out", folder["w"])).Code.ShouldBe(ExitCode.Done);

        var summary = ParquetTable.Read(folder["w", "weights.parquet"]);
        summary.Values<string?>("name").ToArray().ShouldContain("permuted");
        summary.Numbers("stable_rank").ShouldAllBe(rank => rank >= 1 - 1e-9);
        ParquetTable.Read(folder["w", "weight_spectra.parquet"]).Contains("singular_value").ShouldBeTrue();
        File.Exists(folder["w", "charts", "weight_spectra.png"]).ShouldBeTrue();
        using var json = JsonDocument.Parse(
            await File.ReadAllTextAsync(folder["w", "weights.json"], TestContext.Current.CancellationToken));
        json.RootElement.GetProperty("file").GetString().ShouldBe("torch_zip.pt");
    }

    [Fact]
    public async Task Eight_bit_floats_have_spectra_and_what_has_none_says_why()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], new Dictionary<string, HostTensor>
        {
            // E4M3: 0x38 is 1, 0x40 is 2; the diagonal matrix of 1 and 2.
            ["small"] = HostTensor.Create<byte>(ElementType.Float8E4M3FN, new TensorShape(2, 2), [0x38, 0, 0, 0x40]),
            ["quantised"] = HostTensor.Create<sbyte>(ElementType.Int8, new TensorShape(2, 2), [1, 2, 3, 4]),
            ["positions"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(2, 2), [0, 1, 2, 3]),
        });

        var (code, output, _) = await Run("weights", folder["a.safetensors"], "--json");

        code.ShouldBe(ExitCode.Done);
        using var document = JsonDocument.Parse(output);
        var spectrum = document.RootElement.GetProperty("spectra").EnumerateArray().ShouldHaveSingleItem();
        spectrum.GetProperty("singular_values").EnumerateArray().Select(value => value.GetDouble()).ShouldBe([2, 1]);
        document.RootElement.GetProperty("without_spectrum").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("name").GetString().ShouldBe("quantised");
    }

    [Fact]
    public async Task Scan_with_a_folder_for_results_is_wrong_usage()
    {
        using var folder = new TemporaryFolder();

        (await Run("weights", Fixture("torch_zip.pt"), "--scan", "--out", folder["w"])).Code.ShouldBe(
            ExitCode.WrongUsage);
    }

    [Fact]
    public async Task Hostile_names_stay_on_their_line()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["h.safetensors"], new Dictionary<string, HostTensor>
        {
            ["a\n\u001b[31m[bold]"] = HostTensor.Float32(new TensorShape(2, 2), [1, 2, 3, 4]),
        });

        var (code, output, _) = await Run("weights", folder["h.safetensors"]);

        code.ShouldBe(ExitCode.Done);
        output.ShouldContain("a\\u000a\\u001b[31m[bold]");
        output.ShouldNotContain("\u001b[31m");
    }

    [Theory]
    [InlineData("numpy.npz", "out.npz")]
    [InlineData("all.safetensors", "out.safetensors")]
    [InlineData("all.safetensors", "out.npz")]
    [InlineData("all.dat", "out.safetensors")]
    public async Task Conversion_keeps_every_bit(string source, string target)
    {
        using var folder = new TemporaryFolder();

        (await Run("convert", Fixture(source), folder[target])).Code.ShouldBe(ExitCode.Done);

        using var before = Checkpoint.Open(Fixture(source));
        using var after = Checkpoint.Open(folder[target]);
        after.Tensors.Length.ShouldBe(before.Tensors.Length);
        foreach (var tensor in before.Tensors)
        {
            after.Lineage(after.Find(tensor.Name)).Sha256.ShouldBe(before.Lineage(tensor).Sha256, tensor.Name);
            after.Find(tensor.Name).Shape.ShouldBe(tensor.Shape);
        }
    }

    [Fact]
    public async Task Conversion_to_parquet_keeps_every_value()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], new Dictionary<string, HostTensor>
        {
            ["w"] = HostTensor.Float32(new TensorShape(2, 2), [1.5f, float.NaN, -0f, float.Epsilon]),
            ["b"] = HostTensor.Create<ushort>(ElementType.BFloat16, new TensorShape(1), [0x3fc0]),
            ["n"] = HostTensor.Create(ElementType.Int64, new TensorShape(2), [long.MinValue, (1L << 53) + 1]),
        });

        (await Run("convert", folder["a.safetensors"], folder["a.parquet"])).Code.ShouldBe(ExitCode.Done);

        var table = ParquetTable.Read(folder["a.parquet"]);
        var names = table.Values<string?>("name").ToArray();
        int w = Array.IndexOf(names, "w"), b = Array.IndexOf(names, "b"), n = Array.IndexOf(names, "n");
        table.Values<string?>("shape")[w].ShouldBe("[2,2]");
        table.Values<float[]?>("values")[w]!
            .Select(BitConverter.SingleToUInt32Bits)
            .ShouldBe([0x3fc00000, BitConverter.SingleToUInt32Bits(float.NaN), 0x80000000, 1u]);
        table.Values<float[]?>("values")[b].ShouldBe([1.5f]);
        table.Values<float[]?>("values")[n].ShouldBeNull();
        table.Values<long[]?>("integers")[n].ShouldBe([long.MinValue, (1L << 53) + 1]);
        table.Values<long[]?>("integers")[w].ShouldBeNull();
    }

    [Fact]
    public async Task Parquet_keeps_the_bits_of_signalling_nans_beside_binary64()
    {
        const uint Signalling = 0xffa00001;
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], new Dictionary<string, HostTensor>
        {
            ["wide"] = HostTensor.Create(ElementType.Float64, new TensorShape(1), [1.0]),
            ["nan"] = new HostTensor(ElementType.Float32, new TensorShape(1), BitConverter.GetBytes(Signalling)),
        });

        (await Run("convert", folder["a.safetensors"], folder["a.parquet"])).Code.ShouldBe(ExitCode.Done);

        var table = ParquetTable.Read(folder["a.parquet"]);
        var row = Array.IndexOf(table.Values<string?>("name").ToArray(), "nan");

        // binary64 has 29 bits more behind the mantissa, and 3 more in the exponent, all set in a NaN.
        BitConverter.DoubleToUInt64Bits(table.Values<double[]?>("values")[row]![0]).ShouldBe(0xfff4_0000_2000_0000UL);
    }

    [Fact]
    public async Task Parquet_holds_every_element_type_there_is()
    {
        // all.onnx: 8-bit floats, packed integers, uint64, complex numbers; what its writer put into them is in
        // make_fixtures.py.
        using var folder = new TemporaryFolder();

        (await Run("convert", Fixture("all.onnx"), folder["all.parquet"])).Code.ShouldBe(ExitCode.Done);

        var table = ParquetTable.Read(folder["all.parquet"]);
        var names = table.Values<string?>("name").ToArray();
        table.Values<ulong[]?>("unsigned")[At("typed_uint64")].ShouldBe([1UL << 63]);
        table.Values<long[]?>("integers")[At("typed_uint32")].ShouldBe([4_000_000_000]);
        table.Values<long[]?>("integers")[At("packed_int4")].ShouldBe([1, 2, 3]);
        table.Values<long[]?>("integers")[At("packed_uint4")].ShouldBe([1, 15, 14]);
        table.Values<double[]?>("values")[At("typed_complex64")].ShouldBe([1, 2]);
        table.Values<double[]?>("values")[At("typed_half")].ShouldBe([1.5, -2]);
        table.Values<double[]?>("values")[At("float8_e5m2")].ShouldBe(
            [4 * Math.ScaleB(1, -16), 5 * Math.ScaleB(1, -16), 6 * Math.ScaleB(1, -16)]);

        int At(string name) => Array.IndexOf(names, name);
    }

    [Fact]
    public async Task Folder_that_is_a_file_and_file_that_is_a_folder_are_bad_input()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "text", TestContext.Current.CancellationToken);

        var weights = await Run("weights", Fixture("torch_zip.pt"), "--out", folder["file"]);
        var convert = await Run("convert", Fixture("numpy.npz"), folder["file", "a.npz"]);
        Directory.CreateDirectory(folder["folder.npz"]);
        var onto = await Run("convert", Fixture("numpy.npz"), folder["folder.npz"]);

        weights.Code.ShouldBe(ExitCode.BadInput);
        weights.Error.ShouldContain("this is a file, and a folder is needed there. Choose another name.");
        convert.Code.ShouldBe(ExitCode.BadInput);
        onto.Error.ShouldContain("this is a folder, and a file is to be written there. Choose another name.");
    }

    [Theory]
    [InlineData("torch_zip.pt", "out.npz", "'t_bfloat16' is bfloat16, which numpy does not have")]
    [InlineData("torch_zip.pt", "out.safetensors", "'t_complex128' is complex128, which safetensors does not have")]
    [InlineData("torch_zip.pt", "out.npy", "a .npy file holds one. Convert to .npz, or name one with --tensors.")]
    [InlineData("objects.npy", "out.npz", "'tensor' cannot be converted: its elements are pickled Python objects")]
    [InlineData("objects.npy", "out.npz", "To leave it out, name the tensors to take with --tensors.")]
    [InlineData("torch_zip.pt", "out.bin", "'.bin' is not a format that can be written")]
    public async Task Conversion_that_would_lose_something_names_the_tensor_and_writes_nothing(
        string source, string target, string message)
    {
        using var folder = new TemporaryFolder();

        var (code, _, error) = await Run("convert", Fixture(source), folder[target]);

        code.ShouldBe(ExitCode.BadInput);
        error.ReplaceLineEndings(" ").ShouldContain(message);
        Directory.EnumerateFileSystemEntries(folder.FullPath).ShouldBeEmpty();
    }

    [Fact]
    public async Task Conversion_of_some_tensors_leaves_out_what_the_format_lacks()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["a.safetensors"], new Dictionary<string, HostTensor>
        {
            ["model.w"] = HostTensor.Float32(new TensorShape(2), [1, 2]),
            ["model.b"] = HostTensor.Float32(new TensorShape(1), [3]),
            ["optimizer.w"] = HostTensor.Create<ushort>(ElementType.BFloat16, new TensorShape(1), [0x3fc0]),
        });

        var some = await Run("convert", folder["a.safetensors"], folder["some.npz"], "--tensors", "model.*");
        var one = await Run("convert", folder["a.safetensors"], folder["one.npy"], "--tensors", "model.b");
        var none = await Run("convert", folder["a.safetensors"], folder["none.npz"], "--tensors", "model.c");

        some.Output.ShouldContain("2 tensors of a.safetensors (safetensors), every bit kept");
        using var written = Checkpoint.Open(folder["some.npz"]);
        written.Tensors.Select(tensor => tensor.Name).ShouldBe(["model.w", "model.b"], ignoreOrder: true);
        one.Output.ShouldContain("1 tensor of");
        none.Code.ShouldBe(ExitCode.BadInput);
        none.Error.ShouldContain("no tensor matches 'model.c'. Nearest: 'model.");
        File.Exists(folder["none.npz"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Import_by_shape_and_order_warns_with_the_pairs_and_says_little_of_the_unused()
    {
        using var folder = new TemporaryFolder();
        var tensors = Enumerable.Range(0, 30).ToDictionary(
            i => $"state.{i}", i => HostTensor.Float32(new TensorShape(i + 3), new float[i + 3]));
        tensors["fc.weight"] = HostTensor.Float32(new TensorShape(2, 2), [1, 2, 3, 4]);
        SafetensorsWriter.Write(folder["c.safetensors"], tensors);
        var graph = new GraphProto { Name = "graph" };
        graph.Initializer.Add(
            OnnxTensor.Write("weight_7", HostTensor.Float32(new TensorShape(2, 2), new float[4])));
        graph.Input.Add(Matrix("x"));
        graph.Node.Add(new NodeProto { OpType = "MatMul", Input = { "x", "weight_7" }, Output = { "y" } });
        graph.Output.Add(Matrix("y"));
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        OnnxModelFile.Save(model, folder["graph.onnx"]);
        string[] arguments =
            ["import", folder["c.safetensors"], "--graph", folder["graph.onnx"], "--out", folder["m.onnx"]];

        var (code, _, error) = await Run(arguments);
        var (_, json, _) = await Run([.. arguments, "--json"]);

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("warning: 1 tensor was matched by shape and order alone");
        error.ShouldContain("by order: 'weight_7' takes 'fc.weight'");
        error.Split("unused:").Length.ShouldBe(21);
        error.ShouldContain("… and 10 more");
        using var document = JsonDocument.Parse(json);
        document.RootElement.GetProperty("by_order")[0].GetProperty("tensor").GetString().ShouldBe("fc.weight");
        document.RootElement.GetProperty("unused").GetArrayLength().ShouldBe(30);

        static ValueInfoProto Matrix(string name) => new()
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor
                {
                    ElemType = (int)ElementType.Float32,
                    Shape = new TensorShapeProto
                    {
                        Dim =
                        {
                            new TensorShapeProto.Types.Dimension { DimValue = 2 },
                            new TensorShapeProto.Types.Dimension { DimValue = 2 },
                        },
                    },
                },
            },
        };
    }

    [Fact]
    public async Task Import_of_a_published_network_reports_its_losses_and_keeps_the_lineage()
    {
        using var folder = new TemporaryFolder();
        var network = SharedData.Require("group-networks", "A5_MLP_seed1");

        var (code, output, _) = await Run(
            "import",
            Path.Combine(network, "model.pt"),
            "--config",
            Path.Combine(network, "cfg.json"),
            "--out",
            folder["a5.onnx"],
            "--json");

        code.ShouldBe(ExitCode.Done);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("train_loss").GetDouble().ShouldBe(1.0625062651705018e-06, 1e-4 * 1.06e-6);
        document.RootElement.GetProperty("test_loss").GetDouble().ShouldBe(6.269058792403393e-05, 1e-4 * 6.27e-5);
        using var onnx = Checkpoint.Open(folder["a5.onnx"]);
        using var torch = Checkpoint.Open(Path.Combine(network, "model.pt"));
        onnx.Lineage(onnx.Find("W_U")).Sha256.ShouldBe(torch.Lineage(torch.Find("W_U")).Sha256);
    }

    [Fact]
    public async Task Import_doubts_a_configuration_whose_products_the_network_does_not_answer()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        SafetensorsWriter.Write(folder["random.safetensors"], SomeGroupNetwork.Weights(config));
        File.WriteAllText(folder["cfg.json"], config.Text);

        var (code, _, error) = await Run(
            "import", folder["random.safetensors"], "--config", folder["cfg.json"], "--out", folder["model.onnx"]);

        code.ShouldBe(ExitCode.Done, error);
        error.ShouldContain("the configuration names another group or another order of its elements");
    }

    [Fact]
    public async Task Import_of_a_network_takes_half_precision_behind_a_prefix_and_leaves_the_optimiser()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var tensors = SomeGroupNetwork.Weights(config).ToDictionary(
            static pair => $"model.{pair.Key}",
            static pair => HostTensor.Create<Half>(
                ElementType.Float16,
                pair.Value.Shape,
                [.. pair.Value.AsSpan<float>().ToArray().Select(static x => (Half)x)]));
        tensors["optimizer.state.0.step"] = HostTensor.Float32(default, [3]);
        SafetensorsWriter.Write(folder["training.safetensors"], tensors);
        File.WriteAllText(folder["cfg.json"], config.Text);

        var (code, output, error) = await Run(
            "import",
            folder["training.safetensors"],
            "--config",
            folder["cfg.json"],
            "--out",
            folder["model.onnx"],
            "--json");

        code.ShouldBe(ExitCode.Done, error);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("tensors").GetInt32().ShouldBe(4);
        document.RootElement.GetProperty("unused")[0].GetString().ShouldBe("optimizer.state.0.step");
        using var onnx = Checkpoint.Open(folder["model.onnx"]);
        onnx.Read("W_U").AsSpan<float>()[0].ShouldBe((float)tensors["model.W_U"].AsSpan<Half>()[0]);
    }

    [Fact]
    public async Task Import_of_a_network_rounds_double_precision_where_it_is_told_to()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        SafetensorsWriter.Write(folder["double.safetensors"], SomeGroupNetwork.Weights(config).ToDictionary(
            static pair => pair.Key,
            static pair => HostTensor.Create<double>(
                ElementType.Float64,
                pair.Value.Shape,
                [.. pair.Value.AsSpan<float>().ToArray().Select(static x => x * (1 + 1e-8))])));
        File.WriteAllText(folder["cfg.json"], config.Text);
        string[] arguments =
        [
            "import", folder["double.safetensors"], "--config", folder["cfg.json"], "--out", folder["model.onnx"],
        ];

        var refused = await Run(arguments);
        var told = await Run([.. arguments, "--round"]);
        var (code, json, error) = await Run([.. arguments, "--round", "--json"]);

        refused.Code.ShouldBe(ExitCode.BadInput);
        refused.Error.ShouldContain("is float64; float32 is expected; add --round to round it, or save it as float32.");
        told.Output.ShouldContain("4 tensors rounded from float64 to float32, largest relative error 1E-08");
        code.ShouldBe(ExitCode.Done, error);
        using var document = JsonDocument.Parse(json);
        document.RootElement.GetProperty("rounded_tensors").GetInt32().ShouldBe(4);
        document.RootElement.GetProperty("largest_relative_error").GetDouble().ShouldBe(1e-8, 1e-10);
    }

    [Fact]
    public async Task Import_of_layers_gives_the_output_its_inferred_shape()
    {
        using var folder = new TemporaryFolder();

        var (code, _, error) = await Run(
            "import",
            Fixture("chain_convolution.pt"),
            "--layers",
            Fixture("chain_convolution.json"),
            "--out",
            folder["c.onnx"]);

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("unused: '1.num_batches_tracked' of the checkpoint");

        var dimensions =
            OnnxModelFile.Load(folder["c.onnx"]).Graph.Output.ShouldHaveSingleItem().Type.TensorType.Shape.Dim;
        dimensions.Select(dimension => dimension.DimValue).ShouldBe([0, 5]);
        dimensions[0].DimParam.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Import_needs_exactly_one_description_of_the_architecture()
    {
        var (code, _, error) = await Run("import", Fixture("torch_zip.pt"), "--out", "x.onnx");

        code.ShouldBe(ExitCode.WrongUsage);
        error.ShouldContain("Give exactly one of --config, --layers and --graph");
    }

    [Fact]
    public async Task Import_into_a_foreign_graph_lists_every_mismatch_and_writes_nothing()
    {
        using var folder = new TemporaryFolder();

        var (code, _, error) = await Run(
            "import",
            Fixture("torch_zip.pt"),
            "--graph",
            SharedData.Require("onnx", "version-RFB-320.onnx"),
            "--out",
            folder["x.onnx"]);

        code.ShouldBe(ExitCode.BadInput);
        error.Split("mismatch:").Length.ShouldBe(210);
        Directory.EnumerateFileSystemEntries(folder.FullPath).ShouldBeEmpty();
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(output, error, interactive: false);
        var root = new RootCommand();
        root.Subcommands.Add(WeightsCommand.Create(terminal));
        root.Subcommands.Add(ConvertCommand.Create(terminal));
        root.Subcommands.Add(ImportCommand.Create(terminal));
        return (await ProgramHost.RunAsync(root, arguments, terminal), output.ToString(), error.ToString());
    }

    private static string Fixture(string file) =>
        Path.Combine(SharedData.RepositoryRoot, "tests", "Toolkit.Formats.Tests", "Checkpoints", "Fixtures", file);
}
