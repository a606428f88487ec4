namespace Toolkit.Formats.Import;

/// <summary>One tensor that went into a graph.</summary>
/// <param name="Initializer">Its name in the graph.</param>
/// <param name="Tensor">Its name in the checkpoint.</param>
/// <param name="Rule">What matched them: <c>name</c>, <c>name behind 'module.'</c>, <c>shape and order</c>.</param>
/// <param name="WasEqual">True where the graph held the same bytes before.</param>
public sealed record GraphImportEntry(string Initializer, string Tensor, string Rule, bool WasEqual);
