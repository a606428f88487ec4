using System.Globalization;
using Toolkit.CommandLine;
using Toolkit.Formats;

namespace Toolkit.Inspect.Commands;

/// <summary>
/// Says on standard error how far work on tensors has come: at most every two seconds, and before each tensor that will
/// take seconds by itself.
/// </summary>
/// <param name="terminal">Where it says so.</param>
/// <param name="total">The work of all tensors, in any unit.</param>
/// <param name="large">The work of a tensor that takes a second or more.</param>
internal sealed class TensorProgress(Terminal terminal, double total, double large)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private long _last = TimeProvider.System.GetTimestamp();
    private double _done;

    /// <summary>Begins a tensor; those before it are done.</summary>
    public void Start(string name, string what, double work)
    {
        if (work >= large || TimeProvider.System.GetElapsedTime(_last) >= Pause)
        {
            _last = TimeProvider.System.GetTimestamp();
            terminal.Log(string.Create(
                CultureInfo.InvariantCulture, $"{_done / Math.Max(total, 1),4:P0} {HostileText.OneLine(name)} {what}"));
        }

        _done += work;
    }
}
