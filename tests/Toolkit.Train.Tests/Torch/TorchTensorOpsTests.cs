using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Tests.Torch;

/// <summary>The fast forms that training uses equal the plain ones that are exported.</summary>
public sealed class TorchTensorOpsTests
{
    // Sums of a few hundred float32 products in another order.
    private const float Tolerance = 2e-5f;

    [Theory]
    [InlineData("OneLayerMLP", 1)]
    [InlineData("OneLayerMLP", 3)]
    [InlineData("OneLayerMLPwithBias", 1)]
    [InlineData("BilinearNet", 1)]
    [InlineData("Transformer", 1)]
    [InlineData("Transformer", 2)]
    public void Logits_and_gradients_of_the_fast_form_equal_those_of_the_plain_one(string model, int depth)
    {
        using var scope = NewDisposeScope();
        var network = GroupNetworkFactory.Create(Some.Config(model, depth: depth), 6);
        using var fast = TorchParameters.Draw(network, 1, CPU);
        using var plain = TorchParameters.Draw(network, 1, CPU);
        var (a, b) = (tensor(new long[] { 0, 5, 2, 2, 3 }), tensor(new long[] { 1, 5, 0, 4, 3 }));
        var gradient = randn([5, 6], generator: new Generator(1, CPU));

        var fastLogits = network.Forward(new TorchTensorOps(fast.All), a, b);
        var plainLogits = network.Forward(new TorchTensorOps(plain.All, new Dictionary<string, Tensor>()), a, b);
        fastLogits.backward([gradient]);
        plainLogits.backward([gradient]);

        (fastLogits - plainLogits).abs().max().item<float>().ShouldBeLessThan(Tolerance);
        foreach (var (one, other, name) in fast.Trained.Zip(plain.Trained, fast.TrainedNames))
        {
            (one.grad! - other.grad!).abs().max().item<float>().ShouldBeLessThan(Tolerance, name);
        }
    }

    [Fact]
    public void Every_value_that_the_literature_names_is_named()
    {
        using var scope = NewDisposeScope();
        Traced("OneLayerMLP").ShouldBe(
            ["embed_stack", "embed_stack.x", "embed_stack.y", "hidden", "logits", "pre_activation"]);
        Traced("Transformer").ShouldBe(
        [
            "blocks.0.attn.hook_attn_scores", "blocks.0.attn.hook_k", "blocks.0.attn.hook_pattern", "blocks.0.attn.hook_q",
            "blocks.0.attn.hook_v", "blocks.0.attn.hook_z", "blocks.0.hook_attn_out", "blocks.0.hook_mlp_out",
            "blocks.0.hook_resid_mid", "blocks.0.hook_resid_post", "blocks.0.hook_resid_pre", "blocks.0.mlp.hook_post",
            "blocks.0.mlp.hook_pre", "hook_embed", "logits", "tokens",
        ]);

        static IEnumerable<string> Traced(string model)
        {
            var network = GroupNetworkFactory.Create(Some.Config(model), 6);
            using var parameters = TorchParameters.Draw(network, 1, CPU);
            Dictionary<string, Tensor> trace = [];
            network.Forward(
                new TorchTensorOps(parameters.All, trace), tensor(new long[] { 1 }), tensor(new long[] { 2 }));
            return trace.Keys.Order(StringComparer.Ordinal);
        }
    }
}
