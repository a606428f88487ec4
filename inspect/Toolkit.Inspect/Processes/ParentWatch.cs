using System.Diagnostics;

namespace Toolkit.Inspect.Processes;

/// <summary>
/// Cancels a child's work when its standard input ends: its parent has gone, or asks it to stop. A child that does not
/// stop soon, for the runtime does not let go of a load or a run, ends itself: all that it wrote is whole.
/// </summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The same while it plans, and has written nothing.</summary>
    private static readonly TimeSpan PlanningPatience = TimeSpan.FromSeconds(2);

    /// <summary>Watches until the work is done.</summary>
    /// <param name="cancellation">The work's own cancellation.</param>
    /// <returns>A source that is cancelled by either.</returns>
    public static CancellationTokenSource Begin(CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> buffer = stackalloc byte[64];
            while (input.Read(buffer) > 0)
            {
                // Nothing is ever said: only the end counts.
            }

            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The work was done first.
            }

            // A thread in the background: where the work stops by itself, the process ends before.
            Thread.Sleep(PlanningSignal.IsSaid ? Patience : PlanningPatience);
            using var self = Process.GetCurrentProcess();
            self.Kill();
        })
        {
            IsBackground = true,
            Name = "parent watch",
        }.Start();
        return source;
    }
}
