using System.Diagnostics;
using System.Globalization;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Processes;

/// <summary>
/// Says on standard error what long work is at, every few seconds, also within a step that takes long by itself; short
/// work says nothing.
/// </summary>
internal sealed class StepProgress : IProgress<string>, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(4);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Timer _timer;
    private volatile string? _step;

    public StepProgress(Terminal terminal) => _timer = new Timer(
        _ =>
        {
            if (_step is { } step)
            {
                terminal.Log(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds:0} s: {step}"));
            }
        },
        null,
        Pause,
        Pause);

    public void Report(string value) => _step = value;

    public void Dispose()
    {
        _step = null;
        _timer.Dispose();
    }
}
