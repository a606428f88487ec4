using Toolkit.Train.Training;

namespace Toolkit.Train.Progress;

/// <summary>A line of log every five seconds, for files and pipes.</summary>
/// <param name="log">Takes a line.</param>
/// <param name="time">The clock.</param>
internal sealed class PlainProgress(Action<string> log, TimeProvider time) : ITrainingProgress
{
    private readonly SpeedMeter _meter = new(time, TimeSpan.FromSeconds(5));

    public void Report(int epoch, int epochs, MetricsRow latest, bool force = false)
    {
        if (_meter.IsDue(epoch, force, out var speed))
        {
            log(ProgressLine.Format(epoch, epochs, latest, speed));
        }
    }

    public void Dispose()
    {
    }
}
