using System.Diagnostics;
using System.Globalization;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Processes;

/// <summary>
/// Tells on standard error how far a run over samples is: in place on a terminal, else one line now and then; also
/// within a batch that takes long.
/// </summary>
internal sealed class SampleProgress : IProgress<long>, IDisposable
{
    private static readonly TimeSpan Interactive = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Plain = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);
    private readonly Terminal _terminal;
    private readonly long _total;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private TimeSpan _last;
    private long _first = -1;
    private long _value;
    private bool _hasLine;
    private bool _isOver;

    public SampleProgress(Terminal terminal, long total)
    {
        (_terminal, _total) = (terminal, total);
        _timer = new Timer(_ => Say(), null, Beat, Beat);
    }

    /// <summary>What is said of samples after some time.</summary>
    public static string Text(long first, long value, long total, TimeSpan elapsed)
    {
        var perSecond = (value - first) / Math.Max(elapsed.TotalSeconds, 1e-9);
        if (perSecond <= 0)
        {
            return $"{value} of {total} samples after {elapsed:hh\\:mm\\:ss}";
        }

        var left = TimeSpan.FromSeconds(Math.Min(1e7, (total - value) / perSecond));
        var digits = perSecond < 9.95 ? "0.0##" : "0";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value} of {total} samples, {perSecond.ToString(digits, CultureInfo.InvariantCulture)} per second, "
                + $"{left:hh\\:mm\\:ss} left");
    }

    public void Report(long value)
    {
        lock (_lock)
        {
            _value = value;
            if (_first < 0)
            {
                _first = value;
            }
        }

        Say();
    }

    /// <summary>Ends the line that is redrawn.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            if (_hasLine)
            {
                Console.Error.Write("\r" + new string(' ', 78) + "\r");
            }
        }

        _timer.Dispose();
    }

    private void Say()
    {
        lock (_lock)
        {
            if (_isOver || _first < 0 || _clock.Elapsed - _last < (_terminal.IsInteractive ? Interactive : Plain))
            {
                return;
            }

            _last = _clock.Elapsed;
            var text = Text(_first, _value, _total, _last);
            if (_terminal.IsInteractive)
            {
                Console.Error.Write($"\r{text}   ");
                _hasLine = true;
            }
            else
            {
                _terminal.Log(text);
            }
        }
    }
}
