namespace Toolkit.Formats.Import;

/// <summary>One tensor that went into a graph.</summary>
/// <param name="Initializer">Its name in the graph.</param>
/// <param name="Tensor">Its name in the checkpoint.</param>
/// <param name="Rule">What matched them: <c>name</c>, <c>name behind 'module.'</c>,
/// <see cref="ShapeAndOrder"/>; with <c>, widened from bfloat16</c> or <c>, rounded from float64</c> behind
/// it where they were.</param>
/// <param name="WasEqual">True where the graph held the same bytes before.</param>
public sealed record GraphImportEntry(string Initializer, string Tensor, string Rule, bool WasEqual)
{
    /// <summary>
    /// The rule that knows no names: as many tensors of a shape were left on both sides, and were taken in their order.
    /// </summary>
    public const string ShapeAndOrder = "shape and order";
}
