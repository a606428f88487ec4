using Toolkit.Train.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Tests.Training;

public sealed class CrossEntropyTests
{
    // A few float32 roundings of a sum of at most 120 terms.
    private const double Float32Tolerance = 2e-6;

    [Theory]
    [InlineData(0.1)]
    [InlineData(3)]
    [InlineData(40)]
    [InlineData(400)]
    public void Gradient_and_value_agree_with_float64_at_every_scale_of_logits(double scale)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        var logits = randn(50, 120, generator: generator) * scale;
        var labels = randint(0, 120, 50, ScalarType.Int64, generator: generator);
        using var loss = new CrossEntropy(labels);

        var gradient = loss.Gradient(logits);

        var wide = logits.to(ScalarType.Float64).requires_grad_(true);
        var expected = wide.log_softmax(-1).gather(1, labels.unsqueeze(1)).neg();
        expected.mean().backward();
        (gradient - wide.grad!).abs().max().item<double>().ShouldBeLessThan(Float32Tolerance * Math.Max(1, scale) / 50);
        loss.Evaluate(logits).Loss.ShouldBe(expected.mean().item<double>(), 1e-12 * Math.Max(1, scale));
    }

    [Fact]
    public void Gradient_and_value_keep_the_tiny_losses_of_a_network_that_generalised()
    {
        using var scope = NewDisposeScope();
        var logits = zeros(4, 120);
        logits.select(1, 5).fill_(30);
        var labels = full(4, 5L, ScalarType.Int64);
        using var loss = new CrossEntropy(labels);

        var gradient = loss.Gradient(logits);

        // 119 · e⁻³⁰ = 1.1e-11: float32 log_softmax gives 0.
        var exact = 119 * Math.Exp(-30);
        loss.Evaluate(logits).Loss.ShouldBe(exact, exact * 1e-10);
        logits.log_softmax(-1)[0, 5].item<float>().ShouldBe(0);
        gradient[0, 5].item<float>().ShouldBe((float)(-exact / 4), (float)(exact * 1e-6));
        gradient[0, 0].item<float>().ShouldBe((float)(Math.Exp(-30) / 4), (float)(Math.Exp(-30) * 1e-6));
    }

    [Fact]
    public void The_gradient_of_every_row_sums_to_zero_and_stays_finite_where_exponentials_overflow()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new float[] { 1e4f, -1e4f, 0, 200, 0, -200 }, 2, 3);
        using var loss = new CrossEntropy(tensor(new long[] { 1, 1 }));

        var gradient = loss.Gradient(logits);

        loss.Evaluate(logits).Loss.ShouldBe((2e4 + 200) / 2, 1e-6);
        gradient.sum(1).abs().max().item<float>().ShouldBeLessThan(1e-6f);
        gradient.isfinite().all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Evaluate_gives_the_share_of_right_answers()
    {
        using var scope = NewDisposeScope();
        using var loss = new CrossEntropy(tensor(new long[] { 0, 1, 1, 0 }));
        loss.Evaluate(tensor(new float[] { 2, 1, 1, 2, 3, 1, 5, 4 }, 4, 2)).Accuracy.ShouldBe(0.75);
    }
}
