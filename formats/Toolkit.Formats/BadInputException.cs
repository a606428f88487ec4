namespace Toolkit.Formats;

/// <summary>
/// Data from outside is wrong: a truncated file, an unknown field, a shape that does not fit. The message is complete:
/// where, what was found, what was expected, what to do. Programs print it alone and exit with code 2.
/// </summary>
/// <remarks>
/// Wrong <i>calls</i> throw the framework's exceptions (<see cref="ArgumentException"/> and its kin) instead.
/// </remarks>
public sealed class BadInputException : Exception
{
    /// <summary>Creates the exception with a finished message.</summary>
    /// <param name="message">Where + found + expected + what to do, one sentence each at most.</param>
    public BadInputException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a finished message and the failure that led to it.</summary>
    /// <param name="message">Where + found + expected + what to do, one sentence each at most.</param>
    /// <param name="innerException">The failure that led to it, kept for the log.</param>
    public BadInputException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
