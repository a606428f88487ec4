using Toolkit.Train.Training;

namespace Toolkit.Train.Progress;

/// <summary>One line on a terminal, redrawn in place five times a second.</summary>
/// <param name="writer">The terminal.</param>
/// <param name="width">Its columns; a longer line would wrap and could not be redrawn.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveProgress(TextWriter writer, int width, TimeProvider time) : ITrainingProgress
{
    private const string ClearLine = "\r\x1b[2K";
    private readonly SpeedMeter _meter = new(time, TimeSpan.FromMilliseconds(200));
    private bool _drawn;

    public void Report(int epoch, int epochs, MetricsRow latest, bool force = false)
    {
        if (!_meter.IsDue(epoch, force, out var speed))
        {
            return;
        }

        var line = ProgressLine.Format(epoch, epochs, latest, speed);
        writer.Write(ClearLine + (line.Length < width ? line : line[..(width - 1)]));
        writer.Flush();
        _drawn = true;
    }

    public void Dispose()
    {
        if (_drawn)
        {
            writer.WriteLine();
        }
    }
}
