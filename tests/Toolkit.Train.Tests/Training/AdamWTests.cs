using Toolkit.Models.Networks;
using Toolkit.Train.Torch;
using Toolkit.Train.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Tests.Training;

public sealed class AdamWTests
{
    [Fact]
    public void Steps_are_those_of_torch_optim_AdamW()
    {
        using var scope = NewDisposeScope();
        var network = new OneLayerMlp(6, 8, 5);
        using var ours = TorchParameters.Draw(network, 3, CPU);
        using var same = TorchParameters.Draw(network, 3, CPU);
        var theirs = same.Trained.Select(tensor => new TorchSharp.Modules.Parameter(tensor.detach().clone())).ToList();
        using var optimizer = new AdamW(ours, new AdamWOptions(0.01, 0.9, 0.98, 0.7));
        using var reference = optim.AdamW(theirs, lr: 0.01, beta1: 0.9, beta2: 0.98, eps: 1e-8, weight_decay: 0.7);
        using var generator = new Generator(5, CPU);
        for (var step = 0; step < 25; step++)
        {
            for (var i = 0; i < theirs.Count; i++)
            {
                var gradient = randn(theirs[i].shape, generator: generator);
                ours.Trained[i].mul(gradient).sum().backward();
                theirs[i].mul(gradient).sum().backward();
            }

            optimizer.Step();
            reference.step();
            reference.zero_grad();
        }

        for (var i = 0; i < theirs.Count; i++)
        {
            // Twenty-five steps of float32 arithmetic in another order.
            (ours.Trained[i] - theirs[i]).abs().max().item<float>().ShouldBeLessThan(2e-6f);
        }
    }
}
