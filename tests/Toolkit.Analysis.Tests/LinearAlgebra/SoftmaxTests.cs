using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Tests.LinearAlgebra;

public sealed class SoftmaxTests
{
    [Fact]
    public void Logits_of_any_size_give_probabilities_that_sum_to_one()
    {
        var probabilities = new double[3];

        Softmax.Probabilities([1000, 999, -1e308], probabilities);

        probabilities.Sum().ShouldBe(1, 1e-15);
        probabilities[0].ShouldBe(1 / (1 + Math.Exp(-1)), 1e-15);
    }

    [Fact]
    public void Log_probabilities_are_those_of_softmax()
    {
        var logs = new double[3];

        Softmax.LogProbabilities([0.5, -2, 700], logs);

        logs.ShouldBeClose([-699.5, -702, 0], 1e-12);
    }

    /// <summary>
    /// Tiny losses: the exact value is log1p(2·exp(−50)) = 3.857499695927835e-22 (mpmath, 50 digits).
    /// </summary>
    [Fact]
    public void Cross_entropy_keeps_losses_far_below_the_rounding_of_log_softmax() =>
        Softmax.CrossEntropy([50f, 0f, 0f], 0).ShouldBe(3.857499695927835e-22, 1e-36);

    [Fact]
    public void Cross_entropy_equals_minus_the_log_probability_where_that_is_accurate()
    {
        double[] logits = [1.5, -0.25, 3, 90];
        var logs = new double[4];
        Softmax.LogProbabilities(logits, logs);

        for (var label = 0; label < 4; label++)
        {
            Softmax.CrossEntropy(logits, label).ShouldBe(-logs[label], 1e-13);
        }
    }

    [Fact]
    public void Cross_entropy_of_a_wrong_answer_by_a_thousand_does_not_overflow() =>
        Softmax.CrossEntropy([1000f, 0f], 1).ShouldBe(1000);

    [Fact]
    public void A_float_sum_of_ten_million_values_does_not_drift()
    {
        var values = new float[10_000_000];
        Array.Fill(values, 0.1f);

        BlockedSum.Sum(values).ShouldBe(0.1f * 1e7, 1e-6);
    }

    [Fact]
    public void A_compensated_sum_keeps_what_cancellation_would_lose()
    {
        var sum = default(CompensatedSum);
        sum.Add(1);
        sum.Add(1e100);
        sum.Add(1);
        sum.Add(-1e100);

        sum.Value.ShouldBe(2);
    }
}
