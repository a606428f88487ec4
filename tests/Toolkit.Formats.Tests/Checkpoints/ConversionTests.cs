using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Conversion;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>What a converted file says of itself.</summary>
public sealed class ConversionTests
{
    [Fact]
    public void File_without_tensors_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint.Open("}."u8.ToArray(), "empty.pkl");

        Should.Throw<BadInputException>(() => CheckpointConverter.Convert(checkpoint, folder["a.npz"])).Message
            .ShouldBe("empty.pkl: there are no tensors in it to convert.");
        Directory.EnumerateFileSystemEntries(folder.FullPath).ShouldBeEmpty();
    }

    [Fact]
    public void Name_that_safetensors_keeps_for_itself_is_refused()
    {
        using var folder = new TemporaryFolder();
        NpzWriter.Write(
            folder["a.npz"], [KeyValuePair.Create("__metadata__", HostTensor.Float32(new TensorShape(1), [1]))]);
        using var checkpoint = Checkpoint.Open(folder["a.npz"]);

        Should.Throw<BadInputException>(() => CheckpointConverter.Convert(checkpoint, folder["a.safetensors"])).Message
            .ShouldBe("a.safetensors: a tensor is called '__metadata__', a name that safetensors keeps for itself. "
                + "Convert to npz or Parquet, or name the tensors to take with --tensors.");
        File.Exists(folder["a.safetensors"]).ShouldBeFalse();
    }

    [Fact]
    public void Tensors_of_torch_are_marked_as_such_and_metadata_of_safetensors_are_kept()
    {
        // transformers' load_state_dict refuses a safetensors file whose metadata lack "format".
        using var folder = new TemporaryFolder();
        Convert(Fixture.Path("torch_module.pt"), folder["1.safetensors"]);
        Convert(folder["1.safetensors"], folder["2.safetensors"]);
        Convert(Fixture.Path("keras_weights.h5"), folder["3.safetensors"]);

        Metadata("1.safetensors").ShouldBe(["format=pt", "source=torch_module.pt", "source_format=PyTorch zip"]);
        Metadata("2.safetensors").ShouldBe(["format=pt", "source=1.safetensors", "source_format=safetensors"]);
        Metadata("3.safetensors").ShouldBe(["source=keras_weights.h5", "source_format=HDF5"]);

        static void Convert(string from, string to)
        {
            using var checkpoint = Checkpoint.Open(from);
            CheckpointConverter.Convert(checkpoint, to);
        }

        string[] Metadata(string file)
        {
            using var checkpoint = Checkpoint.Open(folder[file]);
            return [.. checkpoint.Metadata.Select(static pair => $"{pair.Key}={pair.Value}")];
        }
    }
}
