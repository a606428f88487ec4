using System.Diagnostics;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Processes;

/// <summary>
/// Tells on standard error how far a run over samples is: in place on a terminal, else one line now and then.
/// </summary>
internal sealed class SampleProgress(Terminal terminal, long total) : IProgress<long>
{
    private static readonly TimeSpan Interactive = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Plain = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private TimeSpan _last;
    private long _first = -1;
    private bool _hasLine;

    public void Report(long value)
    {
        lock (_lock)
        {
            if (_first < 0)
            {
                _first = value;
            }

            if (_clock.Elapsed - _last < (terminal.IsInteractive ? Interactive : Plain))
            {
                return;
            }

            _last = _clock.Elapsed;
            var perSecond = (value - _first) / Math.Max(_clock.Elapsed.TotalSeconds, 1e-9);
            var left = perSecond > 0 ? TimeSpan.FromSeconds(Math.Min(1e7, (total - value) / perSecond)) : TimeSpan.Zero;
            var text = $"{value} of {total} samples, {perSecond:0} per second, {left:hh\\:mm\\:ss} left";
            if (terminal.IsInteractive)
            {
                Console.Error.Write($"\r{text}   ");
                _hasLine = true;
            }
            else
            {
                terminal.Log(text);
            }
        }
    }

    /// <summary>Ends the line that is redrawn.</summary>
    public void End()
    {
        if (_hasLine)
        {
            Console.Error.Write("\r" + new string(' ', 78) + "\r");
        }
    }
}
