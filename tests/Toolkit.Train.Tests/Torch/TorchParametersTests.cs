using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Tests.Torch;

public sealed class TorchParametersTests
{
    [Fact]
    public void Draw_gives_the_published_initial_weights_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        var network = new OneLayerMlp(120, 256, 128);
        using var parameters = TorchParameters.Draw(network, 2, CPU);

        // The published recipe: torch.manual_seed(seed), then randn(shape) / √e for each parameter in order.
        manual_seed(2);
        Same(parameters.All["W_x"], randn(120, 256) / 16f);
        Same(parameters.All["W_y"], randn(120, 256) / 16f);
        Same(parameters.All["W"], randn(512, 128) / Math.Sqrt(512));
        Same(parameters.All["W_U"], randn(128, 120) / Math.Sqrt(128));

        // randn(seed 2) starts so, up to the last bit of the processor's log, sin and cos.
        (parameters.All["W_x"].flatten()[..4] * 16).data<float>().ToArray()
            .ShouldBe([-1.0408012f, 0.9166042f, -1.3041904f, -1.1096784f], 2.4e-7);
    }

    [Fact]
    public void Draw_gives_a_transformer_the_weights_of_TransformerLens()
    {
        using var scope = NewDisposeScope();
        var network = new GroupTransformer(6, new LayerSizes(1, 1));
        using var parameters = TorchParameters.Draw(network, 4, CPU);

        manual_seed(4);
        string[] order =
        [
            "embed.W_E", "pos_embed.W_pos", "blocks.0.attn.W_Q", "blocks.0.attn.W_K", "blocks.0.attn.W_V", "blocks.0.attn.W_O",
            "blocks.0.mlp.W_in", "blocks.0.mlp.W_out", "unembed.W_U",
        ];
        foreach (var name in order)
        {
            Same(parameters.All[name], empty_like(parameters.All[name], requires_grad: false).normal_(
                0, 0.8 / Math.Sqrt(128)));
        }

        parameters.TrainedNames.ShouldBe(order);
        parameters.All["blocks.0.attn.mask"].to(ScalarType.Int32).sum().item<long>().ShouldBe(6);
    }

    [Fact]
    public void ToHost_and_From_keep_every_bit()
    {
        using var scope = NewDisposeScope();
        var network = new GroupTransformer(
            6, new LayerSizes(1, 1) { ModelDim = 8, Heads = 2, HeadDim = 4, MlpDim = 8 });
        using var parameters = TorchParameters.Draw(network, 4, CPU);
        using var again = TorchParameters.From(network, parameters.ToHost(), CPU);

        foreach (var (name, tensor) in parameters.All)
        {
            again.All[name].detach().eq(tensor.detach()).all().item<bool>().ShouldBeTrue(name);
        }
    }

    private static void Same(Tensor found, Tensor expected) =>
        found.detach().eq(expected).all().item<bool>().ShouldBeTrue();
}
