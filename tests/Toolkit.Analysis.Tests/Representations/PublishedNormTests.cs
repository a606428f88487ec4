using Toolkit.Analysis.Representations;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Tests.Representations;

public sealed class PublishedNormTests
{
    /// <summary>
    /// ‖T‖² = n²·Σχ² = 2n³. Of the cosines of C118 published with seed 2, those of the frequencies 10 and 40 alone need
    /// a norm that is one unit of float32 larger, 1812.7546 for 1812.7545; of 19 and 49, which are not near zero, an
    /// independent addition in the same order (numpy) says so too.
    /// </summary>
    [Fact]
    public void Norms_of_C118_are_rounded_as_the_published_ones()
    {
        var (exact, norms) = Norms(118);

        norms.Where(pair => pair.Value != exact).Select(pair => pair.Key).ShouldBe([10, 19, 40, 49]);
        norms.Values.ShouldAllBe(norm => norm == exact || norm == MathF.BitIncrement(exact));
    }

    /// <summary>
    /// 127³ is no multiple of the four values that a thread reads at a time. An independent addition in the same order
    /// (numpy), whose last three go to the first threads, says which norms are smaller. It would be 4, 6, 8, 24, 50 and
    /// 54, were they to follow the others.
    /// </summary>
    [Fact]
    public void Values_left_over_go_to_the_first_threads()
    {
        var (exact, norms) = Norms(127);

        norms.Where(pair => pair.Value != exact).Select(pair => pair.Key).ShouldBe([41, 42, 43, 45, 50, 51, 57, 58]);
    }

    /// <summary>Some of C118 and C127 are not. Added up in float32 these would take a minute.</summary>
    [Fact]
    public void Norms_that_would_take_too_long_are_those_of_float64()
    {
        var (exact, norms) = Norms(700);

        norms.Values.ShouldAllBe(norm => norm == exact);
    }

    private static (float Exact, Dictionary<int, float> Norms) Norms(int n)
    {
        int[] frequencies = [.. Enumerable.Range(1, (n - 1) / 2)];
        var norms = PublishedNorm.Of(FiniteGroup.Parse($"C{n}"), [.. frequencies.Select(frequency =>
            (IReadOnlyList<double>)[.. Enumerable.Range(0, n).Select(
                k => 2 * Math.Cos(2 * Math.PI * frequency * k / n))])]);
        return ((float)Math.Sqrt(2.0 * n * n * n), frequencies.Zip(norms).ToDictionary());
    }
}
