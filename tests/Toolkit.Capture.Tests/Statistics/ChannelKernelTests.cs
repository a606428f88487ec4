using CsCheck;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Capture.Tests.Statistics;

public sealed class ChannelKernelTests
{
    /// <summary>
    /// Sums of shifted doubles against Welford's recurrence: both err by some units in the last place per value.
    /// </summary>
    private const double Tolerance = 1e-12;

    [Fact]
    public void The_fast_path_equals_the_plain_loop()
    {
        var special = Gen.OneOf(
            [.. new[] { 0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 1e-40f, 3f }.Select(
                Gen.Const)]);
        var gen = Gen.Frequency((40, Gen.Float[-10, 10]), (1, special));
        Gen.Int[1, 40]
            .SelectMany(channels =>
                Gen.Int[0, 30].SelectMany(rows => gen.Array[rows * channels].Select(values => (channels, values))))
            .Sample(
                t =>
                {
                    var fast = new ChannelKernel().Compute(t.values, t.channels);
                    for (var c = 0; c < t.channels && t.channels > 1; c++)
                    {
                        Same(fast.Channels![c], ScalarStatistics.Of(t.values.AsSpan(), c, t.channels)).ShouldBeTrue();
                    }

                    return Same(fast.Whole, ScalarStatistics.Of(t.values.AsSpan(), 0, 1));
                },
                iter: 300);
    }

    [Fact]
    public void A_large_mean_costs_no_digits()
    {
        var values = Enumerable.Range(0, 100_000).Select(i => 1e7f + (i % 2)).ToArray();
        new ChannelKernel().Compute(values, 10).Whole.Variance.ShouldBe(0.25, 1e-9);
    }

    [Fact]
    public void The_histograms_step_leaves_no_channel_out()
    {
        for (var channels = 1; channels < 200; channels++)
        {
            var step = ChannelKernel.HistogramStep(5_000_000, channels);
            (channels == 1 || System.Numerics.BigInteger.GreatestCommonDivisor(step, channels) == 1).ShouldBeTrue();
        }
    }

    private static bool Same(ValueStatistics a, ValueStatistics b) =>
        a.Count == b.Count && a.NaN == b.NaN
            && a.PositiveInfinities == b.PositiveInfinities && a.NegativeInfinities == b.NegativeInfinities
            && a.Zeros == b.Zeros && a.Minimum == b.Minimum && a.Maximum == b.Maximum
            && Near(a.Mean, b.Mean, Math.Max(a.AbsoluteMaximum, 1e-30))
            && Near(a.M2, b.M2, Math.Max(b.M2, a.AbsoluteMaximum * a.AbsoluteMaximum));

    private static bool Near(double a, double b, double scale) => Math.Abs(a - b) <= Tolerance * scale * 10;
}
