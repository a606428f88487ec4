namespace Toolkit.Analysis.LowRank;

/// <summary>
/// The rows of an initializer that embed the group's elements; other rows (the token "=") stay as they are.
/// </summary>
/// <param name="Initializer">The initializer's name, of a float32 matrix.</param>
/// <param name="FirstRow">The first row that belongs to an element.</param>
/// <param name="EndRow">The row behind the last one.</param>
public sealed record EmbeddingTable(string Initializer, int FirstRow, int EndRow);
