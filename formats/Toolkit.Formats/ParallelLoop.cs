using System.Runtime.ExceptionServices;

namespace Toolkit.Formats;

/// <summary>A loop on several cores that fails as a plain loop does: bad input stays bad input.</summary>
public static class ParallelLoop
{
    /// <summary>Runs a body for 0 … count − 1, in any order.</summary>
    /// <param name="count">How often.</param>
    /// <param name="cores">How many bodies run at a time, at most; −1 for no limit.</param>
    /// <param name="body">Takes the number.</param>
    /// <param name="cancellation">Stops between two bodies.</param>
    /// <remarks>
    /// Several bodies may fail at once, often for the same reason: one exception is thrown, as it is, a
    /// <see cref="BadInputException"/> before any other.
    /// </remarks>
    public static void For(int count, int cores, Action<int> body, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        var options = new ParallelOptions { MaxDegreeOfParallelism = cores, CancellationToken = cancellation };
        try
        {
            Parallel.For(0, count, options, body);
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(
                failures.InnerExceptions.FirstOrDefault(static failure => failure is BadInputException)
                    ?? failures.InnerExceptions[0]);
        }
    }
}
