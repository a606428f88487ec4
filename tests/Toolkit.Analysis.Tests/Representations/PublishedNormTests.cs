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
        const int n = 118;
        var group = FiniteGroup.Parse("C118");
        var exact = (float)Math.Sqrt(2.0 * n * n * n);

        var larger = Enumerable.Range(1, 58).ToDictionary(
            frequency => frequency,
            frequency => PublishedNorm.Of(
                group, [.. Enumerable.Range(0, n).Select(k => 2 * Math.Cos(2 * Math.PI * frequency * k / n))]));

        larger.Where(pair => pair.Value != exact).Select(pair => pair.Key).ShouldBe([10, 19, 40, 49]);
        larger.Values.ShouldAllBe(norm => norm == exact || norm == MathF.BitIncrement(exact));
    }
}
