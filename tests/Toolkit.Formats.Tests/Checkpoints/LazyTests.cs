using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>Listing reads tables only, however large the file; reading holds one tensor.</summary>
public sealed class LazyTests
{
    private const long TenGigabytes = 10_000_000_000 / 4 * 4;

    [Fact]
    public void Listing_ten_gigabytes_of_safetensors_reads_only_the_header()
    {
        using var folder = new TemporaryFolder();
        var header = Encoding.UTF8.GetBytes(
            $$"""{"big":{"dtype":"F32","shape":[{{(TenGigabytes / 4) - 1}}],"data_offsets":[0,{{TenGigabytes - 4}}]},"last":{"dtype":"F32","shape":[],"data_offsets":[{{TenGigabytes - 4}},{{TenGigabytes}}] } }""");
        using (var file = File.Create(folder["big.safetensors"]))
        {
            // A sparse file: the zeros take no space on the disk.
            var length = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Write(length);
            file.Write(header);
            file.SetLength(8 + header.Length + TenGigabytes);
            file.Seek(-4, SeekOrigin.End);
            file.Write(BitConverter.GetBytes(1.5f));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var checkpoint = Checkpoint.Open(folder["big.safetensors"]);

        checkpoint.BytesRead.ShouldBeLessThan(4_096);
        checkpoint.Read("last").AsSpan<float>()[0].ShouldBe(1.5f);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        Should.Throw<BadInputException>(() => checkpoint.Read("big")).Message.ShouldContain(
            "more than one array holds (2 GiB)");
    }

    [Fact]
    public void Copying_a_tensor_takes_a_megabyte_of_memory()
    {
        using var folder = new TemporaryFolder();
        NpyWriter.Write(folder["a.npy"], HostTensor.Float32(new TensorShape(8 << 20), new float[8 << 20]));
        using var checkpoint = Checkpoint.Open(folder["a.npy"]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        checkpoint.CopyTo(checkpoint.Tensors[0], Stream.Null);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2 << 20);
        checkpoint.BytesRead.ShouldBeGreaterThan(32 << 20);
    }

    [Fact]
    public void Shards_are_one_checkpoint_and_a_tensor_that_is_missing_in_its_shard_is_named()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(
            folder["model-1.safetensors"],
            new Dictionary<string, HostTensor> { ["a"] = HostTensor.Float32(new TensorShape(1), [1]) });
        SafetensorsWriter.Write(
            folder["model-2.safetensors"],
            new Dictionary<string, HostTensor> { ["b"] = HostTensor.Float32(new TensorShape(1), [2]) });
        File.WriteAllText(
            folder["index.json"],
            """{"metadata":{"total_size":8},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}""");
        File.WriteAllText(folder["wrong.json"], """{"weight_map":{"a":"model-2.safetensors"}}""");
        File.WriteAllText(folder["none.json"], """{"weight_map":{"a":"model-3.safetensors"}}""");

        using var checkpoint = Checkpoint.Open(folder["index.json"]);

        checkpoint.Format.ShouldBe("safetensors, sharded");
        checkpoint.Read("b").AsSpan<float>()[0].ShouldBe(2);
        Should.Throw<BadInputException>(() => Checkpoint.Open(folder["wrong.json"])).Message.ShouldBe(
            "wrong.json: 'a' should be in model-2.safetensors, but is not.");
        Should.Throw<BadInputException>(() => Checkpoint.Open(folder["none.json"])).Message.ShouldBe(
            "none.json: there is no such file beside it as its shard 'model-3.safetensors'. "
                + "Get all files that the index names.");
        File.WriteAllText(folder["zero.json"], """{"weight_map":{"a":"a\u0000b"}}""");
        Should.Throw<BadInputException>(() => Checkpoint.Open(folder["zero.json"])).Message.ShouldContain(
            "there is no such file");
    }

