using CsCheck;
using Toolkit.Charts.Ticks;

namespace Toolkit.Charts.Tests;

public sealed class LogTicksTests
{
    // Three digits in the size of tick labels are narrower than 24 pixels, and a label is lower than 16.
    private const double Wide = 24, High = 16;

    [Fact]
    public void Labels_stay_apart_and_tell_a_scale_at_every_range_and_room() => Gen.Select(
        Gen.Double[0, 2], Gen.Double[0.05, 3], Gen.Int[130, 900]).Sample((minimum, decades, pixels) =>
    {
        foreach (var (each, needed) in new[] { (75, Wide), (42, High) })
        {
            var positions = LogTicks.Make(minimum, minimum + decades, Math.Max(2, pixels / each)).Positions;

            positions.Length.ShouldBeGreaterThan(decades < 1.7 ? 1 : 0);
            positions.Zip(positions.Skip(1), (a, b) => (b - a) / decades * pixels)
                .ShouldAllBe(apart => apart >= needed);
        }
    });

    [Theory]
    [InlineData(0.04, 0.29, 2, "1.2 1.6")]
    [InlineData(0, 0.9, 8, "1 2 5")]
    [InlineData(0, 1.6, 2, "1 3 10 30")]
    [InlineData(0, 4, 8, "1 10 100 1,000 10,000")]
    public void Labels_are_numbers_that_a_reader_counts_in(
        double minimum, double maximum, int count, string expected) =>
        string.Join(' ', LogTicks.Make(minimum, maximum, count).Labels).ShouldBe(expected);
}
