using System.Security.Cryptography;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tensors;
using static TorchSharp.torch;

namespace Toolkit.Analysis.Tests.Checkpoints;

/// <summary>
/// Files that TorchSharp itself writes; it lives in this project's dependencies, the reader does not need it.
/// </summary>
public sealed class TorchSharpFileTests
{
    [Fact]
    public void Saved_module_is_read_tensor_by_tensor()
    {
        using var folder = new TemporaryFolder();
        using var module = nn.Sequential(
            ("first", nn.Linear(300, 4)), ("norm", nn.BatchNorm1d(4)), ("second", nn.Linear(4, 2, dtype: float64)));
        module.save(folder["module.dat"]);

        using var checkpoint = Checkpoint.Open(folder["module.dat"]);

        checkpoint.Format.ShouldBe("TorchSharp");
        var state = module.state_dict();
        checkpoint.Tensors.Select(tensor => tensor.Name).ShouldBe(state.Keys, ignoreOrder: true);
        foreach (var (name, tensor) in state)
        {
            var read = checkpoint.Read(name);
            read.Shape.Dimensions.ToArray().ShouldBe(tensor.shape);
            Convert.ToHexStringLower(SHA256.HashData(read.Bytes.Span)).ShouldBe(
                Convert.ToHexStringLower(SHA256.HashData(tensor.bytes)), name);
        }

        checkpoint.Find("norm.num_batches_tracked").Type.ShouldBe(ElementType.Int64);
        checkpoint.Find("second.weight").Type.ShouldBe(ElementType.Float64);
    }
}
