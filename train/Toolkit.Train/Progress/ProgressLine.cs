using Toolkit.Train.Training;

namespace Toolkit.Train.Progress;

/// <summary>The text of a progress line.</summary>
internal static class ProgressLine
{
    /// <summary>
    /// For example <c>epoch 1,200/10,000  812 steps/s  11 s left  train 0.0012 (100.0 %)  test 2.31 (45.2 %)</c>.
    /// </summary>
    /// <param name="epoch">Steps done.</param>
    /// <param name="epochs">Steps to do.</param>
    /// <param name="latest">The latest row of metrics.</param>
    /// <param name="stepsPerSecond">Speed; NaN where it is not known yet.</param>
    public static string Format(int epoch, int epochs, MetricsRow latest, double stepsPerSecond)
    {
        var speed = double.IsFinite(stepsPerSecond) && stepsPerSecond > 0
            ? $"  {stepsPerSecond:N0} steps/s  {Duration((epochs - epoch) / stepsPerSecond)} left"
            : string.Empty;
        var test = double.IsNaN(latest.TestLoss)
            ? string.Empty
            : $"  test {latest.TestLoss:G3} ({latest.TestAccuracy * 100:F1} %)";
        return $"epoch {epoch:N0}/{epochs:N0}{speed}  train {latest.TrainLoss:G3} ({latest.TrainAccuracy * 100:F1} %){test}";
    }

    private static string Duration(double seconds) => seconds switch
    {
        < 120 => $"{seconds:F0} s",
        < 7200 => $"{seconds / 60:F0} min",
        _ => $"{seconds / 3600:F1} h",
    };
}
