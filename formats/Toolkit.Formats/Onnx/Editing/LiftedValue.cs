namespace Toolkit.Formats.Onnx.Editing;

/// <summary>A value of an inner graph as it arrives in an outer one.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="IterationAxes">How many leading axes count iterations of loops, the outermost loop first.</param>
/// <param name="IsList">True where the iterations of a loop arrive as a sequence, because their shapes differ.</param>
/// <param name="MayBeAbsent">
/// True where a branch may not be taken; the value then has <see cref="ModelEdit.AbsentRank"/> extents of zero at its
/// end, or is an empty sequence.
/// </param>
public sealed record LiftedValue(string Name, int IterationAxes, bool IsList, bool MayBeAbsent);
