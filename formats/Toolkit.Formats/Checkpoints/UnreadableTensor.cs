namespace Toolkit.Formats.Checkpoints;

/// <summary>A tensor that the file holds but that cannot be read, and why.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Why, and what can be done.</param>
public sealed record UnreadableTensor(string Name, string Reason);
