using Toolkit.Inspect.Processes;

namespace Toolkit.Inspect.Tests.Processes;

public class SampleProgressTests
{
    [Theory]
    [InlineData(0, 0, 8, 30, "0 of 8 samples after 00:00:30")]
    [InlineData(0, 4, 8, 100, "4 of 8 samples, 0.04 per second, 00:01:40 left")]
    [InlineData(0, 16, 32, 10, "16 of 32 samples, 1.6 per second, 00:00:10 left")]
    [InlineData(100, 300, 500, 10, "300 of 500 samples, 20 per second, 00:00:10 left")]
    public void Slow_work_has_a_speed_too(long first, long value, long total, int seconds, string text) =>
        SampleProgress.Text(first, value, total, TimeSpan.FromSeconds(seconds)).ShouldBe(text);
}
