using System.Security.Cryptography;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Checkpoints;

public sealed class SharedCheckpointTests
{
    public static TheoryData<string> Networks { get; } =
    [
        "A5_MLP_seed1", "A5_T_seed1", "C113_MLP_seed1", "C113_T_seed1", "C118_MLP_seed2", "D59_MLP_seed1", "D59_T_seed2",
        "S5_MLP_hidden_dim_32_seed1", "S5_MLP_seed2", "S5_T_seed1", "S6_MLP_seed1", "S6_T_seed1",
    ];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Published_networks_are_read(string network)
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("group-networks", network, "model.pt"));

        checkpoint.Format.ShouldBe("PyTorch zip");
        checkpoint.Scan.Verdict.ShouldBe(ScanVerdict.Safe);
        checkpoint.Unreadable.ShouldBeEmpty();
        checkpoint.Tensors.Length.ShouldBe(network.Contains("_T_", StringComparison.Ordinal) ? 20 : 4);
        foreach (var tensor in checkpoint.Tensors)
        {
            checkpoint.Read(tensor).Bytes.Length.ShouldBe((int)tensor.SizeBytes);
        }
    }

    [Fact]
    public void Transformer_of_D59_has_the_published_shapes_and_ties_its_three_embeddings()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("group-networks", "D59_T_seed2", "model.pt"));

        checkpoint.Find("embed.W_E").Shape.ShouldBe(new TensorShape(119, 128));
        checkpoint.Find("blocks.0.attn.mask").Type.ShouldBe(ElementType.Boolean);
        checkpoint.Read("blocks.0.attn.IGNORE").AsSpan<float>()[0].ShouldBe(-1e5f);
        checkpoint.Find("x_embed").StorageName.ShouldBe(checkpoint.Find("embed.W_E").StorageName);
    }

    [Fact]
    public void Listing_reads_tables_only()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("group-networks", "S6_MLP_seed1", "model.pt"));

        checkpoint.BytesRead.ShouldBeLessThan(8_192);
    }

    [Fact]
    public void Safetensors_file_is_read()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("checkpoints", "silero_vad_16k.safetensors"));

        checkpoint.Format.ShouldBe("safetensors");
        checkpoint.Tensors.Sum(tensor => tensor.SizeBytes).ShouldBeGreaterThan(1_000_000);
        foreach (var tensor in checkpoint.Tensors)
        {
            checkpoint.Lineage(tensor).Sha256.ShouldBe(
                Convert.ToHexStringLower(SHA256.HashData(checkpoint.Read(tensor).Bytes.Span)));
        }
    }

    [Fact]
    public void Zip_under_another_extension_is_recognised_by_content_and_its_offsets_are_followed()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("checkpoints", "gtcrn_dns3.tar"));

        checkpoint.Format.ShouldBe("PyTorch zip");
        checkpoint.Tensors.ShouldContain(tensor => tensor.Offset > 0);
        foreach (var tensor in checkpoint.Tensors)
        {
            checkpoint.Read(tensor);
        }
    }

    [Fact]
    public void Legacy_file_with_strides_is_read()
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("checkpoints", "mtcnn_pnet.pt"));

        checkpoint.Format.ShouldBe("PyTorch legacy");
        checkpoint.Scan.Verdict.ShouldBe(ScanVerdict.Safe);
        checkpoint.Tensors.ShouldContain(tensor => !tensor.IsContiguous);
        foreach (var tensor in checkpoint.Tensors)
        {
            checkpoint.Read(tensor);
        }
    }

    [Fact]
    public void Face_detector_is_the_same_in_torch_and_in_ONNX_bit_for_bit()
    {
        using var torch = Checkpoint.Open(SharedData.Require("checkpoints", "version-RFB-320.pth"));
        using var onnx = Checkpoint.Open(SharedData.Require("onnx", "version-RFB-320.onnx"));

        var equal = onnx.Tensors.Count(tensor =>
            tensor.Type == ElementType.Float32
            && torch.TryFind(tensor.Name, out var other)
            && other.Shape == tensor.Shape
            && torch.Read(other).Bytes.Span.SequenceEqual(onnx.Read(tensor).Bytes.Span));

        torch.Format.ShouldBe("PyTorch legacy");
        onnx.Format.ShouldBe("ONNX");
        equal.ShouldBe(209);
    }

    [Theory]
    [InlineData("silero_vad.onnx")]
    [InlineData("SqueezeNet_fp16.onnx")]
    [InlineData("squeezenet_tensor_input.onnx")]
    [InlineData("gtcrn.onnx")]
    [InlineData("tiny-random-gpt2-fp32_past.onnx")]
    [InlineData("lr_mnist_scikit.onnx")]
    [InlineData("conv_qdq_external_ini.onnx")]
    public void ONNX_models_are_read_as_checkpoints(string file)
    {
        using var checkpoint = Checkpoint.Open(SharedData.Require("onnx", file));

        checkpoint.Format.ShouldBe("ONNX");
        checkpoint.Unreadable.ShouldAllBe(tensor => tensor.Reason.Contains("texts", StringComparison.Ordinal));
        foreach (var tensor in checkpoint.Tensors)
        {
            checkpoint.Read(tensor);
        }
    }
}
