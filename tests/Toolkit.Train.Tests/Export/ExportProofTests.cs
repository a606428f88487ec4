using Toolkit.Formats.Onnx.Schema;
using Toolkit.Models.Networks;
using Toolkit.Train.Export;
using Toolkit.Train.Torch;
using static TorchSharp.torch;

namespace Toolkit.Train.Tests.Export;

public sealed class ExportProofTests
{
    [Theory]
    [InlineData("OneLayerMLP", 1)]
    [InlineData("OneLayerMLP", 3)]
    [InlineData("OneLayerMLPwithBias", 1)]
    [InlineData("BilinearNet", 1)]
    [InlineData("Transformer", 1)]
    [InlineData("Transformer", 2)]
    public void Every_named_value_of_every_network_agrees_with_ONNX_Runtime(string model, int depth)
    {
        var (network, parameters, exported, _) = Export(model, depth);
        using var owned = parameters;
        var result = new ExportProof(1e-5).Prove(network, parameters, exported, "model.onnx");

        result.Pairs.ShouldBe(36);
        result.Values.ShouldBeGreaterThanOrEqualTo(4);
        result.MaxRelativeDifference.ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void A_file_that_computes_something_else_is_refused_and_none_is_left()
    {
        var (network, parameters, exported, metadata) = Export("OneLayerMLP", 1);
        using var owned = parameters;
        var weights = exported.Graph.Initializer.Single(tensor => tensor.Name == "W_U");
        var bytes = weights.RawData.ToByteArray();
        bytes[3] ^= 0x80; // the sign of one weight
        weights.RawData = Google.Protobuf.ByteString.CopyFrom(bytes);

        Should.Throw<ExportFailedException>(
            () => new ExportProof(1e-4).Prove(network, parameters, exported, "model.onnx"))
            .Message.ShouldContain("'logits' the most");

        using var folder = new TemporaryFolder();
        Should.Throw<ExportFailedException>(
            () => new ExportProof(-1).ExportProved(network, parameters, metadata, folder["model.onnx"]))
            .Message.ShouldContain("not written");
        Directory.GetFileSystemEntries(folder.FullPath).ShouldBeEmpty();
    }

    private static (GroupNetwork Network, TorchParameters Parameters, ModelProto Model, ModelMetadata Metadata) Export(
        string model, int depth)
    {
        var config = Some.Config(model, depth: depth);
        var task = config.CreateTask();
        var network = GroupNetworkFactory.Create(config, task.Group.Order);
        var parameters = TorchParameters.Draw(network, 1, CPU);
        var metadata = ModelMetadata.Create(config, task, network, []);
        return (network, parameters, GroupNetworkExport.ToOnnx(network, parameters.ToHost(), metadata), metadata);
    }
}