    [Fact]
    public void Shards_of_torch_are_one_checkpoint_whose_equally_named_storages_are_not_tied()
    {
        // torch names a file's storages archive/data/0, 1 …, so two shards have the same names.
        using var folder = new TemporaryFolder();
        PackAsArchive(Fixture.Path("torch_zip.pt"), folder["1.bin"]);
        PackAsArchive(Fixture.Path("torch_module.pt"), folder["2.bin"]);
        File.WriteAllText(folder["index.json"], """{"weight_map":{"base":"1.bin","0.weight":"2.bin"}}""");
        using var first = Checkpoint.Open(Fixture.Path("torch_zip.pt"));
        using var second = Checkpoint.Open(Fixture.Path("torch_module.pt"));

        using var checkpoint = Checkpoint.Open(folder["index.json"]);

        checkpoint.Format.ShouldBe("PyTorch zip, sharded");
        checkpoint.Tensors.Length.ShouldBe(first.Tensors.Length + second.Tensors.Length);
        foreach (var whole in (Checkpoint[])[first, second])
        {
            foreach (var tensor in whole.Tensors)
            {
                var alone = whole.Lineage(tensor);
                var inShard = checkpoint.Lineage(checkpoint.Find(tensor.Name));
                inShard.Sha256.ShouldBe(alone.Sha256, tensor.Name);
                inShard.Transformations.ShouldBe(alone.Transformations, tensor.Name);
            }
        }

        Checkpoint.ScanFile(folder["index.json"]).Findings.ShouldContain(
            finding => finding.Where.StartsWith("2.bin", StringComparison.Ordinal)
                && finding.Verdict == Toolkit.Formats.Checkpoints.Scanning.ScanVerdict.Unknown);

        static void PackAsArchive(string from, string to)
        {
            using var source = ZipFile.OpenRead(from);
            using var target = ZipFile.Open(to, ZipArchiveMode.Create);
            foreach (var entry in source.Entries)
            {
                var name = "archive" + entry.FullName[entry.FullName.IndexOf('/', StringComparison.Ordinal)..];
                using var read = entry.Open();
                using var written = target.CreateEntry(name, CompressionLevel.NoCompression).Open();
                read.CopyTo(written);
            }
        }
    }

    [Theory]
    [InlineData("weights.bin", null)]
    [InlineData("../weights.bin", "only files in the model's folder are opened")]
    [InlineData("/etc/passwd", "only files in the model's folder are opened")]
    [InlineData("link.bin", "a link")]
    [InlineData("missing.bin", "missing beside the model")]
    [InlineData("short.bin", "reach beyond the end")]
    public void External_data_is_read_from_the_models_folder_alone(string location, string? reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["weights.bin"], [0, 0, 0, 0, 0, 0, 0xc0, 0x3f]);
        File.WriteAllBytes(folder["short.bin"], [0, 0]);
        File.CreateSymbolicLink(folder["link.bin"], folder["weights.bin"]);
        var tensor = new TensorProto
        {
            Name = "w",
            DataType = (int)ElementType.Float32,
            DataLocation = TensorProto.Types.DataLocation.External,
        };
        tensor.Dims.Add(1);
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = "4" });
        var model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "g", Initializer = { tensor } } };
        File.WriteAllBytes(folder["m.onnx"], OnnxModelFile.ToBytes(model, "m.onnx"));

        using var checkpoint = Checkpoint.Open(folder["m.onnx"]);

        if (reason is null)
        {
            checkpoint.Read("w").AsSpan<float>()[0].ShouldBe(1.5f);
        }
        else
        {
            checkpoint.Unreadable.ShouldHaveSingleItem().Reason.ShouldContain(reason);
        }
    }

    [Fact]
    public void Npy_and_npz_files_are_those_that_numpy_reads()
    {
        // Byte for byte what numpy 1.24 writes for np.arange(3, dtype='<i2') reshaped to (3,).
        using var folder = new TemporaryFolder();
        NpyWriter.Write(folder["a.npy"], HostTensor.Create<short>(ElementType.Int16, new TensorShape(3), [0, 1, 2]));

        var bytes = File.ReadAllBytes(folder["a.npy"]);

        Encoding.Latin1.GetString(bytes, 0, 128).ShouldBe(
            "\u0093NUMPY\u0001\0v\0"
                + "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }".PadRight(117) + "\n");
        bytes[128..].ShouldBe([0, 0, 1, 0, 2, 0]);
    }
}
