namespace Toolkit.Inspect.Processes;

/// <summary>Cancels a child's work when its standard input ends: its parent has gone, or asks it to stop.</summary>
internal static class ParentWatch
{
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
        })
        {
            IsBackground = true,
            Name = "parent watch",
        }.Start();
        return source;
    }
}
