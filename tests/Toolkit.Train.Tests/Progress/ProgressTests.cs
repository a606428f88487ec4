using Toolkit.Train.Progress;
using Toolkit.Train.Training;

namespace Toolkit.Train.Tests.Progress;

public sealed class ProgressTests
{
    private static readonly MetricsRow Row = new(100, 0.00123, 2.5, 1, 0.452, 10, 800);

    [Fact]
    public void Live_progress_redraws_one_line_that_never_wraps()
    {
        using var writer = new StringWriter();
        var clock = new HandClock();
        using (var progress = new LiveProgress(writer, 40, clock))
        {
            progress.Report(0, 1000, Row);
            progress.Report(50, 1000, Row);
            clock.Advance(TimeSpan.FromMilliseconds(250));
            progress.Report(100, 1000, Row);
        }

        var drawings = writer.ToString().Split("\r\x1b[2K", StringSplitOptions.RemoveEmptyEntries);
        drawings.Length.ShouldBe(2);
        drawings.ShouldAllBe(line => line.TrimEnd().Length < 40);
        drawings[1].ShouldStartWith("epoch 100/1,000  400 steps/s  2 s left");
        writer.ToString().ShouldEndWith(Environment.NewLine);
    }

    [Fact]
    public void Plain_progress_writes_whole_lines_every_five_seconds_and_the_last_one()
    {
        List<string> lines = [];
        var clock = new HandClock();
        using var progress = new PlainProgress(lines.Add, clock);
        progress.Report(0, 1000, Row);
        clock.Advance(TimeSpan.FromSeconds(4));
        progress.Report(400, 1000, Row);
        clock.Advance(TimeSpan.FromSeconds(1));
        progress.Report(500, 1000, Row);
        progress.Report(1000, 1000, Row with { TestLoss = double.NaN }, force: true);

        lines.Count.ShouldBe(3);
        lines[0].ShouldBe("epoch 0/1,000  train 0.00123 (100.0 %)  test 2.5 (45.2 %)");
        lines[1].ShouldBe("epoch 500/1,000  100 steps/s  5 s left  train 0.00123 (100.0 %)  test 2.5 (45.2 %)");
        lines[2].ShouldNotContain("test");
    }

    private sealed class HandClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
