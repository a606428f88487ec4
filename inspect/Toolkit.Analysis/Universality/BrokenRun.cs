namespace Toolkit.Analysis.Universality;

/// <summary>A folder whose measurements could not be read, so that it is in no table.</summary>
/// <param name="Folder">The folder, as given or found.</param>
/// <param name="Reason">What is wrong and what to do, a complete message.</param>
public sealed record BrokenRun(string Folder, string Reason);
