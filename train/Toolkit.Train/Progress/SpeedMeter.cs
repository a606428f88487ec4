namespace Toolkit.Train.Progress;

/// <summary>Lets a report through once per interval, and measures the speed between two of them.</summary>
/// <param name="time">The clock.</param>
/// <param name="interval">The shortest time between two reports.</param>
internal sealed class SpeedMeter(TimeProvider time, TimeSpan interval)
{
    private long _since = time.GetTimestamp();
    private int? _epoch;

    /// <summary>Asks for a report.</summary>
    /// <param name="epoch">Steps done.</param>
    /// <param name="force">True to let it through in any case.</param>
    /// <param name="stepsPerSecond">The speed since the last report; NaN where there was none.</param>
    /// <returns>True where it is time.</returns>
    public bool IsDue(int epoch, bool force, out double stepsPerSecond)
    {
        stepsPerSecond = double.NaN;
        var elapsed = time.GetElapsedTime(_since);
        if (_epoch is not null && !force && elapsed < interval)
        {
            return false;
        }

        stepsPerSecond = _epoch is { } last && epoch > last ? (epoch - last) / elapsed.TotalSeconds : double.NaN;
        _epoch = epoch;
        _since = time.GetTimestamp();
        return true;
    }
}
