using System.Security.Cryptography;
using System.Text.Json;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>
/// Files that torch, numpy and h5py wrote (Fixtures/make_fixtures.py): every tensor's type, shape and bytes.
/// </summary>
public sealed class FixtureTests
{
    public static TheoryData<string, string> Files { get; } = new()
    {
        { "torch_zip.pt", "PyTorch zip" },
        { "torch_zip_protocol3.pt", "PyTorch zip" },
        { "torch_zip_protocol4.pt", "PyTorch zip" },
        { "torch_legacy.pt", "PyTorch legacy" },
        { "torch_legacy_protocol3.pt", "PyTorch legacy" },
        { "torch_legacy_protocol4.pt", "PyTorch legacy" },
        { "torch_nested.pt", "PyTorch zip" },
        { "torch_module.pt", "PyTorch zip" },
        { "torch_module_legacy.pt", "PyTorch legacy" },
        { "torchscript.pt", "TorchScript" },
        { "torchscript_quantised.pt", "TorchScript" },
        { "torch_in_pickle_protocol0.pkl", "pickle" },
        { "torch_in_pickle_protocol2.pkl", "pickle" },
        { "torch_in_pickle_protocol4.pkl", "pickle" },
        { "torch_composite.pt", "PyTorch zip" },
        { "torch_oldest.tar", "PyTorch tar" },
        { "numpy.npz", "npz" },
        { "numpy_compressed.npz", "npz" },
        { "fortran.npy", "npy" },
        { "arrays_protocol0.pkl", "pickle" },
        { "arrays_protocol1.pkl", "pickle" },
        { "arrays_protocol2.pkl", "pickle" },
        { "arrays_protocol5.pkl", "pickle" },
        { "keras_weights.h5", "HDF5" },
        { "types_earliest.h5", "HDF5" },
        { "types_latest.h5", "HDF5" },
        { "names_earliest.h5", "HDF5" },
        { "names_latest.h5", "HDF5" },
        { "layouts_earliest.h5", "HDF5" },
        { "layouts_latest.h5", "HDF5" },
        { "model.keras", "Keras" },
        { "all.safetensors", "safetensors" },
        { "all.onnx", "ONNX" },
        { "all.dat", "TorchSharp" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_tensor_equals_what_its_writer_held(string file, string format)
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path(file));

        checkpoint.Format.ShouldBe(format);
        checkpoint.Unreadable.ShouldBeEmpty();
        var expected = Expected(file);
        checkpoint.Tensors.Select(tensor => tensor.Name).ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (name, tensor) in expected)
        {
            var read = checkpoint.Read(name);
            read.Type.DisplayName().ShouldBe(tensor.Dtype, name);
            read.Shape.Dimensions.ToArray().ShouldBe(tensor.Shape, name);
            Convert.ToHexStringLower(SHA256.HashData(read.Bytes.Span)).ShouldBe(tensor.Sha256, name);
            checkpoint.Lineage(checkpoint.Find(name)).Sha256.ShouldBe(tensor.Sha256, name);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Nothing_that_these_writers_make_is_called_dangerous(string file, string format)
    {
        _ = format;
        var report = Checkpoint.ScanFile(Fixture.Path(file));

        report.Failure.ShouldBeNull();
        report.Verdict.ShouldNotBe(ScanVerdict.Dangerous);
    }

    [Fact]
    public void Classes_of_a_whole_module_are_unknown_and_stay_unresolved()
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path("torch_module.pt"));

