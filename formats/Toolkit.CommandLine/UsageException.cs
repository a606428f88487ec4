namespace Toolkit.CommandLine;

/// <summary>
/// The command line is wrong in a way that parsing alone cannot see (two options that exclude each other). Exit code 1.
/// </summary>
/// <param name="message">What is wrong and what to write instead.</param>
public sealed class UsageException(string message) : Exception(message);
