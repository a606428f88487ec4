using System.Globalization;
using Toolkit.CommandLine;
using Toolkit.Formats;

namespace Toolkit.Inspect.Commands;

/// <summary>Says on standard error how far long work has come, at most every two seconds.</summary>
internal sealed class WeightsProgress(Terminal terminal, double total)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private long _last = TimeProvider.System.GetTimestamp();
    private double _done;

    public void Start(string name)
    {
        if (TimeProvider.System.GetElapsedTime(_last) < Pause)
        {
            return;
        }

        _last = TimeProvider.System.GetTimestamp();
        terminal.Log(string.Create(CultureInfo.InvariantCulture, $"{_done / total,4:P0} {HostileText.OneLine(name)}"));
    }

    public void Add(double work) => _done += work;
}