        checkpoint.Scan.Verdict.ShouldBe(ScanVerdict.Unknown);
        checkpoint.Scan.Findings.ShouldContain(finding => finding.Subject == "torch.nn.modules.linear.Linear"
            && finding.IsCalled);
    }

    [Theory]
    [InlineData("names_earliest.h5")]
    [InlineData("names_latest.h5")]
    public void Groups_of_HDF5_keep_the_order_of_creation_or_else_that_of_names(string file)
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path(file));

        Names("made/").ShouldBe(["w3", "w11", "w0", "w7", "w2", "w10", "w1", "w9", "w4", "w8"]);
        Names("named/").ShouldBe(["w0", "w1", "w10", "w11", "w2", "w3", "w4", "w7", "w8", "w9"]);

        string[] Names(string group) =>
            [.. checkpoint.Tensors.Where(tensor => tensor.Name.StartsWith(group, StringComparison.Ordinal)).Select(
                tensor => tensor.Name[group.Length..])];
    }

    [Fact]
    public void Keys_that_are_no_text_name_their_tensors_and_a_storage_alone_is_refused()
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path("torch_keys.pt"));

        checkpoint.Tensors.Select(tensor => tensor.Name).ShouldBe(["bytes", "pair.of.2", "2.5"]);
        checkpoint.Read("pair.of.2").AsSpan<float>().ToArray().ShouldBe([1, 2, 3]);
        checkpoint.Unreadable.ShouldHaveSingleItem().ShouldBe(new UnreadableTensor(
            "storage", "a storage without the tensor that it belongs to, so that its shape is not known."));
    }

    [Fact]
    public void Folder_in_place_of_a_checkpoint_names_the_index_in_it()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model.safetensors.index.json"], "{}");

        Should.Throw<BadInputException>(() => Checkpoint.Open(folder.FullPath)).Message.ShouldEndWith(
            $"(for sharded ones give the index.json, here {folder["model.safetensors.index.json"]}).");
    }

    [Fact]
    public void Object_arrays_are_refused_by_name_with_the_reason()
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path("objects.npy"));

        checkpoint.Tensors.ShouldBeEmpty();
        Should.Throw<BadInputException>(() => checkpoint.Read("tensor")).Message
            .ShouldBe(
                "objects.npy: 'tensor' cannot be read: its elements are pickled Python objects, which are never "
                    + "loaded; save numbers instead.");
    }

    [Fact]
    public void Links_and_elements_in_other_files_are_named_and_not_followed()
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path("external.h5"));

        checkpoint.Tensors.ShouldHaveSingleItem().Name.ShouldBe("inside");
        checkpoint.Unreadable.ShouldContain(
            new UnreadableTensor("link", "it is a link to another file, which is not followed."));
        checkpoint.Unreadable.ShouldContain(
            new UnreadableTensor("outside", "its elements lie in another file, which is not opened."));
        checkpoint.Unreadable.ShouldContain(tensor => tensor.Name == "texts");
    }

    [Fact]
    public void Views_name_the_storage_that_they_share()
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path("torch_zip.pt"));

        var row = checkpoint.Find("row");
        row.StorageName.ShouldBe(checkpoint.Find("base").StorageName);
        row.Offset.ShouldBe(12);
        checkpoint.Find("transposed").Strides.ShouldBe([1, 6]);
        checkpoint.Lineage(checkpoint.Find("transposed")).Transformations.ShouldBe(
            ["strides [1, 6] made row-major", "shares its storage with base"]);
    }

    [Fact]
    public void Missing_tensor_is_answered_with_the_nearest_name()
    {
        using var checkpoint = Checkpoint.Open(Fixture.Path("torch_zip.pt"));

        Should.Throw<BadInputException>(() => checkpoint.Read("t_floot32")).Message
            .ShouldBe(
                "torch_zip.pt: there is no tensor 't_floot32'. Nearest: 't_float32'. List them with "
                    + "`inspect weights torch_zip.pt --list`.");
    }

    private static Dictionary<string, ExpectedTensor> Expected(string file)
    {
        using var stream = File.OpenRead(Fixture.Path("expected.json"));
        return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, ExpectedTensor>>>(
            stream, JsonSerializerOptions.Web)![file];
    }

    private sealed record ExpectedTensor(string Dtype, long[] Shape, string Sha256);
}
