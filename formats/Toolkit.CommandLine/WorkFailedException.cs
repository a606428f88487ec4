namespace Toolkit.CommandLine;

/// <summary>
/// The work failed, and the message says all about it that helps: no type of exception, no trace. Exit code 3.
/// </summary>
/// <param name="message">What failed, where, and what is left.</param>
public class WorkFailedException(string message) : Exception(message);
