using Toolkit.CommandLine;

namespace Toolkit.Train.Export;

/// <summary>
/// The exported file does not compute what the trained network computes; no file was left. Exit code 3.
/// </summary>
/// <param name="message">Which value differs, by how much, and how much was allowed.</param>
internal sealed class ExportFailedException(string message) : WorkFailedException(message);
